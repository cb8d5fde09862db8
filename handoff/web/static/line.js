// The state of the line, and who is on it.

import { h } from "./dom.js";
import { agentName, isMine, me, others, state } from "./state.js";
import { elapsed, word } from "./words.js";

const TEXTS = {
  connecting: "正在接入语音……",
  ready: "语音已接入，正在接通业主……",
  bridged: "正在通话",
  lost: "语音中断，正在自动重连……",
  ended: "通话已结束",
};

export const callOf = (handoff) => (state.call?.id === handoff.id ? state.call : null);

/** The strip under the head of the card: sound, state, problems. */
export function line(handoff) {
  const call = callOf(handoff);
  const held = Boolean(handoff.on_hold_since);
  const kind = held ? "held" : call?.muted ? "muted" : "";
  return h(
    "div",
    { class: `line ${call?.state ?? ""} ${kind}`, role: "status" },
    h("span", { class: "meters", "aria-hidden": "true" }, h("i", { class: "heard" }), h("i", { class: "spoken" })),
    h("b", { id: "line-state" }, said(handoff, call)),
    held && h("span", { class: "digits", "data-since": handoff.on_hold_since }, elapsed(handoff.on_hold_since)),
    call?.problem && h("span", { class: "error" }, call.problem),
    call?.audio.locked && h("span", { class: "error" }, "点一下页面任意处开启声音"),
  );
}

function said(handoff, call) {
  const now = call?.state ?? "connecting";
  if (!call && state.elsewhere === handoff.id) return "通话在另一个窗口中进行";
  if (now === "lost" || now === "ended") return TEXTS[now];
  if (handoff.state === "briefing" && isMine(handoff)) return "正在播报案情，业主还听不到您";
  if (handoff.on_hold_since) {
    const consult = others(handoff).find((x) => x.part === "consult");
    const partner = consult && (consult.agent_id === me.id ? agentName(handoff.agent_id) : consult.name);
    return partner ? `正在与${partner}单独商量，业主听音乐等待` : "业主听音乐等待，彼此听不到";
  }
  if (now === "bridged" && call.muted) return "已静音，业主听不到您";
  return TEXTS[now];
}

/** Who is on the line besides the caller, once it is more than one. */
export function participants(handoff) {
  const present = handoff.participants ?? [];
  const called = handoff.invitation ?? null;
  if (!present.some((x) => x.part !== "owner") && !called) return null;
  return h(
    "ul",
    { class: "participants", "aria-label": "通话中的人", "data-key": "participants" },
    h("li", { class: "caller" }, h("b", {}, "业主"), handoff.on_hold_since && h("span", { class: "part" }, "保持中")),
    present.map((x) =>
      h(
        "li",
        { "data-key": x.agent_id, class: x.part },
        h("b", {}, x.agent_id === me.id ? "我" : x.name || agentName(x.agent_id)),
        h("span", { class: "part" }, word("parts", x.part)),
        h("span", { class: "digits soft", "data-since": x.since }, elapsed(x.since)),
      ),
    ),
    called && h("li", { class: "called" }, h("b", {}, called.to_name), h("span", { class: "part" }, "呼叫中……"), h("span", { class: "digits soft", "data-since": called.at }, elapsed(called.at))),
  );
}
