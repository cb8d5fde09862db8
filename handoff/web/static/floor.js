// Other people in a call: hold, consult, three-way, complete, transfer, listen-in.

import { act, post } from "./api.js";
import { toast } from "./dom.js";
import { inCall, leave, open, press } from "./presses.js";
import { changed, me, state } from "./state.js";

export const hold = (handoff, on) => press(() => act(handoff.id, "hold", { on }));
export const merge = (handoff) => press(() => act(handoff.id, "merge"));

/** Stop ringing a colleague, or let the third person go. */
export async function uninvite(handoff) {
  state.cancelled.add(handoff.invitation?.id ?? "");
  await press(() => act(handoff.id, "uninvite"));
}

/** Leave somebody else's call, which goes on without us. */
export async function withdraw(handoffId) {
  await press(() => act(handoffId, "uninvite"));
  leave(handoffId, "left");
}
export const skipBriefing = (handoff) => press(() => act(handoff.id, "skip_briefing"));
export async function invite(handoff, to, mode) {
  const answer = await press(() => act(handoff.id, "invite", { to: to.id, mode }));
  if (answer) toast(`正在呼叫${to.name}`);
}

/** I leave, the person I asked goes on with the caller. */
export async function complete(handoff) {
  const answer = await press(() => act(handoff.id, "complete"));
  if (answer) leave(handoff.id, "completed");
}

/** @param {{to?: string, role?: string, name: string}} target a person or a role */
export async function transfer(handoff, { to = "", role = "", name }) {
  const answer = await press(() => act(handoff.id, "transfer", { to, role }));
  if (!answer) return;
  toast(`已转给${name}`);
  leave(handoff.id, "transferred");
}

export async function acceptInvitation(invitation) {
  const answer = await open(invitation.handoff_id, () => post(`/api/invitations/${invitation.id}/accept`));
  if (answer) forget(invitation);
}

export async function declineInvitation(invitation) {
  const answer = await press(() => post(`/api/invitations/${invitation.id}/decline`));
  if (answer) forget(invitation);
}

/** Listen to somebody's call, whisper to the agent, or join; pressing another mode changes it. */
export async function listen(handoffId, mode) {
  if (inCall() && state.call.id === handoffId) state.call.end("changed");
  await open(handoffId, () => act(handoffId, "listen", { mode }), { capture: mode !== "listen" });
}

/** Tell the owner that the colleague they rang does not come. */
export function noteRefusal(before, after) {
  const asked = before?.invitation;
  if (!asked || asked.from !== me.id || after.invitation || state.cancelled.has(asked.id)) return;
  if (after.participants.some((one) => one.agent_id === asked.to)) return;
  toast(`${asked.to_name}没有加入`, "warn");
}

function forget(invitation) {
  state.invitations = state.invitations.filter((other) => other.id !== invitation.id);
  changed();
}
