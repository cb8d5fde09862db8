// The SOP of the kind: steps to tick, one-press "told" buttons, what to ask; kept on the ticket.

import { act } from "./api.js";
import { h, toast } from "./dom.js";
import { time } from "./words.js";

async function tick(handoff, key, done) {
  try {
    await act(handoff.id, "tick", { key, done });
  } catch (error) {
    toast(error.message, "error");
  }
}

/** @param {object} sop card of the kind @param {object} handoff @param {Node[]} due reminders */
export function checklist(sop, handoff, due = []) {
  const marks = handoff.ticket.details?.sop ?? {};
  return h(
    "section",
    { class: "sop panel", "data-key": `sop-${handoff.id}`, "aria-label": "处置步骤" },
    h(
      "div",
      { class: "told", role: "group", "aria-label": "通知" },
      sop.notify.map(({ key, text }) => {
        const mark = marks[key];
        return h(
          "button",
          {
            type: "button",
            "data-key": key,
            "aria-pressed": String(Boolean(mark)),
            class: mark ? "done" : "",
            title: mark ? `${signed(mark)}，再按撤销` : "按下记录时间和姓名",
            onclick: () => tick(handoff, key, !mark),
          },
          mark ? h("span", {}, `✓ ${text} `, h("small", {}, signed(mark))) : text,
        );
      }),
    ),
    h("h3", {}, "处置步骤", h("span", { class: "soft" }, `每 ${sop.feedback_minutes} 分钟反馈一次`)),
    due.length > 0 && h("ul", { class: "due", "aria-label": "反馈提醒" }, due),
    h(
      "ol",
      { class: "steps" },
      sop.steps.map(({ key, text }, index) => {
        const mark = marks[key];
        return h(
          "li",
          {},
          h(
            "label",
            { class: mark ? "done" : "" },
            h("input", { type: "checkbox", "data-key": key, checked: Boolean(mark), onchange: (event) => tick(handoff, key, event.target.checked) }),
            h("kbd", {}, String(index + 1)),
            h("span", {}, text),
            mark && h("small", {}, signed(mark)),
          ),
        );
      }),
    ),
    sop.ask.length > 0 && h("p", { class: "ask" }, h("b", {}, "还要问清："), sop.ask.join("；")),
  );
}

const signed = (mark) => `${mark.name ?? mark.by} ${time(mark.at).slice(0, 5)}`;

/** Ticks the step with this number, from the keyboard. */
export function tickNumber(sop, handoff, number) {
  const step = sop.steps[number - 1];
  if (step) tick(handoff, step.key, !handoff.ticket.details?.sop?.[step.key]);
}
