// The agent's page: keeps the state, decides what is in the middle, and carries out presses.

import { act, boot, get } from "./api.js";
import { Call } from "./call.js";
import { facts, head, place, refreshTimes, severity } from "./card.js";
import { checklist, tickNumber } from "./checklist.js";
import { byId, h, toast, update } from "./dom.js";
import { TicketForm } from "./form.js";
import { Link } from "./link.js";
import { lists, sorted } from "./lists.js";
import { Ringer } from "./ring.js";
import { Transcript } from "./transcript.js";
import { entries, grouped, learnWords, now, setClock, time, word } from "./words.js";
import { WrapUp } from "./wrapup.js";

const ENGAGED = ["accepted", "briefing", "bridged"];
const CALLING_BACK = ["caller_left", "callback_due"];
const UNANSWERED = ["requested", "offered", "declined", "timed_out", "busy", "agent_lost"];

const content = await boot();
learnWords(content);
const me = content.me;
const state = {
  handoffs: new Map(),
  agents: [],
  recent: { handoffs: [], tickets: [] },
  status: "ready",
  selected: "",
  history: null,
  heard: new Map(), // call id → newest words of the caller
  hungUp: new Set(), // handoffs whose line we closed
  call: null,
  asking: "", // "decline" while the reasons are shown
};
const ringer = new Ringer();
const ticketForm = new TicketForm();
const wrapUp = new WrapUp(content.outcomes, () => { state.selected = ""; });
const transcript = new Transcript(byId("talk"), (words) => {
  state.heard.set(transcript.callId, words);
  render();
});
const link = new Link(take, (online) => {
  byId("offline").hidden = online;
});

byId("role").textContent = word("roles", me.role);

// --- what arrives --------------------------------------------------------------------------

function take(message) {
  switch (message.type) {
    case "hello":
      state.status = message.status;
      break;
    case "board":
      setClock(message.now);
      state.handoffs = new Map(message.handoffs.map((handoff) => [handoff.id, handoff]));
      state.agents = message.agents;
      loadRecent();
      break;
    case "handoff":
      state.handoffs.set(message.handoff.id, message.handoff);
      break;
    case "handoff_closed":
      state.handoffs.delete(message.id);
      loadRecent();
      break;
    case "agents":
      state.agents = message.agents;
      state.status = message.agents.find((agent) => agent.id === me.id)?.status ?? state.status;
      break;
    case "alive":
      setClock(message.now);
      return;
    case "event":
      transcript.add(message.event);
      return;
    case "error":
      toast(message.message, "error");
      return;
  }
  render();
}

let recentTimer;
function loadRecent() {
  clearTimeout(recentTimer);
  recentTimer = setTimeout(async () => {
    try {
      state.recent = await get("/api/recent");
      renderLists();
    } catch (error) {
      toast(error.message, "error");
    }
  }, 300);
}

// --- what is in the middle -----------------------------------------------------------------

const all = () => [...state.handoffs.values()];
const ringing = () => all().find((x) => x.state === "offered" && x.offered_to === me.id);
const isLive = (x) => ENGAGED.includes(x.state) && !x.call_ended && !state.hungUp.has(x.id);
const mine = () => {
  const own = all().filter((x) => x.agent_id === me.id && x.accepted_at);
  return own.find(isLive) ?? own.find((x) => ENGAGED.includes(x.state)) ?? own.find((x) => CALLING_BACK.includes(x.state));
};

function focus() {
  const own = mine();
  if (own && isLive(own)) return own;
  return state.handoffs.get(state.selected) ?? own ?? null;
}

const sopOf = (handoff) => content.sop.kinds[handoff.kind] ?? content.sop.default;

// --- presses -------------------------------------------------------------------------------

async function press(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message, "error");
    render();
    return null;
  }
}

async function accept(handoff) {
  if (state.call && state.call.state !== "ended") {
    toast("请先结束当前通话", "error");
    return;
  }
  ringer.stop();
  const call = new Call(handoff.id, onCall);
  state.call = call;
  state.selected = "";
  state.hungUp.delete(handoff.id);
  showView("work");
  const answer = await press(() => act(handoff.id, "accept"));
  if (answer) call.connect(answer.bridge_url);
  else call.end("refused");
}

async function decline(handoff, reason) {
  state.asking = "";
  await press(() => act(handoff.id, "decline", { reason }));
}

async function hangUp(handoff) {
  await press(async () => {
    await act(handoff.id, "command", { command: "hangup" });
    state.hungUp.add(handoff.id);
    if (state.call?.id === handoff.id) state.call.end("hangup");
    render();
  });
}

async function giveBack(handoff) {
  await press(async () => {
    await act(handoff.id, "return");
    state.call?.end("returned");
  });
}

function onCall(call) {
  if (call !== state.call) return;
  if (call.state === "ended" && call.reason !== "refused") state.hungUp.add(call.id);
  render();
}

/** After a reload: join the call in progress again. */
function keepCall() {
  const own = mine();
  if (own && isLive(own) && (!state.call || state.call.id !== own.id)) {
    state.call = new Call(own.id, onCall);
    state.call.rejoin();
  }
  if (state.call && state.call.state !== "ended") {
    const handoff = state.handoffs.get(state.call.id);
    const lost = handoff && handoff.agent_id === me.id && handoff.state === "agent_lost";
    if (lost || (handoff?.call_ended && handoff.agent_id === me.id)) state.call.end("over");
  }
}

function choose(status) {
  state.status = status;
  link.send({ type: "status", status });
  render();
}

// --- drawing -------------------------------------------------------------------------------

function render() {
  keepCall();
  const shown = focus();
  renderStatus();
  renderLists();
  renderWork(shown);
  renderRing();
  renderTalk(shown && isLive(shown) ? shown : (ringing() ?? shown));
}

function renderTalk(shown) {
  if (state.history && !shown) transcript.show(state.history.call_id, state.history.title);
  else if (shown) {
    state.history = null;
    transcript.show(shown.call_id, shown.title);
    link.watch(shown.call_id);
  } else {
    link.watch("");
    transcript.show("", "");
  }
}

function renderStatus() {
  for (const name of ["ready", "away"]) {
    byId(name).setAttribute("aria-pressed", String(state.status === name));
  }
  byId("unlock").hidden = !ringer.locked;
}

function renderLists() {
  const { waiting, back } = sorted(all(), me.id);
  byId("count").textContent = waiting.length + back.length || "";
  update(
    byId("lists"),
    lists({
      handoffs: all(),
      agents: state.agents,
      recent: state.recent,
      me: me.id,
      selected: state.selected,
      onSelect: (id) => {
        state.selected = id;
        state.history = null;
        showView("work");
        render();
      },
      onHistory: openHistory,
    }),
  );
}

async function openHistory(item) {
  if (!item.call_id) return;
  const call = await press(() => get(`/api/calls/${item.call_id}`));
  if (!call) return;
  state.selected = "";
  state.history = { call_id: item.call_id, title: item.ticket_number ?? item.number };
  showView("talk");
  render();
  call.events.forEach((event) => transcript.add(event));
}

const parts = { alert: h("div", { class: "alert" }), body: h("div", { class: "body" }), bar: h("div", { class: "bar" }) };
byId("work").append(parts.alert, parts.body, parts.bar);

function renderWork(shown) {
  const ring = ringing();
  const live = shown && shown.agent_id === me.id && isLive(shown);
  update(parts.alert, [ring && ringCard(ring, Boolean(live))]);
  parts.body.hidden = Boolean(ring) && (!shown || shown.id === ring.id);
  if (!shown) {
    update(parts.body, [idle()]);
    update(parts.bar, []);
    return;
  }
  const heard = state.heard.get(shown.call_id);
  const ours = shown.agent_id === me.id && shown.accepted_at;
  const card = h(
    "article",
    { class: `card ${severity(shown)}`, "data-key": shown.id },
    head(shown),
    live && callState(shown),
    facts(shown, { heard, compact: true }),
  );
  const pieces = [card];
  ticketForm.show(shown);
  if (ours) {
    if (!live) {
      wrapUp.show(shown);
      pieces.push(wrapUp.element);
    }
    pieces.push(checklist(sopOf(shown), shown), ticketForm.element);
  } else if (CALLING_BACK.includes(shown.state) || shown.call_ended) {
    const claimed = shown.agent_id === me.id;
    if (claimed || shown.call_ended) {
      wrapUp.show(shown);
      pieces.push(wrapUp.element);
    }
    pieces.push(checklist(sopOf(shown), shown), ticketForm.element);
  }
  update(parts.body, pieces);
  update(parts.bar, bar(shown, live));
}

function ringCard(handoff, aside) {
  const sop = sopOf(handoff);
  const reasons = state.asking === "decline";
  return h(
    "article",
    { class: `card ring ${severity(handoff)}`, "data-key": handoff.id, role: "alertdialog", "aria-label": `${handoff.title}来电` },
    head(handoff),
    h("p", { class: "first" }, handoff.priority === 0 ? sop.first : "业主在线等待"),
    facts(handoff, { heard: state.heard.get(handoff.call_id), compact: aside }),
    reasons
      ? h(
          "div",
          { class: "reasons", "data-key": "reasons", role: "group", "aria-label": "拒接原因" },
          entries("decline_reasons").map(([key, text], index) =>
            h("button", { type: "button", onclick: () => decline(handoff, key) }, h("kbd", {}, String(index + 1)), ` ${text}`),
          ),
          h("button", { type: "button", class: "quiet", onclick: () => ask("") }, "返回"),
        )
      : h(
          "div",
          { class: "answer", "data-key": "answer" },
          h("button", { type: "button", class: "good", id: "accept", onclick: () => accept(handoff) }, "接听 ", h("kbd", {}, "A")),
          h("button", { type: "button", id: "decline", onclick: () => ask("decline") }, "拒接 ", h("kbd", {}, "D")),
        ),
  );
}

function ask(what) {
  state.asking = what;
  render();
}

function callState(handoff) {
  const call = state.call?.id === handoff.id ? state.call : null;
  const text = {
    connecting: "正在接入语音……",
    ready: "语音已接入，正在接通业主……",
    bridged: call?.muted ? "已静音，业主听不到您" : "正在通话",
    lost: "语音中断，正在自动重连……",
    ended: "通话已结束",
  }[call?.state ?? "connecting"];
  return h(
    "div",
    { class: `line ${call?.state ?? ""} ${call?.muted ? "muted" : ""}` },
    h("span", { class: "meters", "aria-hidden": "true" }, h("i", { class: "heard" }), h("i", { class: "spoken" })),
    h("b", { id: "line-state" }, text),
    call?.problem && h("span", { class: "error" }, call.problem),
    call?.audio.locked && h("span", { class: "error" }, "点一下页面任意处开启声音"),
  );
}

function bar(shown, live) {
  const button = (text, key, action, attributes = {}) =>
    h("button", { type: "button", "data-key": text, ...attributes, onclick: action }, text, key && h("kbd", {}, key));
  if (live) {
    const { call } = state;
    return [
      button(call?.muted ? "取消静音 " : "静音 ", "M", () => toggleMute(), { id: "mute", "aria-pressed": String(Boolean(call?.muted)) }),
      button("转回机器人", "", () => giveBack(shown)),
      button("挂断 ", "Shift+H", () => hangUp(shown), { id: "hangup", class: "danger" }),
    ];
  }
  if (UNANSWERED.includes(shown.state) && !shown.call_ended) {
    return [button("接听这通 ", "A", () => accept(shown), { id: "pick", class: "good" })];
  }
  if (CALLING_BACK.includes(shown.state) && shown.agent_id !== me.id) {
    return [
      button("我来回拨", "", () => press(() => act(shown.id, "claim")), { id: "claim", class: "danger" }),
    ];
  }
  if (CALLING_BACK.includes(shown.state) && shown.ticket.phone) {
    const dial = h("a", { class: "dial", href: `tel:${shown.ticket.phone}` }, `回拨 ${grouped(shown.ticket.phone)}`);
    return [dial];
  }
  return [];
}

function idle() {
  const ready = state.status === "ready";
  const { waiting, back } = sorted(all(), me.id);
  return h(
    "div",
    { "data-key": "idle", class: `idle ${ready ? "" : "away"}` },
    h("p", { class: "sign", "aria-hidden": "true" }, ready ? "●" : "○"),
    h("h2", {}, ready ? "就绪，来电会在这里响铃" : "离开中，来电会转给其他同事"),
    back.length > 0 && h("p", { class: "error" }, `有 ${back.length} 位业主等着回拨`),
    waiting.length > 0 && h("p", {}, `有 ${waiting.length} 位业主正在等待，可在列表中接听`),
    h("p", { class: "soft" }, h("kbd", {}, "A"), " 接听　", h("kbd", {}, "D"), " 拒接　", h("kbd", {}, "M"), " 静音　", h("kbd", {}, "Shift+H"), " 挂断　", h("kbd", {}, "R"), " 就绪/离开"),
  );
}

function renderRing() {
  const ring = ringing();
  if (!ring || (state.call && state.call.state !== "ended" && state.call.id === ring.id)) {
    ringer.stop();
    if (!ring) state.asking = "";
    return;
  }
  const kind = ring.priority === 0 ? "emergency" : "request";
  if (!ringer.kind) {
    showView("work");
    performance.mark("ring");
    document.body.dataset.rang = String(now());
  }
  ringer.start(kind, `${ring.title} 来电`, place(ring) || "地点未知");
}

function toggleMute() {
  state.call?.setMuted(!state.call.muted);
}

function showView(view) {
  document.body.dataset.view = view;
}

// --- keyboard and controls -----------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const shown = focus();
  const ring = ringing();
  const live = shown && shown.agent_id === me.id && isLive(shown);
  const key = event.key.toLowerCase();
  if (key === "a" && !event.shiftKey && ring) accept(ring);
  else if (key === "a" && !event.shiftKey && shown && UNANSWERED.includes(shown.state)) accept(shown);
  else if (key === "d" && ring) ask(state.asking ? "" : "decline");
  else if (key === "m" && live) toggleMute();
  else if (key === "h" && event.shiftKey && live) hangUp(shown);
  else if (key === "r" && !event.shiftKey) choose(state.status === "ready" ? "away" : "ready");
  else if (/^[1-9]$/.test(key) && ring && state.asking) {
    const reason = entries("decline_reasons")[Number(key) - 1];
    if (reason) decline(ring, reason[0]);
  } else if (/^[1-9]$/.test(key) && shown?.agent_id === me.id) tickNumber(sopOf(shown), shown, Number(key));
  else return;
  event.preventDefault();
});

byId("ready").onclick = () => choose("ready");
byId("away").onclick = () => choose("away");
byId("theme").onclick = () => setTheme(document.documentElement.dataset.theme === "day" ? "night" : "day");
byId("unlock").onclick = () => ringer.unlock().then(renderStatus);
for (const tab of document.querySelectorAll(".tabs button")) {
  tab.onclick = () => showView(tab.dataset.view);
}
// Not on pointerdown: the banner goes then, and the button under the pointer moves away.
for (const gesture of ["click", "keydown"]) {
  document.addEventListener(gesture, () => ringer.unlock().then(renderStatus), { once: true });
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}

setTheme(localStorage.getItem("theme") ?? "night");
setInterval(() => {
  refreshTimes();
  byId("clock").textContent = time(now());
}, 1000);
addEventListener("beforeunload", (event) => {
  if (state.call && ["ready", "bridged"].includes(state.call.state)) event.preventDefault();
});
render();
