// The card: kind and level, where, who, what and how bad, readable in three seconds.

import { h } from "./dom.js";
import { LEVELS, due, elapsed, grouped, where, word } from "./words.js";

const list = (value) => (Array.isArray(value) ? value : value ? [value] : []);

/** Names of ticket fields nobody has confirmed yet. */
export function unconfirmed(handoff) {
  const said = handoff.ticket.details?.unconfirmed ?? handoff.card.where?.unconfirmed;
  return new Set(list(said));
}

export function place(handoff) {
  return where(handoff.ticket) || where(handoff.card.where);
}

export function severity(handoff) {
  if (handoff.priority > 0) return "request";
  return handoff.level >= 3 ? "grave" : "serious";
}

export function lastWords(handoff, heard) {
  return heard || list(handoff.card.words).at(-1) || list(handoff.ticket.verbatim).at(-1) || "";
}

/** The coloured head with kind, level and the waiting time (ticked by `refreshTimes`). */
export function head(handoff) {
  const engaged = handoff.accepted_at && handoff.agent_id;
  return h(
    "header",
    { class: `head ${severity(handoff)}` },
    h("h2", {}, handoff.title, handoff.priority === 0 && h("span", { class: "level" }, LEVELS[handoff.level] ?? "")),
    h(
      "p",
      { class: "wait" },
      h("span", {}, engaged ? "接听后" : "已等待"),
      timer(engaged ? handoff.accepted_at : handoff.created_at),
    ),
  );
}

/** The facts; `heard` is the caller's newest words, newer than the card. */
export function facts(handoff, { heard = "", compact = false } = {}) {
  const doubtful = unconfirmed(handoff);
  const inDoubt = ["building", "unit", "room", "place"].some((name) => doubtful.has(name));
  const location = place(handoff);
  const { card, ticket } = handoff;
  const conditions = [card.people && `人员：${card.people}`, card.hurt && `伤情：${card.hurt}`];
  const words = lastWords(handoff, heard);
  return h(
    "dl",
    { class: compact ? "facts compact" : "facts" },
    fact(
      "地点",
      h("dd", { class: location ? "big" : "big unknown" }, location ? h("span", {}, marked(handoff, doubtful)) : "还不知道，请先问清"),
      inDoubt && h("dd", { class: "doubt" }, "待确认"),
    ),
    fact("谁", who(handoff)),
    (ticket.problem || card.what) && fact("情况", h("dd", {}, ticket.problem || card.what)),
    conditions.some(Boolean) && fact("多严重", h("dd", { class: "strong" }, conditions.filter(Boolean).join("；"))),
    words && fact("业主刚说", h("dd", { class: "words" }, `“${words}”`)),
    list(card.advice).length > 0 &&
      fact("已告知", h("dd", { class: "soft" }, list(card.advice).join(" "))),
    handoff.open_tickets.length > 0 && fact("未结工单", openTickets(handoff)),
  );
}

/** The place with the parts nobody has confirmed underlined. */
function marked(handoff, doubtful) {
  const source = where(handoff.ticket) ? handoff.ticket : handoff.card.where;
  const parts = ["building", "unit", "room", "place"].filter((name) => source[name]);
  return parts.map((name) => {
    const text = `${name === "place" && parts.length > 1 ? " " : ""}${where({ [name]: source[name] })}`;
    return doubtful.has(name) ? h("u", { class: "unsure", title: "待确认" }, text) : text;
  });
}

function fact(name, ...values) {
  return h("div", { class: "fact" }, h("dt", {}, name), ...values);
}

function who(handoff) {
  const { resident, ticket, card } = handoff;
  const name = ticket.caller_name || card.caller?.name || resident?.name || "";
  const title = resident?.title ?? card.caller?.title ?? "";
  const flags = new Set([...list(ticket.special_flags), ...list(resident?.special_flags)]);
  const role = { tenant: "租户", owner: "业主" }[resident?.role ?? ""] ?? "";
  return h(
    "dd",
    {},
    h("b", {}, name ? `${name}${title && !name.endsWith(title) ? ` ${title}` : ""}` : "未登记号码"),
    [...flags].map((flag) => h("span", { class: "flag" }, word("flags", flag))),
    h("span", { class: "digits phone" }, grouped(ticket.phone || card.caller?.phone || "")),
    resident && h("span", { class: "soft" }, `登记${role} ${where(resident)}`),
  );
}

function openTickets(handoff) {
  return h(
    "dd",
    {},
    handoff.open_tickets.map((ticket) =>
      h(
        "span",
        { class: "ticket" },
        h("span", { class: "digits" }, ticket.number),
        ` ${word("ticket_states", ticket.status)} · ${ticket.problem}`,
      ),
    ),
  );
}

export function timer(from) {
  return h("b", { class: "digits", "data-since": from }, elapsed(from));
}

export function deadline(at) {
  return h("b", { class: "digits", "data-due": at }, due(at));
}

/** Ticks every shown time; called once a second. */
export function refreshTimes() {
  for (const element of document.querySelectorAll("[data-since]")) {
    element.textContent = elapsed(element.dataset.since);
  }
  for (const element of document.querySelectorAll("[data-due]")) {
    element.textContent = due(element.dataset.due);
    element.classList.toggle("over", element.textContent.startsWith("已超"));
  }
}
