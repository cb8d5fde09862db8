/** The caller's page: one call at a time over /v1/voice. */

import { CallAudio } from "/shared/audio.js";

const $ = (id) => document.getElementById(id);
const REASONS = {
  completed: "通话已结束，感谢您的来电。",
  caller_hung_up: "您已挂断。",
  agent_hung_up: "值班人员已结束通话。",
  not_ready: "服务正在准备，请稍后再拨；紧急情况请直接拨打 119、120 或 110。",
  silence: "长时间没有声音，通话已结束。",
  busy: "线路全忙，请稍后再拨；紧急情况请直接拨打 119、120 或 110。",
  lost: "网络断了。如果情况紧急请马上重拨；您说过的内容已经登记。",
  gateway_stopped: "服务正在重启，请马上重拨。",
};
const ALARMS = {
  elevator_trapped: "电梯困人", fire: "火灾", gas_leak: "燃气泄漏", burst_pipe: "水管爆裂",
  electric_hazard: "漏电触电", medical: "医疗急救", violence_intrusion: "暴力或闯入",
  falling_object: "高空坠物", flood: "大面积进水",
};

let call = null;

class Call {
  constructor(number) {
    this.number = number;
    this.reason = "lost";
    this.interim = null;
    // The bot may be sent a little ahead of real time; nothing of it is dropped.
    this.audio = new CallAudio({
      onFrame: (frame) => this.sendBinary(frame),
      onLevel: ({ heard, spoken }) => {
        $("heard").value = heard;
        $("spoken").value = spoken;
      },
      jitterMs: 60,
      maxMs: 1000,
    });
  }

  async open() {
    const { capturing, problem } = await this.audio.start();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/v1/voice`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.send({ type: "start", caller: this.number, sample_rate: 16000, channel: "web" });
      this.startedAt = Date.now();
    };
    this.socket.onmessage = ({ data }) =>
      data instanceof ArrayBuffer ? this.audio.play(data) : this.handle(JSON.parse(data));
    this.socket.onclose = () => this.close();
    state(capturing ? "通话中，请讲。" : `${problem}。可以在下面打字。`);
    if (!capturing) $("words").focus();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  sendBinary(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  handle(message) {
    switch (message.type) {
      case "clear":
        return this.audio.flush();
      case "bridged":
        state("已接通值班人员，请讲。");
        return line("note", "已接通值班人员");
      case "event":
        return this.showEvent(message);
      case "error":
        return line("note", message.message);
      case "ended":
        this.reason = message.reason;
    }
  }

  showEvent({ name, data }) {
    if (name === "caller.interim") {
      this.interim ??= line("me interim", "");
      this.interim.textContent = data.text;
    } else if (name === "caller.turn") {
      this.interim?.remove();
      this.interim = null;
      if (data.text) line("me", data.text);
    } else if (name === "bot.said") line("bot", data.text);
    else if (name === "agent.turn") line("agent", data.text);
    else if (name === "emergency.detected") {
      line("alarm", `${ALARMS[data.kind] ?? "紧急情况"}：正在为您转接值班人员，请不要挂断`);
    } else if (name === "handoff.offered") state("正在呼叫值班人员…");
  }

  say(text) {
    this.send({ type: "say", text });
  }

  hangUp() {
    this.reason = "caller_hung_up";
    this.send({ type: "hangup" });
    this.socket?.close();
  }

  async close() {
    if (call !== this) return;
    call = null;
    await this.audio.stop();
    show(false);
    state(REASONS[this.reason] ?? "通话已结束。");
    line("note", REASONS[this.reason] ?? "通话已结束。");
  }
}

function line(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  $("lines").append(item);
  $("lines").scrollTop = $("lines").scrollHeight;
  return item;
}

function state(text) {
  $("state").textContent = text;
}

function show(calling) {
  $("call").hidden = calling;
  $("number").disabled = calling;
  for (const id of ["hangup", "mute", "meters"]) $(id).hidden = !calling;
  for (const id of ["words", "send"]) $(id).disabled = !calling;
  $("mute").setAttribute("aria-pressed", "false");
}

async function dial() {
  if (call) return;
  $("lines").replaceChildren();
  call = new Call($("number").value.trim());
  show(true);
  state("正在接通…");
  try {
    await call.open();
  } catch (error) {
    state(`没有拨通：${error.message}`);
    call = null;
    show(false);
  }
}

$("call").addEventListener("click", dial);
$("number").addEventListener("keydown", (event) => event.key === "Enter" && dial());
$("hangup").addEventListener("click", () => call?.hangUp());
$("mute").addEventListener("click", () => {
  const muted = $("mute").getAttribute("aria-pressed") !== "true";
  $("mute").setAttribute("aria-pressed", String(muted));
  call?.audio.setMuted(muted);
});
$("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("words").value.trim();
  if (!text || !call) return;
  call.say(text);
  $("words").value = "";
});
setInterval(() => {
  if (!call?.startedAt) return;
  const seconds = Math.floor((Date.now() - call.startedAt) / 1000);
  const two = (n) => String(n).padStart(2, "0");
  $("clock").textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}, 500);
