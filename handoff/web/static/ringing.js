// What rings: a caller offered to this desk, or a colleague who asks this person into a call.

import { facts, head, place, severity } from "./card.js";
import { h } from "./dom.js";
import { acceptInvitation, declineInvitation } from "./floor.js";
import { accept, ask, decline, inCall } from "./presses.js";
import { ringing, showView, sopOf, state } from "./state.js";
import { elapsed, entries, now, word } from "./words.js";

export function ringCard(handoff, aside) {
  const reasons = state.asking === "decline";
  return h(
    "article",
    { class: `card ring ${severity(handoff)}`, "data-key": handoff.id, role: "alertdialog", "aria-label": `${handoff.title}来电` },
    head(handoff),
    h("p", { class: "first" }, handoff.priority === 0 ? sopOf(handoff).first : "业主在线等待"),
    facts(handoff, { heard: state.heard.get(handoff.call_id), compact: aside }),
    reasons ? declineReasons(handoff) : answerButtons(handoff),
  );
}

function answerButtons(handoff) {
  const busy = inCall();
  return h(
    "div",
    { class: "answer", "data-key": "answer" },
    busy && h("p", { class: "soft" }, "您正在通话，挂断或转接后才能接这一通"),
    h("button", { type: "button", class: "good", id: "accept", disabled: busy, onclick: () => accept(handoff) }, "接听 ", h("kbd", {}, "A")),
    h("button", { type: "button", id: "decline", onclick: () => ask("decline") }, "拒接 ", h("kbd", {}, "D")),
  );
}

function declineReasons(handoff) {
  return h(
    "div",
    { class: "reasons", "data-key": "reasons", role: "group", "aria-label": "拒接原因" },
    entries("decline_reasons").map(([key, text], index) =>
      h("button", { type: "button", "data-key": key, onclick: () => decline(handoff, key) }, h("kbd", {}, String(index + 1)), ` ${text}`),
    ),
    h("button", { type: "button", class: "quiet", onclick: () => ask("") }, "返回"),
  );
}

/** Somebody asks for advice or for a third person on the line. */
export function invitationCard(invitation) {
  const { id, from_name: name, mode, at, kind, place: where } = invitation;
  return h(
    "article",
    { class: "card ring invitation", "data-key": `invitation-${id}`, role: "alertdialog", "aria-label": `${name}请您加入通话` },
    h(
      "header",
      { class: "head invitation" },
      h("h2", {}, `${name} ${word("invitations", mode)}`),
      h("p", { class: "wait" }, h("span", {}, "已等待"), h("b", { class: "digits", "data-since": at }, elapsed(at))),
    ),
    h("p", { class: "first" }, [word("kinds", kind), where].filter(Boolean).join(" · ") || "通话中的业主"),
    h(
      "div",
      { class: "answer", "data-key": "answer" },
      h("button", { type: "button", class: "good", id: "join", disabled: inCall(), onclick: () => acceptInvitation(invitation) }, "加入 ", h("kbd", {}, "A")),
      h("button", { type: "button", id: "refuse", onclick: () => declineInvitation(invitation) }, "不方便 ", h("kbd", {}, "D")),
    ),
  );
}

/** The invitation that rings now: not while a caller rings, callers come first. */
export const invited = () => (ringing() ? undefined : state.invitations[0]);

/** Make the sound fit what is there; `ringer` is silent when nothing is. */
export function soundFor(ringer) {
  const ring = ringing();
  const invitation = invited();
  if (!ring) state.asking = "";
  const own = inCall() ? state.call.id : "";
  if (ring && own !== ring.id) {
    const kind = ring.priority === 0 ? "emergency" : "request";
    if (!ringer.kind) noteRing();
    ringer.start(kind, `${ring.title} 来电`, place(ring) || "地点未知", { inCall: Boolean(own) });
  } else if (invitation && own !== invitation.handoff_id) {
    if (!ringer.kind) noteRing();
    const what = [word("kinds", invitation.kind), invitation.place].filter(Boolean).join(" ");
    ringer.start("invitation", `${invitation.from_name} ${word("invitations", invitation.mode)}`, what, { inCall: Boolean(own) });
  } else ringer.stop();
}

function noteRing() {
  showView("work");
  performance.mark("ring");
  document.body.dataset.rang = String(now());
}

/** Take what rings (key A). @returns whether there was something */
export function takeRing() {
  const ring = ringing();
  const invitation = invited();
  if (ring) accept(ring);
  else if (invitation) acceptInvitation(invitation);
  return Boolean(ring || invitation);
}

/** Refuse what rings (key D). */
export function refuseRing() {
  const invitation = invited();
  if (ringing()) ask(state.asking ? "" : "decline");
  else if (invitation) declineInvitation(invitation);
  return Boolean(ringing() || invitation);
}
