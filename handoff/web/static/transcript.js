// The running transcript of a call.

import { h } from "./dom.js";
import { agentName } from "./state.js";
import { time, word } from "./words.js";

const SPEAKERS = { "caller.turn": "业主", "bot.said": "机器人", "agent.turn": "坐席" };

export class Transcript {
  /** @param {HTMLElement} place @param {(text: string) => void} onWords newest caller's words */
  constructor(place, onWords) {
    this.place = place;
    this.onWords = onWords;
    this.heading = h("h2", {}, "对话记录");
    this.rows = h("ol", { role: "log", "aria-live": "polite", tabindex: "0" });
    this.interim = h("li", { class: "row caller interim", hidden: true }, h("p", { class: "said" }));
    this.place.append(this.heading, this.rows);
    this.show("", "");
  }

  /** Begin another call's transcript. */
  show(callId, title) {
    if (callId === this.callId) return;
    this.callId = callId;
    this.seen = new Set();
    this.heading.replaceChildren("对话记录", title ? h("span", { class: "soft" }, ` ${title}`) : "");
    this.rows.replaceChildren(
      h("li", { class: "empty" }, callId ? "等待通话内容" : "接听或选中一通来电后，这里逐句显示双方对话"),
      this.interim,
    );
    this.interim.hidden = true;
  }

  /** @param {{call_id: string, seq: number, at: string, name: string, data: object}} event */
  add(event) {
    if (event.call_id !== this.callId || (event.seq && this.seen.has(event.seq))) return;
    this.seen.add(event.seq);
    const atEnd = this.rows.scrollHeight - this.rows.scrollTop - this.rows.clientHeight < 60;
    if (event.name === "caller.interim") this.#interim(event.data.text ?? "");
    else this.#row(event);
    if (atEnd) this.rows.scrollTop = this.rows.scrollHeight;
  }

  #interim(text) {
    this.interim.hidden = !text;
    this.interim.firstChild.textContent = text;
    if (text) this.#filled();
  }

  #row(event) {
    const { name, data, at } = event;
    let row;
    if (name in SPEAKERS) {
      if (!data.text) return;
      row = h(
        "li",
        { class: `row ${name.split(".")[0]}` },
        h("p", { class: "who" }, SPEAKERS[name], h("time", { class: "digits", datetime: at }, time(at))),
        h("p", { class: "said" }, data.text),
      );
      if (name === "caller.turn") {
        this.#interim("");
        this.onWords(data.text);
      }
    } else {
      const text = note(name, data);
      if (!text) return;
      row = h(
        "li",
        { class: name === "emergency.detected" ? "note alarm" : "note" },
        h("time", { class: "digits", datetime: at }, time(at)),
        ` ${text}`,
      );
    }
    this.#filled();
    this.interim.before(row);
  }

  #filled() {
    this.rows.querySelector(".empty")?.remove();
  }
}

function survey({ outcome, solved, grade, reason }) {
  const said = solved === null ? "" : solved ? "已解决" : "未解决";
  return [word("survey_outcomes", outcome), said, word("grades", grade), reason].filter(Boolean).join("，");
}

function note(name, data) {
  switch (name) {
    case "call.started":
      return ["callback", "survey"].includes(data.channel) ? "业主已接听" : "来电接入";
    case "emergency.detected":
      return `识别到紧急情况：${word("kinds", data.kind)}`;
    case "ticket.filed":
      return `已建工单 ${data.number}`;
    case "ticket.updated":
      return data.by === "bot" ? "" : `工单：${data.what}`;
    case "handoff.offered":
      return "正在呼叫坐席";
    case "handoff.accepted":
      return "坐席已接听";
    case "handoff.declined":
      return "坐席拒接，找下一位";
    case "handoff.timed_out":
      return "坐席未接，找下一位";
    case "handoff.escalated":
      return data.reason === "no_agent" && data.stage === 0 && data.round > 0
        ? `无人可接，第 ${data.round + 1} 轮继续呼叫`
        : `升级到${data.label}`;
    case "handoff.bridged":
      return "坐席已接通业主";
    case "handoff.transferred":
      return `已转给${agentName(data.to_agent ?? data.wanted_agent ?? "") || "其他坐席"}`;
    case "handoff.held":
      return "业主在听音乐等待";
    case "handoff.resumed":
      return "恢复通话";
    case "handoff.joined":
      return `${agentName(data.agent_id)}加入：${word("parts", data.mode)}`;
    case "handoff.left":
      return `${agentName(data.agent_id)}${data.reason === "declined" ? "不方便加入" : data.reason === "cancelled" ? "的呼叫已取消" : "退出"}`;
    case "reminder.due":
      return `到时提醒：${data.label}`;
    case "reminder.done":
      return `已反馈：${data.label}（${[data.name, data.note].filter(Boolean).join("：")}）`;
    case "handoff.returned":
      return "已转回机器人";
    case "handoff.failed":
      return word("states", data.state);
    case "handoff.closed":
      return "已办结";
    case "handoff.whispered":
      return data.leg ? "电话已接，等待按键" : "";
    case "callback.dialling":
      return `正在回拨 ${data.to}`;
    case "callback.ended":
      return `回拨：${word("callback_outcomes", data.outcome)}`;
    case "survey.dialling":
      return `机器人正在拨打 ${data.to}`;
    case "survey.ended":
      return `满意度回访：${survey(data)}`;
    case "dtmf":
      return `业主按键 ${data.digit ?? ""}`;
    case "call.ended":
      return "通话结束";
    default:
      return "";
  }
}
