// The middle of the page: what rings, the case in hand, its checklist and form, or nothing.

import { bar } from "./bar.js";
import { facts, head, severity } from "./card.js";
import { checklist } from "./checklist.js";
import { byId, h, update } from "./dom.js";
import { TicketForm } from "./form.js";
import { line, participants } from "./line.js";
import { invitationCard, invited, ringCard } from "./ringing.js";
import { CALLING_BACK, changed, content, isLive, isMine, me, myPart, ringing, sopOf, state } from "./state.js";
import { sorted } from "./lists.js";
import { WrapUp } from "./wrapup.js";

export class Work {
  /** @param {import("./reminders.js").Reminders} reminders */
  constructor(reminders) {
    this.reminders = reminders;
    this.form = new TicketForm();
    this.wrapUp = new WrapUp(content.outcomes, () => {
      state.selected = "";
      changed();
    });
    this.alert = h("div", { class: "alert" });
    this.body = h("div", { class: "body" });
    this.bar = h("div", { class: "bar", role: "toolbar", "aria-label": "通话操作" });
    byId("work").append(this.alert, this.body, this.bar);
  }

  render(shown) {
    const ring = ringing();
    const invitation = invited();
    const live = Boolean(shown && isLive(shown) && (isMine(shown) || myPart(shown)));
    const cards = [ring && ringCard(ring, live), invitation && invitationCard(invitation)].filter(Boolean);
    update(this.alert, cards);
    this.body.hidden = cards.length > 0 && (!shown || shown.id === ring?.id);
    update(this.body, shown ? this.#pieces(shown, live) : [idle()]);
    update(this.bar, this.body.hidden ? [] : bar(shown));
  }

  #pieces(shown, live) {
    const card = h(
      "article",
      { class: `card ${severity(shown)}`, "data-key": shown.id },
      head(shown),
      live && line(shown),
      live && participants(shown),
      facts(shown, { heard: state.heard.get(shown.call_id), compact: true }),
    );
    const claimed = shown.agent_id === me.id;
    const back = CALLING_BACK.includes(shown.state) || shown.call_ended;
    const working = isMine(shown) || back || myPart(shown);
    if (!working) return [card];
    this.form.show(shown);
    const wrapping = (isMine(shown) && !live) || (back && (claimed || shown.call_ended));
    if (wrapping) this.wrapUp.show(shown);
    const due = this.reminders.items(this.reminders.of(shown));
    return [card, wrapping && this.wrapUp.element, checklist(sopOf(shown), shown, due), this.form.element];
  }
}

function idle() {
  const { waiting, back } = sorted();
  const text = {
    ready: "就绪，来电会在这里响铃",
    away: "离开中，来电会转给其他同事",
    dnd: "请勿打扰，来电不会在这里响铃",
  }[state.status];
  return h(
    "div",
    { "data-key": "idle", class: `idle ${state.status}` },
    h("p", { class: "sign", "aria-hidden": "true" }, state.status === "ready" ? "●" : "○"),
    h("h2", {}, text),
    back.length > 0 && h("p", { class: "error" }, `有 ${back.length} 位业主等着回拨`),
    waiting.length > 0 && h("p", {}, `有 ${waiting.length} 位业主正在等待，可在列表中接听`),
    h("p", { class: "soft" }, "按 ", h("kbd", {}, "?"), " 看快捷键"),
  );
}

