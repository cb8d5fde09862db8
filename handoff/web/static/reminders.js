// Feedback that has been promised and is due: countdown, sound, done with a note (until the ticket
// is closed, however long ago the call ended).

import { post } from "./api.js";
import { byId, h, toast } from "./dom.js";
import { due, now, word } from "./words.js";

const SOON = 60_000;

/** @typedef {{id, handoff_id, ticket_number, kind, label, due_at, overdue}} Reminder */

export class Reminders {
  /** @param {(title: string, body: string) => void} onDue called once for each as it falls due */
  constructor(onDue) {
    this.onDue = onDue;
    this.list = [];
    this.sounded = new Set(JSON.parse(sessionStorage.getItem("sounded") ?? "[]"));
    this.dialog = byId("reminder");
    this.note = h("input", { id: "reminder-note", maxlength: "500", autocomplete: "off" });
  }

  /** @param {Reminder[]} list */
  take(list) {
    this.list = [...list].sort((a, b) => a.due_at.localeCompare(b.due_at));
    this.tick();
  }

  of(handoff) {
    return this.list.filter((x) => x.handoff_id === handoff.id || x.ticket_number === handoff.ticket_number);
  }

  get overdue() {
    return this.list.filter((x) => Date.parse(x.due_at) <= now());
  }

  get coming() {
    return this.list.filter((x) => Date.parse(x.due_at) > now());
  }

  /** Once a second: what has just fallen due is heard once, whatever the page shows. */
  tick() {
    for (const one of this.list) {
      const key = `${one.id}@${one.due_at}`;
      if (Date.parse(one.due_at) > now() || this.sounded.has(key)) continue;
      this.sounded.add(key);
      sessionStorage.setItem("sounded", JSON.stringify([...this.sounded].slice(-100)));
      this.onDue(`到时提醒：${one.label}`, `${word("kinds", one.kind)} ${one.ticket_number}`);
    }
  }

  /** @param {Reminder[]} list as shown in a list or beside the checklist */
  items(list) {
    return list.map((one) => {
      const left = Date.parse(one.due_at) - now();
      const kind = left <= 0 ? "over" : left < SOON ? "soon" : "";
      return h(
        "li",
        { class: `reminder ${kind}`, "data-key": `reminder-${one.id}` },
        h("b", {}, one.label),
        h("span", { class: "digits", "data-due": one.due_at }, due(one.due_at)),
        h("span", { class: "soft" }, `${word("kinds", one.kind)} ${one.ticket_number}`),
        h("button", { type: "button", onclick: () => this.#ask(one) }, "已反馈"),
      );
    });
  }

  #ask(one) {
    this.note.value = "";
    this.dialog.replaceChildren(
      h("h2", { id: "reminder-title" }, one.label),
      h("p", { class: "soft" }, `${word("kinds", one.kind)} ${one.ticket_number}，按姓名和时间写进工单，并排下一次`),
      h(
        "form",
        { class: "done-with", onsubmit: (event) => this.#done(event, one) },
        h("label", { for: "reminder-note" }, "向谁反馈了什么（可不填）"),
        this.note,
        h("button", { type: "submit", class: "primary" }, "记录"),
        h("button", { type: "button", class: "quiet", onclick: () => this.dialog.close() }, "取消"),
      ),
    );
    this.dialog.showModal();
    this.note.focus();
  }

  async #done(event, one) {
    event.preventDefault();
    try {
      await post(`/api/reminders/${one.id}/done`, { note: this.note.value.trim() });
      this.dialog.close();
      toast("已记录");
    } catch (error) {
      toast(error.message, "error");
    }
  }
}
