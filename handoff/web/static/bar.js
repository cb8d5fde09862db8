// The bar of controls under the case: only what can be done now, and only what the desk offers.

import { h } from "./dom.js";
import { complete, hold, invite, listen, merge, skipBriefing, transfer, uninvite, withdraw } from "./floor.js";
import { callOf } from "./line.js";
import { pickPerson, pickTarget } from "./picker.js";
import { accept, callBack, claim, giveBack, hangUp, inCall, isDialling, stopDialling, toggleMute, toSurvey } from "./presses.js";
import { CALLING_BACK, UNANSWERED, can, dials, isLive, isMine, leads, me, myPart, others } from "./state.js";
import { grouped } from "./words.js";

/** @returns {{id, text, key, press, kind?, pressed?}[]} what can be done with the case shown */
export function controls(shown) {
  if (!shown) return [];
  if (isLive(shown) && isMine(shown)) return owner(shown);
  if (isLive(shown) && myPart(shown)) return guest(shown);
  if (UNANSWERED.includes(shown.state) && !shown.call_ended) {
    return [{ id: "pick", text: "接听这通", key: "A", kind: "good", press: () => accept(shown), off: inCall() }];
  }
  if (CALLING_BACK.includes(shown.state) && shown.agent_id !== me.id) {
    return [{ id: "claim", text: "我来回拨", key: "", kind: "danger", press: () => claim(shown) }];
  }
  if (CALLING_BACK.includes(shown.state) && dials && can("call_back")) {
    if (isDialling(shown)) {
      return [{ id: "stop-dialling", text: "停止回拨", key: "Shift+H", kind: "danger", press: stopDialling }];
    }
    return [{ id: "call-back", text: "电话回拨", key: "", kind: "good", press: () => callBack(shown), off: inCall() }];
  }
  if (isLive(shown) && leads && can("listen") && !inCall()) return supervisor(shown);
  return [];
}

function owner(shown) {
  const call = callOf(shown);
  const muted = Boolean(call?.muted);
  const mute = { id: "mute", text: muted ? "取消静音" : "静音", key: "M", pressed: muted, press: toggleMute };
  const end = { id: "hangup", text: "挂断", key: "Shift+H", kind: "danger", press: () => hangUp(shown) };
  if (shown.state === "briefing" && call?.state !== "bridged") {
    return offered([{ id: "skip", needs: "skip_briefing", text: "跳过播报，立即接通", key: "S", kind: "good", press: () => skipBriefing(shown) }, end]);
  }
  if (shown.state !== "bridged" && call?.state !== "bridged") return [mute, end];
  const third = others(shown).find((x) => x.part === "consult" || x.part === "third");
  const held = Boolean(shown.on_hold_since);
  const holding = { id: "hold", needs: "hold", text: held ? "恢复通话" : "保持", key: "K", pressed: held, press: () => hold(shown, !held) };
  if (third) {
    return offered([
      mute,
      third.part === "consult"
        ? { id: "merge", needs: "merge", text: "三方通话", key: "W", kind: "good", press: () => merge(shown) }
        : { id: "hold", needs: "hold", text: "单独商量", key: "K", press: () => hold(shown, true) },
      { id: "complete", needs: "complete", text: `交给${third.name}`, key: "T", press: () => complete(shown) },
      { id: "uninvite", needs: "uninvite", text: `请${third.name}退出`, key: "", press: () => uninvite(shown) },
      end,
    ]);
  }
  if (shown.invitation) {
    return offered([mute, { id: "uninvite", needs: "uninvite", text: "取消呼叫", key: "", press: () => uninvite(shown) }, end]);
  }
  return offered([
    mute,
    holding,
    { id: "consult", needs: "invite", text: "请教同事", key: "C", press: () => pickPerson("请教同事", "业主听音乐等待，先与同事单独商量", (to) => invite(shown, to, "consult")) },
    { id: "three-way", needs: "invite", text: "三方通话", key: "W", press: () => pickPerson("三方通话", "请同事加入，三个人一起说", (to) => invite(shown, to, "three_way")) },
    { id: "transfer", needs: "transfer", text: "转接", key: "T", press: () => pickTarget((to) => transfer(shown, to)) },
    { id: "return", needs: "return", text: "转回机器人", key: "", press: () => giveBack(shown) },
    { id: "survey", needs: "survey", text: "转满意度回访", key: "", press: () => toSurvey(shown) },
    end,
  ]);
}

function guest(shown) {
  const part = myPart(shown);
  const call = callOf(shown);
  const muted = Boolean(call?.muted);
  const quiet = part === "listener";
  return [
    !quiet && { id: "mute", text: muted ? "取消静音" : "静音", key: "M", pressed: muted, press: toggleMute },
    ...(part === "listener" || part === "coach" ? modes(shown, part) : []),
    { id: "leave", text: "退出通话", key: "Shift+H", kind: "danger", press: () => withdraw(shown.id) },
  ].filter(Boolean);
}

const supervisor = (shown) => modes(shown, "");

function modes(shown, part) {
  const mode = (id, text, name, own) => part !== own && { id, needs: "listen", text, key: "", press: () => listen(shown.id, name) };
  return offered([
    mode("listen", "监听", "listen", "listener"),
    mode("coach", "耳语指导", "coach", "coach"),
    mode("barge", "加入通话", "join", "third"),
  ]);
}

const offered = (list) => list.filter((one) => one && (!one.needs || can(one.needs)));

/** The controls as buttons. */
export function bar(shown) {
  const buttons = controls(shown).map(({ id, text, key, kind, pressed, off, press }) =>
    h(
      "button",
      { type: "button", id, "data-key": id, class: kind, disabled: off, "aria-pressed": pressed === undefined ? undefined : String(pressed), onclick: press },
      h("span", {}, text),
      key && h("kbd", {}, key),
    ),
  );
  const own = shown && CALLING_BACK.includes(shown.state) && shown.agent_id === me.id && shown.ticket.phone;
  if (own && !isDialling(shown)) {
    buttons.push(h("a", { class: "dial", href: `tel:${shown.ticket.phone}` }, `回拨 ${grouped(shown.ticket.phone)}`));
  }
  return buttons;
}

/** Press the control with this key, if it is there. @returns whether it was */
export function pressKey(shown, key) {
  const found = controls(shown).find((one) => one.key === key && !one.off);
  found?.press();
  return Boolean(found);
}
