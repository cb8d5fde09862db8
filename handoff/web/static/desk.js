// The agent's page: takes what the desk sends, draws, and gives the keyboard its meaning.

import { get } from "./api.js";
import { pressKey } from "./bar.js";
import { refreshTimes } from "./card.js";
import { tickNumber } from "./checklist.js";
import { byId, toast, update } from "./dom.js";
import { noteRefusal } from "./floor.js";
import { listen } from "./keys.js";
import { Link } from "./link.js";
import { lists, sorted } from "./lists.js";
import { offerPhones } from "./phones.js";
import { decline, keepCall, press } from "./presses.js";
import { Reminders } from "./reminders.js";
import { Ringer } from "./ring.js";
import { refuseRing, soundFor, takeRing } from "./ringing.js";
import { changed, concerns, focus, isLive, isMine, leads, me, onChange, ringing, showView, sopOf, state } from "./state.js";
import { StatusBar } from "./status.js";
import { rememberTheme } from "./theme.js";
import { Transcript } from "./transcript.js";
import { entries, now, setClock, time, word } from "./words.js";
import { Work } from "./work.js";

const ringer = new Ringer();
const reminders = new Reminders((title, body) => {
  ringer.chime(title, body);
  toast(title, "warn");
  changed();
});
const work = new Work(reminders);
const transcript = new Transcript(byId("talk"), (words) => {
  state.heard.set(transcript.callId, words);
  changed();
});
const link = new Link(take, (online) => {
  byId("offline").hidden = online;
});
const status = new StatusBar(link, ringer);
rememberTheme(byId("theme"));
offerPhones();

byId("role").textContent = word("roles", me.role);
byId("wallboard").hidden = !leads;

function take(message) {
  switch (message.type) {
    case "hello":
      state.status = message.status;
      state.invitations = [];
      break;
    case "board":
      setClock(message.now);
      state.handoffs = new Map(message.handoffs.map((handoff) => [handoff.id, handoff]));
      state.agents = message.agents;
      loadRecent();
      break;
    case "handoff": {
      const { handoff } = message;
      const before = state.handoffs.get(handoff.id);
      noteRefusal(before, handoff);
      state.handoffs.set(handoff.id, handoff);
      if (!concerns(before) && !concerns(handoff)) return void drawSoon(true);
      break;
    }
    case "handoff_closed":
      state.handoffs.delete(message.id);
      loadRecent();
      break;
    case "agents":
      state.agents = message.agents;
      state.status = message.agents.find((agent) => agent.id === me.id)?.status ?? state.status;
      break;
    case "invitations":
      state.invitations = message.invitations;
      break;
    case "reminders":
      reminders.take(message.reminders);
      break;
    case "alive":
      setClock(message.now);
      return;
    case "event":
      transcript.add(message.event);
      if (message.event.name === "survey.ended") loadRecent();
      return;
    case "error":
      toast(message.message, "error");
      return;
  }
  changed();
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

function render() {
  keepCall();
  const shown = focus();
  status.render();
  work.render(shown);
  soundFor(ringer);
  renderTalk(shown && isLive(shown) ? shown : (ringing() ?? shown));
  drawSoon(false);
}

function renderTalk(shown) {
  if (state.history && !shown) {
    transcript.show(state.history.call_id, state.history.title);
    link.watch(state.history.live ? state.history.call_id : "");
  } else if (shown) {
    state.history = null;
    transcript.show(shown.call_id, shown.title);
    link.watch(shown.call_id);
  } else {
    link.watch("");
    transcript.show("", "");
  }
}

// With fifty callers waiting the lists are long and changes come in bursts: what is not this
// person's own is drawn once for all of a burst, and never before what rings.
const SOON = 100;
let drawTimer;
let everything = false;
function drawSoon(all) {
  everything ||= all;
  drawTimer ??= setTimeout(() => {
    drawTimer = undefined;
    if (everything) render();
    everything = false;
    renderLists();
  }, SOON);
}

function renderLists() {
  const { waiting, back } = sorted();
  byId("count").textContent = waiting.length + back.length + reminders.overdue.length || "";
  const [overdue, coming] = [reminders.items(reminders.overdue), reminders.items(reminders.coming)];
  update(byId("lists"), lists({ overdue, coming, onSelect: select, onHistory: openHistory }));
}

function select(id) {
  state.selected = id;
  state.history = null;
  showView("work");
  changed();
}

async function openHistory(item) {
  if (!item.call_id) return;
  const call = await press(() => get(`/api/calls/${item.call_id}`));
  if (!call) return;
  state.selected = "";
  state.history = { call_id: item.call_id, title: item.ticket_number ?? item.number };
  showView("talk");
  changed();
  call.events.forEach((event) => transcript.add(event));
}

function pressNumber(pressed) {
  const ring = ringing();
  const shown = focus();
  if (ring && state.asking) {
    const reason = entries("decline_reasons")[Number(pressed) - 1];
    return reason ? void decline(ring, reason[0]) : false;
  }
  return shown && isMine(shown) ? void tickNumber(sopOf(shown), shown, Number(pressed)) : false;
}

const control = (keys, text) => ({ keys, text, press: () => pressKey(focus(), keys) });

listen([
  { keys: "A", text: "接听、加入", press: takeRing },
  { keys: "D", text: "拒接、不方便", press: refuseRing },
  control("A", "接听选中的来电"),
  control("M", "静音、取消静音"),
  control("K", "保持、恢复"),
  control("C", "请教同事"),
  control("W", "三方通话"),
  control("T", "转接、交给同事"),
  control("S", "跳过播报，立即接通"),
  control("Shift+H", "挂断、退出通话"),
  { keys: "1–9", text: "勾选处置步骤、选拒接原因", press: pressNumber },
  { keys: "R", text: "换状态：就绪、离开、请勿打扰", press: () => status.next() },
]);

for (const tab of document.querySelectorAll(".tabs button")) {
  tab.onclick = () => showView(tab.dataset.view);
}
setInterval(() => {
  refreshTimes();
  reminders.tick();
  byId("clock").textContent = time(now());
}, 1000);
addEventListener("beforeunload", (event) => {
  if (state.call && ["ready", "bridged"].includes(state.call.state)) event.preventDefault();
});
onChange(render);
changed();
