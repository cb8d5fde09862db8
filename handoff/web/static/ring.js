// The ring: every kind sounds like nothing else, and is noticed from a background tab.
//
// One period of the pattern is rendered once and looped by the audio engine: a background tab's
// timers may run once a minute, its sound goes on.

import { PATTERNS, pattern } from "./tones.js";

const IN_CALL = 0.25; // how much of the loudness is left while somebody is speaking in the ear

export class Ringer {
  constructor() {
    this.kind = "";
    this.title = document.title;
  }

  /** Must run inside a click or key press once after loading. */
  async unlock() {
    this.context ??= new AudioContext();
    await this.context.resume();
    this.#sound();
  }

  /** Ask for desktop notices; only from a press on something that says so. */
  async allowNotices() {
    if (this.asksForNotices) await Notification.requestPermission();
  }

  get locked() {
    return this.context?.state !== "running";
  }

  get asksForNotices() {
    return "Notification" in window && Notification.permission === "default";
  }

  /**
   * @param {"emergency"|"request"|"invitation"} kind
   * @param {string} title @param {string} body
   * @param {{inCall?: boolean}} [options] softer while the agent is talking
   */
  start(kind, title, body, { inCall = false } = {}) {
    if (this.kind === kind && this.subject === title + body) return;
    this.stop();
    this.kind = kind;
    this.subject = title + body;
    this.loudness = inCall ? IN_CALL : 1;
    this.startedAt = performance.now();
    this.#sound();
    let shown = false;
    this.blink = setInterval(() => {
      shown = !shown;
      document.title = shown ? `☎ ${title}` : this.title;
    }, 700);
    document.title = `☎ ${title}`;
    this.notice = notify(title, body, "zhiban-ring", { requireInteraction: true });
  }

  stop() {
    clearInterval(this.blink);
    this.notice?.close();
    this.source?.stop();
    this.notice = this.source = undefined;
    this.kind = "";
    document.title = this.title;
  }

  /** One short sign that does not repeat: a reminder is due. */
  chime(title, body) {
    if (!this.locked) this.#play("reminder", false);
    notify(title, body, "zhiban-reminder");
  }

  #sound() {
    if (this.locked || !this.kind || this.source) return;
    this.source = this.#play(this.kind, true);
  }

  #play(kind, loop) {
    const { context } = this;
    const source = context.createBufferSource();
    const volume = context.createGain();
    source.buffer = pattern(context, kind);
    source.loop = loop;
    volume.gain.value = PATTERNS[kind].gain * (this.loudness ?? 1);
    source.connect(volume).connect(context.destination);
    source.start();
    return source;
  }
}

/** Show a desktop notice to somebody who is looking elsewhere. */
function notify(title, body, tag, options = {}) {
  const elsewhere = document.hidden || !document.hasFocus();
  if (!elsewhere || !("Notification" in window) || Notification.permission !== "granted") return undefined;
  const notice = new Notification(title, { body, tag, lang: "zh-CN", renotify: true, ...options });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
  return notice;
}
