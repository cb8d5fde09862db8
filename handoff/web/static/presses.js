// What the agent's presses do: take, refuse, hang up, give back, call back.

import { act, post } from "./api.js";
import { Call } from "./call.js";
import { toast } from "./dom.js";
import { carry } from "./lease.js";
import { CALLING_BACK, changed, isLive, isMine, mine, myPart, showView, state, visited } from "./state.js";
import { word } from "./words.js";

/** Carry something out; a refusal is shown, never swallowed. */
export async function press(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message, "error");
    changed();
    return null;
  }
}

export const inCall = () => Boolean(state.call && state.call.state !== "ended");

/**
 * Open the audio of a case.
 * @param {string} id handoff
 * @param {() => Promise<{bridge_url: string}>} ask takes the call and tells where it is
 * @param {{capture?: boolean}} [options] false for who only listens
 */
export async function open(id, ask, { capture = true } = {}) {
  if (inCall()) {
    toast("请先结束当前通话", "error");
    return null;
  }
  const call = new Call(id, { onChange: onCall, join: () => act(id, "rejoin"), capture });
  void carry(id, () => call, { steal: true });
  state.call = call;
  state.selected = "";
  state.elsewhere = "";
  state.hungUp.delete(id);
  showView("work");
  changed();
  const answer = await press(ask);
  if (answer) call.connect(answer.bridge_url);
  else call.end("refused");
  return answer;
}

export const accept = (handoff) => open(handoff.id, () => act(handoff.id, "accept"));

export function ask(what) {
  state.asking = what;
  changed();
}

export async function decline(handoff, reason) {
  state.asking = "";
  await press(() => act(handoff.id, "decline", { reason }));
}

export async function hangUp(handoff) {
  await press(async () => {
    await act(handoff.id, "command", { command: "hangup" });
    leave(handoff.id, "hangup");
  });
}

export async function giveBack(handoff) {
  await press(async () => {
    await act(handoff.id, "return");
    state.call?.end("returned");
  });
}

/** Leave the owner to the bot, which asks how satisfied they are. */
export async function toSurvey(handoff) {
  await press(async () => {
    await act(handoff.id, "survey");
    state.call?.end("returned");
    toast("已转机器人做满意度回访");
  });
}

/** Ring the owner; our audio is open meanwhile and hears it ring. */
export function callBack(handoff) {
  const opened = open(handoff.id, () => act(handoff.id, "call_back"));
  state.selected = handoff.id; // an owner who is not reached is tried again from here
  changed();
  return opened;
}

/** Have the bot call the owner of a finished ticket; the transcript follows it. */
export async function surveyByPhone(ticket) {
  const answer = await press(() => post(`/api/tickets/${ticket.number}/survey`));
  if (!answer) return;
  state.selected = "";
  state.history = { call_id: answer.call_id, title: `回访 ${ticket.number}`, live: true };
  toast(`机器人正在回访 ${ticket.number}`);
  showView("talk");
  changed();
}

export const isDialling = (handoff) =>
  inCall() && state.call.id === handoff.id && CALLING_BACK.includes(handoff.state);

export function stopDialling() {
  state.call?.end("cancelled");
  changed();
}

export const claim = (handoff) => press(() => act(handoff.id, "claim"));

export function toggleMute() {
  state.call?.setMuted(!state.call.muted);
}

/** Close our own line; the call goes on for whoever else is in it. */
export function leave(id, reason) {
  state.hungUp.add(id);
  if (state.call?.id === id) state.call.end(reason);
  changed();
}

/** After a reload: join the call in progress again; leave one that is over or no longer ours. */
export function keepCall() {
  const live = joinable();
  if (live && !inCall() && state.call?.id !== live.id && waitingFor !== live.id) {
    waitingFor = live.id;
    void carry(live.id, () => resume(live.id), {
      onElsewhere: () => {
        state.elsewhere = live.id;
        changed();
      },
    });
  }
  if (!live && !inCall()) waitingFor = state.elsewhere = "";
  if (!inCall()) return;
  const handoff = state.handoffs.get(state.call.id);
  const lost = handoff && isMine(handoff) && handoff.state === "agent_lost";
  // The call that a call-back is due for has ended long ago.
  const over = handoff?.call_ended && !CALLING_BACK.includes(handoff.state);
  if (lost || over) state.call.end("over");
}

let waitingFor = "";

const CALLBACK = "callback_"; // how the gateway names the end of a call-back that reached nobody

function joinable() {
  const own = mine();
  return own && isLive(own) ? own : visited();
}

function resume(id) {
  waitingFor = state.elsewhere = "";
  const live = joinable();
  if (live?.id !== id || inCall()) return null;
  const call = new Call(id, { onChange: onCall, join: () => act(id, "rejoin"), capture: myPart(live) !== "listener" });
  state.call = call;
  call.rejoin();
  return call;
}

function onCall(call) {
  if (call !== state.call) return;
  if (call.state === "ended") {
    if (call.reason?.startsWith(CALLBACK)) {
      toast(`回拨没有接通：${word("callback_outcomes", call.reason.slice(CALLBACK.length))}`, "warn");
    }
    if (call.reason === "elsewhere") state.call = null;
    else if (call.reason !== "refused") state.hungUp.add(call.id);
  }
  changed();
}
