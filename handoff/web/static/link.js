// The desk's WebSocket: always there again after a break, with growing pauses.

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;
const SIGNED_OUT = 4401;

export class Link {
  /**
   * @param {(message: object) => void} onMessage
   * @param {(online: boolean) => void} onOnline
   */
  constructor(onMessage, onOnline) {
    this.onMessage = onMessage;
    this.onOnline = onOnline;
    this.pause = FIRST_PAUSE;
    this.watched = "";
    addEventListener("online", () => this.#again());
    this.#open();
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Follow one call's events (again after every reconnection); "" for none. */
  watch(callId) {
    if (callId === this.watched) return;
    this.watched = callId;
    this.send({ type: "watch", call_id: callId });
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.onOnline(true);
      if (this.watched) this.send({ type: "watch", call_id: this.watched });
    };
    this.socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "watch_lost") this.send({ type: "watch", call_id: this.watched });
      else this.onMessage(message);
    };
    this.socket.onclose = ({ code }) => {
      this.onOnline(false);
      if (code === SIGNED_OUT) location.assign("/login");
      // A sign-in that ran out refuses the socket: the next plain request finds that out.
      else this.timer = setTimeout(() => this.#again(), this.pause * (0.7 + Math.random() * 0.6));
      this.pause = Math.min(this.pause * 1.8, LONGEST_PAUSE);
    };
  }

  #again() {
    clearTimeout(this.timer);
    if (this.socket.readyState !== WebSocket.CLOSED) return;
    fetch("/api/boot", { credentials: "same-origin" })
      .then((answer) => (answer.status === 401 ? location.assign("/login") : this.#open()))
      .catch(() => {
        this.timer = setTimeout(() => this.#again(), this.pause);
        this.pause = Math.min(this.pause * 1.8, LONGEST_PAUSE);
      });
  }
}
