// What the page knows, and the questions everything else asks about it.

import { boot } from "./api.js";
import { learnWords } from "./words.js";

export const TALKING = ["accepted", "briefing", "bridged"];
export const CALLING_BACK = ["caller_left", "callback_due"];
export const UNANSWERED = ["requested", "offered", "declined", "timed_out", "busy", "agent_lost"];
const LEADING = ["leader", "manager", "admin"];

export const content = await boot();
learnWords(content);

export const { me } = content;
export const leads = LEADING.includes(me.role);

export const state = {
  handoffs: new Map(),
  agents: [],
  invitations: [],
  reminders: [],
  recent: { handoffs: [], tickets: [] },
  status: "ready",
  selected: "",
  history: null, // {call_id, title} of a finished call being read
  heard: new Map(), // call id → newest words of the caller
  cancelled: new Set(), // invitations this person took back
  hungUp: new Set(), // handoffs whose line we closed
  call: null,
  elsewhere: "", // handoff whose sound another window of this person carries
  asking: "", // "decline" while the reasons are shown
};

/** Whether this desk process has an operation on cases: without it there is no button for it. */
export const can = (action) => content.actions.includes(action);

/** Whether owners can be called back by telephone from here. */
export const dials = Boolean(content.dials);

export const all = () => [...state.handoffs.values()];
export const ringing = () => all().find((x) => x.state === "offered" && x.offered_to === me.id);
export const sopOf = (handoff) => content.sop.kinds[handoff.kind] ?? content.sop.default;
export const agentName = (id) => state.agents.find((agent) => agent.id === id)?.name ?? id;

/** The parts people other than the owner play in a call. */
export const others = (handoff) => (handoff.participants ?? []).filter((x) => x.part !== "owner");

/** My own part in somebody else's call ("consult", "third", "listener", "coach"), or "". */
export function myPart(handoff) {
  if (handoff.agent_id === me.id) return "";
  return others(handoff).find((x) => x.agent_id === me.id)?.part ?? "";
}

export const isMine = (handoff) => Boolean(handoff.agent_id === me.id && handoff.accepted_at);
export const isLive = (handoff) =>
  TALKING.includes(handoff.state) && !handoff.call_ended && !state.hungUp.has(handoff.id);

export function mine() {
  const own = all().filter(isMine);
  return (
    own.find(isLive) ??
    own.find((x) => TALKING.includes(x.state)) ??
    own.find((x) => CALLING_BACK.includes(x.state))
  );
}

/** Somebody else's call in which this person takes part. */
export const visited = () => all().find((x) => isLive(x) && myPart(x));

/** What a colleague is doing: "busy" and "ringing" count more than what they have chosen. */
export function presenceOf(agent) {
  const talks = (x) =>
    TALKING.includes(x.state) &&
    !x.call_ended &&
    (x.agent_id === agent.id || others(x).some((one) => one.agent_id === agent.id));
  if (all().some(talks)) return "busy";
  if (all().some((x) => x.offered_to === agent.id && x.state === "offered")) return "ringing";
  return agent.status;
}

/** The case in the middle of the page. */
export function focus() {
  const own = mine();
  if (own && isLive(own)) return own;
  return visited() ?? state.handoffs.get(state.selected) ?? own ?? null;
}

/** Whether a case rings here, is this person's in any way, or is being looked at. */
export const concerns = (handoff) =>
  Boolean(handoff) &&
  ((handoff.state === "offered" && handoff.offered_to === me.id) ||
    handoff.agent_id === me.id ||
    Boolean(myPart(handoff)) ||
    [state.selected, state.call?.id].includes(handoff.id));

const listeners = new Set();

/** Draw again when something changes. */
export const onChange = (listener) => listeners.add(listener);
export const changed = () => listeners.forEach((listener) => listener());

export function showView(view) {
  document.body.dataset.view = view;
}
