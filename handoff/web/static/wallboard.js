// The leaders' page: what goes on now and today; listen in, coach or join a call from here.

import { deadline, refreshTimes, severity, timer } from "./card.js";
import { byId, h, update } from "./dom.js";
import { listen, withdraw } from "./floor.js";
import { Link } from "./link.js";
import { inCall, toggleMute } from "./presses.js";
import { can, changed, onChange, state } from "./state.js";
import { rememberTheme } from "./theme.js";
import { LEVELS, elapsed, minutes, now, setClock, time, where, word } from "./words.js";

const MODES = { listen: "监听", coach: "耳语指导", join: "加入通话" };
const LONG_WAIT = 30; // s; an emergency is to be answered before (ring times of the chain)

let board = null;
let mode = "";

new Link(take, (online) => {
  byId("offline").hidden = online;
}, "/ws/wallboard");
rememberTheme(byId("theme"));
onChange(render);
setInterval(() => {
  refreshTimes();
  byId("clock").textContent = time(now());
}, 1000);

function take(message) {
  if (message.type !== "wallboard") return;
  setClock(message.now);
  board = message;
  changed();
}

function render() {
  if (!board) return;
  update(byId("figures"), figures(board));
  update(byId("queue"), [...board.callbacks.map(callback), ...board.queue.map(waiting)]);
  update(byId("calls"), board.calls.map(call));
  update(byId("agents"), board.agents.map(agent));
  for (const [id, text] of [["queue", "没有人在等"], ["calls", "没有通话"], ["agents", "没有人在线"]]) {
    if (!byId(id).firstChild) byId(id).append(h("li", { class: "empty" }, text));
  }
  update(byId("ear"), listening());
}

function figures({ queue, calls, agents, today, oldest_wait_since: oldest }) {
  const late = oldest && (now() - Date.parse(oldest)) / 1000 > LONG_WAIT;
  const ready = agents.filter((one) => one.doing === "ready").length;
  return [
    figure("排队", String(queue.length), queue.length > 0 ? "warn" : ""),
    figure("最久等待", oldest ? h("span", { "data-since": oldest }, elapsed(oldest)) : "—", late ? "danger" : ""),
    figure("通话中", String(calls.length)),
    figure("就绪坐席", `${ready}/${agents.length}`, ready === 0 ? "danger" : ""),
    figure("待回拨", String(today.callbacks_open), today.callbacks_open > 0 ? "danger" : ""),
    figure("今日来电", String(today.calls)),
    figure("今日紧急", String(today.emergencies)),
    figure("转人工 / 接起", `${today.handoffs} / ${today.answered}`),
    figure("等待中位数", today.median_wait_seconds === null ? "—" : minutes(today.median_wait_seconds)),
    figure("满意度 / 评价", today.satisfaction === null ? "—" : `${today.satisfaction} / ${today.surveyed}`),
    figure("未接先挂", String(today.abandoned), today.abandoned > 0 ? "warn" : ""),
  ];
}

function figure(name, value, kind = "") {
  return h("div", { class: `figure ${kind}`, "data-key": name }, h("dt", {}, name), h("dd", { class: "digits" }, value));
}

function row(one, clock, state, kind = "", ...buttons) {
  return h(
    "li",
    { class: `row ${severity(one)} ${kind}`, "data-key": one.handoff_id ?? one.call_id },
    h("b", { class: "what" }, one.title, one.priority === 0 && h("span", { class: "level" }, LEVELS[one.level] ?? "")),
    h("span", { class: "where" }, where(one.place) || one.caller || "地点未知"),
    h("span", { class: "soft state" }, state),
    h("span", { class: "clock" }, clock),
    buttons.length > 0 && h("span", { class: "buttons", role: "group", "aria-label": one.title }, buttons),
  );
}

const waiting = (one) =>
  row(one, timer(one.created_at), [word("states", one.state), one.stage_label, one.agent_name].filter(Boolean).join(" · "), one.alarm ? "alarm" : "");

const callback = (one) =>
  row(one, one.due_at ? deadline(one.due_at) : timer(one.created_at), [word("states", one.state), one.agent_name].filter(Boolean).join(" · "), "alarm");

function call(one) {
  const talking = one.state === "bridged" || one.state === "briefing" || one.state === "accepted";
  const others = (one.participants ?? []).filter((x) => x.part !== "owner").map((x) => `${word("parts", x.part)} ${x.name}`);
  const text = one.state === "bot" ? "" : [one.on_hold_since ? "保持中" : word("states", one.state), one.agent_name, ...others].filter(Boolean).join(" · ");
  const buttons = one.state === "bridged" && can("listen") ? modes(one) : [];
  return row(one, timer((talking && one.accepted_at) || one.started_at), text, talking ? "talking" : "", ...buttons);
}

function modes(one) {
  const here = inCall() && state.call.id === one.handoff_id;
  return Object.entries(MODES).map(([name, text]) =>
    h(
      "button",
      {
        type: "button",
        "data-key": name,
        "aria-pressed": String(here && mode === name),
        onclick: () => {
          mode = name;
          listen(one.handoff_id, name);
        },
      },
      text,
    ),
  );
}

function agent(one) {
  return h(
    "li",
    { class: `person ${one.doing}`, "data-key": one.id },
    h("b", {}, one.name),
    h("span", { class: "soft" }, word("roles", one.role)),
    h("span", { class: "state" }, word("presence", one.doing)),
    one.doing === "ready" && h("span", { class: "soft idle" }, "空闲 ", timer(one.idle_since)),
  );
}

/** The strip while this person is in somebody's call. */
function listening() {
  if (!inCall()) return [];
  const { call: line } = state;
  const one = board.calls.find((x) => x.handoff_id === line.id);
  const texts = { listen: "双方都听不到您", coach: "只有坐席听得到您", join: "双方都听得到您" };
  return [
    h("b", {}, `${MODES[mode] ?? "通话"}：${one?.agent_name ?? ""} ${one?.title ?? ""}`),
    h("span", {}, line.state === "bridged" || line.state === "ready" ? (line.muted ? "已静音" : texts[mode]) : "正在接入语音……"),
    line.problem && h("span", { class: "error" }, line.problem),
    mode !== "listen" && h("button", { type: "button", "data-key": "mute", "aria-pressed": String(line.muted), onclick: toggleMute }, line.muted ? "取消静音" : "静音"),
    h("button", { type: "button", "data-key": "leave", class: "danger", onclick: () => withdraw(line.id) }, "退出"),
  ];
}
