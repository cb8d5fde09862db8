// The ticket's fields: filled by the bot while it rings, corrected by the agent in place.

import { act } from "./api.js";
import { unconfirmed } from "./card.js";
import { h, lasting, toast } from "./dom.js";
import { FIELDS, word } from "./words.js";

export class TicketForm {
  constructor() {
    this.inputs = {};
    this.number = h("span", { class: "digits" });
    this.status = h("span", { class: "soft" });
    this.element = lasting(h(
      "section",
      { class: "form panel", "aria-label": "工单" },
      h("h3", {}, "工单 ", this.number, this.status),
      h(
        "div",
        { class: "fields" },
        Object.entries(FIELDS).map(([name, label]) => this.#field(name, label)),
      ),
    ));
  }

  /** Show a handoff's ticket; what the agent is typing stays. */
  show(handoff) {
    const other = this.handoff?.id !== handoff.id;
    this.handoff = handoff;
    this.number.textContent = handoff.ticket.number ?? handoff.ticket_number;
    this.status.textContent = [word("ticket_states", handoff.ticket.status), word("grades", handoff.ticket.satisfaction)].filter(Boolean).join(" · ");
    const doubtful = unconfirmed(handoff);
    for (const [name, { input, mark, box }] of Object.entries(this.inputs)) {
      const value = handoff.ticket[name] ?? "";
      if (other || (document.activeElement !== input && input.value !== value)) {
        if (!other && value) box.animate([{ backgroundColor: "var(--accent)" }, {}], 900);
        input.value = value;
      }
      mark.hidden = !doubtful.has(name);
      box.classList.toggle("doubtful", doubtful.has(name));
    }
  }

  #field(name, label) {
    const id = `field-${name}`;
    const save = () => this.#save(name, input.value.trim());
    const input =
      name === "problem"
        ? h("textarea", { id, rows: "2", maxlength: "500", onchange: save })
        : h("input", { id, maxlength: "100", autocomplete: "off", onchange: save });
    const mark = h("button", { type: "button", class: "confirm", hidden: true, onclick: save }, "待确认 ✓");
    const box = h("div", { class: `field ${name}` }, h("label", { for: id }, label), mark, input);
    this.inputs[name] = { input, mark, box };
    return box;
  }

  async #save(name, value) {
    try {
      await act(this.handoff.id, "edit", { changes: { [name]: value } });
    } catch (error) {
      toast(error.message, "error");
    }
  }
}
