// How it ended: an outcome and notes; a half-written note survives a reload.

import { act } from "./api.js";
import { h, lasting, toast } from "./dom.js";

export class WrapUp {
  /** @param {Record<string, {label: string, callback: boolean}>} outcomes */
  constructor(outcomes, onDone) {
    this.onDone = onDone;
    this.notes = h("textarea", {
      id: "notes",
      rows: "3",
      maxlength: "2000",
      placeholder: "现场情况、已通知的人、答应业主的事",
      oninput: () => sessionStorage.setItem(this.#key(), this.notes.value),
    });
    this.button = h("button", { type: "submit", class: "primary" }, "办结 ", h("kbd", {}, "Ctrl+Enter"));
    this.choices = h(
      "div",
      { class: "outcomes", role: "radiogroup", "aria-label": "处理结果" },
      Object.entries(outcomes).map(([key, { label }]) =>
        h("label", {}, h("input", { type: "radio", name: "outcome", value: key, required: true }), h("span", {}, label)),
      ),
    );
    this.element = lasting(h(
      "form",
      {
        class: "wrapup panel",
        "aria-label": "处理结果",
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
        onkeydown: (event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
        },
      },
      h("h3", {}, "处理结果"),
      this.choices,
      h("label", { for: "notes" }, "备注"),
      this.notes,
      this.button,
    ));
  }

  show(handoff) {
    if (this.id === handoff.id) return;
    this.id = handoff.id;
    this.element.reset();
    this.notes.value = sessionStorage.getItem(this.#key()) ?? "";
  }

  #key() {
    return `notes:${this.id}`;
  }

  async #submit() {
    const { id } = this;
    const outcome = new FormData(this.element).get("outcome");
    this.button.disabled = true;
    try {
      await act(id, "dispose", { outcome, notes: this.notes.value.trim() });
      sessionStorage.removeItem(`notes:${id}`);
      toast("已记录");
      this.onDone(id);
    } catch (error) {
      toast(error.message, "error");
    } finally {
      this.button.disabled = false;
    }
  }
}
