// The ring: emergencies sound like nothing else, and are noticed from a background tab.

const PATTERNS = {
  // [Hz, start s, length s] within one period
  emergency: { period: 1.2, gain: 0.5, tones: [[960, 0, 0.18], [1280, 0.2, 0.18], [960, 0.4, 0.18], [1280, 0.6, 0.18]] },
  request: { period: 2.6, gain: 0.22, tones: [[660, 0, 0.35], [550, 0.4, 0.45]] },
};

export class Ringer {
  constructor() {
    this.kind = "";
    this.title = document.title;
  }

  /** Must run inside a click or key press once after loading. */
  async unlock() {
    this.context ??= new AudioContext();
    await this.context.resume();
    if ("Notification" in window && Notification.permission === "default") {
      await Notification.requestPermission();
    }
  }

  get locked() {
    return this.context?.state !== "running";
  }

  /** @param {"emergency"|"request"} kind @param {string} title @param {string} body */
  start(kind, title, body) {
    if (this.kind === kind && this.subject === title + body) return;
    this.stop();
    this.kind = kind;
    this.subject = title + body;
    this.startedAt = performance.now();
    this.#sound();
    this.timer = setInterval(() => this.#sound(), PATTERNS[kind].period * 1000);
    let shown = false;
    this.blink = setInterval(() => {
      shown = !shown;
      document.title = shown ? `☎ ${title}` : this.title;
    }, 700);
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      this.notice = new Notification(title, { body, requireInteraction: true, tag: "zhiban-ring" });
      this.notice.onclick = () => window.focus();
    }
  }

  stop() {
    clearInterval(this.timer);
    clearInterval(this.blink);
    this.notice?.close();
    this.master?.disconnect();
    this.notice = this.master = undefined;
    this.kind = "";
    document.title = this.title;
  }

  #sound() {
    if (this.locked) return;
    const { context } = this;
    const pattern = PATTERNS[this.kind];
    this.master?.disconnect();
    this.master = context.createGain();
    this.master.gain.value = pattern.gain;
    this.master.connect(context.destination);
    for (const [frequency, start, length] of pattern.tones) {
      const tone = context.createOscillator();
      const shape = context.createGain();
      const from = context.currentTime + 0.02 + start;
      tone.type = this.kind === "emergency" ? "square" : "sine";
      tone.frequency.value = frequency;
      shape.gain.setValueAtTime(0, from);
      shape.gain.linearRampToValueAtTime(1, from + 0.015);
      shape.gain.setValueAtTime(1, from + length - 0.03);
      shape.gain.linearRampToValueAtTime(0, from + length);
      tone.connect(shape).connect(this.master);
      tone.start(from);
      tone.stop(from + length + 0.01);
    }
  }
}
