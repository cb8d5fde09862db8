// The agent's own status, and the press that lets the page ring.

import { byId, h, toast, update } from "./dom.js";
import { changed, content, state } from "./state.js";
import { word } from "./words.js";

const SIGNS = { ready: "●", away: "○", dnd: "⊘" };

export class StatusBar {
  /** @param {import("./link.js").Link} link @param {import("./ring.js").Ringer} ringer */
  constructor(link, ringer) {
    this.link = link;
    this.ringer = ringer;
    byId("unlock").onclick = async () => {
      await ringer.unlock();
      await ringer.allowNotices();
      this.render();
    };
    // Not on pointerdown: the banner goes then, and the button under the pointer moves away.
    for (const gesture of ["click", "keydown"]) {
      document.addEventListener(gesture, () => ringer.unlock().then(() => this.render()), { once: true });
    }
  }

  choose(status) {
    if (!this.link.send({ type: "status", status })) {
      toast("与值班台的连接断了，状态没有改变，请稍后再按", "error");
      return;
    }
    state.status = status;
    // Reporting ready is when it makes sense to be asked whether rings may be shown.
    if (status === "ready") this.ringer.allowNotices().then(() => this.render());
    changed();
  }

  /** The next status in the row, for the keyboard. */
  next() {
    const { statuses } = content;
    this.choose(statuses[(statuses.indexOf(state.status) + 1) % statuses.length]);
  }

  render() {
    update(
      byId("status"),
      content.statuses.map((name) =>
        h(
          "button",
          { id: name, type: "button", "data-key": name, "aria-pressed": String(state.status === name), title: "R 切换", onclick: () => this.choose(name) },
          h("span", { "aria-hidden": "true" }, `${SIGNS[name] ?? ""} `),
          word("presence", name),
        ),
      ),
    );
    const { locked, asksForNotices } = this.ringer;
    byId("unlock").hidden = !locked && !asksForNotices;
    byId("unlock").textContent = locked ? "点这里开启来电铃声和桌面提醒" : "点这里允许桌面提醒：页面在后台时也能看到来电";
  }
}
