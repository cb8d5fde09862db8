// The left column: who waits, who must be called back, colleagues, what was closed lately.

import { deadline, place, severity, timer } from "./card.js";
import { h } from "./dom.js";
import { surveyByPhone } from "./presses.js";
import { CALLING_BACK, TALKING, all, dials, me, presenceOf, state } from "./state.js";
import { LEVELS, dayTime, where, word } from "./words.js";

const FINISHED = ["done", "closed"];

/** The open handoffs, by what has to be done with them. */
export function sorted() {
  const open = all().sort((a, b) => a.priority - b.priority || a.created_at.localeCompare(b.created_at));
  const back = (x) => CALLING_BACK.includes(x.state) && !(x.accepted_at && x.agent_id === me.id);
  const talking = (x) => TALKING.includes(x.state);
  return {
    waiting: open.filter((x) => !CALLING_BACK.includes(x.state) && !talking(x)),
    back: open.filter(back),
    talking: open.filter((x) => talking(x) || (CALLING_BACK.includes(x.state) && !back(x))),
  };
}

/** @param {{overdue: Node[], coming: Node[], onSelect, onHistory}} options rows of reminders, presses */
export function lists({ overdue, coming, onSelect, onHistory }) {
  const { waiting, back, talking } = sorted();
  const { agents, recent } = state;
  const item = (handoff) => row(handoff, handoff.id === state.selected, onSelect);
  return [
    overdue.length > 0 && group("到时提醒", overdue, (one) => one, "", "alarm"),
    group("等待接听", waiting, item, "没有人在等待"),
    group("待回拨", back, item, "没有待回拨", back.length > 0 ? "alarm" : ""),
    talking.length > 0 && group("处理中", talking, item),
    coming.length > 0 && group("接下来要反馈", coming, (one) => one),
    group("在线", agents, person, "没有人在线"),
    recent.handoffs.length > 0 &&
      group("最近办结", recent.handoffs.slice(0, 12), (done) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "case done", onclick: () => onHistory(done) },
            h("b", {}, word("kinds", done.kind)),
            h("span", { class: "soft digits" }, dayTime(done.updated_at)),
            h("span", { class: "soft" }, `${done.agent_id || "未接听"} · ${done.ticket_number}`),
          ),
        ),
      ),
    recent.tickets.length > 0 &&
      group("最近工单", recent.tickets.slice(0, 12), (ticket) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "case done", onclick: () => onHistory(ticket) },
            h("b", {}, word("categories", ticket.category)),
            h("span", { class: "soft" }, [word("ticket_states", ticket.status), word("grades", ticket.satisfaction)].filter(Boolean).join(" · ")),
            h("span", { class: "soft" }, [where(ticket), ticket.problem].filter(Boolean).join(" ")),
          ),
          dials && FINISHED.includes(ticket.status) && ticket.has_phone &&
            h("button", { type: "button", class: "ask", "data-key": `survey-${ticket.number}`, onclick: () => surveyByPhone(ticket) }, "机器人回访"),
        ),
      ),
  ].filter(Boolean);
}

function group(title, items, render, empty = "", kind = "") {
  return h(
    "section",
    { class: `group ${kind}` },
    h("h2", {}, title, items.length > 0 && h("span", { class: "number" }, String(items.length))),
    items.length > 0 ? h("ul", {}, items.map(render)) : h("p", {}, empty),
  );
}

function row(handoff, selected, onSelect) {
  const backwards = CALLING_BACK.includes(handoff.state);
  const wrapping = handoff.call_ended && handoff.agent_id && handoff.accepted_at;
  const engaged = !["requested", "declined", "timed_out", "agent_lost", "busy"].includes(handoff.state);
  const state = [
    wrapping ? "待办结" : word("states", handoff.state),
    engaged && handoff.agent_name,
  ].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        "data-key": handoff.id,
        class: `case ${severity(handoff)} ${handoff.alarm ? "alarm" : ""}`,
        "aria-current": selected ? "true" : undefined,
        onclick: () => onSelect(handoff.id),
      },
      h("b", {}, handoff.title, handoff.priority === 0 && h("span", { class: "level" }, LEVELS[handoff.level] ?? "")),
      backwards && handoff.due_at ? deadline(handoff.due_at) : timer(handoff.created_at),
      h("span", {}, place(handoff) || "地点未知"),
      h("span", { class: "soft" }, state),
    ),
  );
}

function person(agent) {
  const status = presenceOf(agent);
  return h(
    "li",
    { class: `person ${status}` },
    h("b", {}, agent.name),
    h("span", { class: "soft" }, word("roles", agent.role)),
    h("span", { class: "state" }, word("presence", status)),
  );
}
