// The desk's WebSocket: always there again after a break, with growing pauses.

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;
const SIGNED_OUT = 4401;
const SILENCE = 12_000; // the desk says something every few seconds; longer means a dead network

export class Link {
  /**
   * @param {(message: object) => void} onMessage
   * @param {(online: boolean) => void} onOnline
   * @param {string} [path] "/ws": being there makes this person present at the desk
   */
  constructor(onMessage, onOnline, path = "/ws") {
    this.path = path;
    this.onMessage = onMessage;
    this.onOnline = onOnline;
    this.pause = FIRST_PAUSE;
    this.watched = "";
    addEventListener("online", () => this.#again());
    this.pulse = new Worker("/static/pulse.js");
    this.pulse.onmessage = () => this.#check();
    this.#open();
  }

  /** @returns {boolean} whether there was a desk to send it to */
  send(message) {
    const open = this.socket.readyState === WebSocket.OPEN;
    if (open) this.socket.send(JSON.stringify(message));
    return open;
  }

  /** Follow one call's events (again after every reconnection); "" for none. */
  watch(callId) {
    if (callId === this.watched) return;
    this.watched = callId;
    this.send({ type: "watch", call_id: callId });
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    this.heardAt = performance.now();
    this.socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.onOnline(true);
      if (this.watched) this.send({ type: "watch", call_id: this.watched });
    };
    this.socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      this.heardAt = performance.now();
      if (message.type === "watch_lost") this.send({ type: "watch", call_id: this.watched });
      else this.onMessage(message);
    };
    this.socket.onclose = ({ code }) => this.#lost(code);
  }

  #lost(code) {
    this.socket.onclose = this.socket.onmessage = null;
    this.onOnline(false);
    if (code === SIGNED_OUT) location.assign("/login");
    else this.#later();
  }

  #check() {
    if (this.dueAt && performance.now() >= this.dueAt) this.#again();
    const silent = performance.now() - this.heardAt > SILENCE;
    if (!silent || this.socket.readyState === WebSocket.CLOSED || !this.socket.onclose) return;
    this.socket.close(); // over a dead network this takes long to complete: do not wait for it
    this.#lost(0);
  }

  #later() {
    const pause = this.pause * (0.7 + Math.random() * 0.6);
    this.dueAt = performance.now() + pause;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#again(), pause); // the pulse, where timers sleep
    this.pause = Math.min(this.pause * 1.8, LONGEST_PAUSE);
  }

  #again() {
    if (this.socket.onclose || this.trying) return; // there is one, or one is being made
    clearTimeout(this.timer);
    this.dueAt = 0;
    this.trying = true;
    // A sign-in that ran out refuses the socket without a reason: a plain request tells.
    fetch("/api/boot", { credentials: "same-origin" })
      .then((answer) => (answer.status === 401 ? location.assign("/login") : this.#open()))
      .catch(() => this.#later())
      .finally(() => (this.trying = false));
  }
}
