// The left column: who waits, who must be called back, colleagues, what was closed lately.

import { deadline, place, severity, timer } from "./card.js";
import { h } from "./dom.js";
import { LEVELS, dayTime, where, word } from "./words.js";

const CALLING_BACK = ["caller_left", "callback_due"];

/** The open handoffs, by what has to be done with them. */
export function sorted(handoffs, me) {
  const open = [...handoffs].sort(
    (a, b) => a.priority - b.priority || a.created_at.localeCompare(b.created_at),
  );
  const back = (h) => CALLING_BACK.includes(h.state) && !(h.accepted_at && h.agent_id === me);
  const talking = (h) => ["accepted", "briefing", "bridged"].includes(h.state);
  return {
    waiting: open.filter((h) => !CALLING_BACK.includes(h.state) && !talking(h)),
    back: open.filter(back),
    talking: open.filter((h) => talking(h) || (CALLING_BACK.includes(h.state) && !back(h))),
  };
}

export function lists({ handoffs, agents, recent, me, selected, onSelect, onHistory }) {
  const { waiting, back, talking } = sorted(handoffs, me);
  const item = (handoff) => row(handoff, handoff.id === selected, onSelect);
  return [
    group("等待接听", waiting, item, "没有人在等待"),
    group("待回拨", back, item, "没有待回拨", back.length > 0 ? "alarm" : ""),
    talking.length > 0 && group("处理中", talking, item),
    group("在线", agents, (agent) => person(agent, handoffs), "没有人在线"),
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
            h("span", { class: "soft" }, word("ticket_states", ticket.status)),
            h("span", { class: "soft" }, [where(ticket), ticket.problem].filter(Boolean).join(" ")),
          ),
        ),
      ),
  ].filter(Boolean);
}

function group(title, items, render, empty = "", kind = "") {
  return h(
    "section",
    { class: `group ${kind}` },
    h("h2", {}, title, items.length > 0 && h("span", { class: "number" }, String(items.length))),
    items.length > 0 ? h("ul", {}, items.map(render)) : h("p", { class: "soft" }, empty),
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

function person(agent, handoffs) {
  const busy = handoffs.some((x) => x.agent_id === agent.id && ["accepted", "briefing", "bridged"].includes(x.state) && !x.call_ended);
  const ringing = handoffs.some((x) => x.offered_to === agent.id && x.state === "offered");
  const status = busy ? "busy" : ringing ? "ringing" : agent.status;
  const text = { busy: "通话中", ringing: "振铃", ready: "就绪", away: "离开" }[status];
  return h(
    "li",
    { class: `person ${status}` },
    h("b", {}, agent.name),
    h("span", { class: "soft" }, word("roles", agent.role)),
    h("span", { class: "state" }, text),
  );
}
