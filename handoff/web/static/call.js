// One call's audio between this browser and the gateway that holds the caller.

import { CallAudio } from "/shared/audio.js";

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 3000;
const LINE_BROKE = "agent_gone"; // our line, not the call: the closed socket makes us join again

export class Call {
  /**
   * @param {string} id handoff
   * @param {object} options
   * @param {(call: Call) => void} options.onChange
   * @param {() => Promise<{bridge_url: string}>} options.join asks the desk for a fresh address
   * @param {boolean} [options.capture] false for who only listens
   */
  constructor(id, { onChange, join, capture = true }) {
    this.id = id;
    this.onChange = onChange;
    this.join = join;
    this.over = new Promise((resolve) => (this.finish = resolve));
    this.state = "connecting"; // connecting, ready, bridged, lost, ended
    this.problem = "";
    this.muted = false;
    this.level = { heard: 0, spoken: 0 };
    this.pause = FIRST_PAUSE;
    this.audio = new CallAudio({
      onFrame: (frame) => {
        if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
      },
      onLevel: (level) => {
        this.level = level;
        document.documentElement.style.setProperty("--heard", Math.min(1, level.heard * 4));
        document.documentElement.style.setProperty("--spoken", Math.min(1, level.spoken * 4));
      },
    });
    this.opened = this.audio.start({ capture }).then(({ problem }) => this.#set(this.state, problem));
  }

  /** @param {string} url with its one-use token */
  connect(url) {
    if (this.state === "ended") return;
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.audio.play(data);
      else this.#hear(JSON.parse(data));
    };
    socket.onclose = () => {
      if (this.state === "ended" || this.socket !== socket) return;
      this.#set("lost", this.problem);
      this.timer = setTimeout(() => this.rejoin(), this.pause);
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    };
  }

  /** Join again with a fresh token; keeps trying until the case is over or no longer ours. */
  async rejoin() {
    try {
      this.connect((await this.join()).bridge_url);
    } catch (error) {
      if (error.status === 0 || error.status >= 500) {
        this.timer = setTimeout(() => this.rejoin(), this.pause);
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
      } else this.end("over");
    }
  }

  setMuted(muted) {
    this.muted = muted;
    this.audio.setMuted(muted);
    this.onChange(this);
  }

  /** Close the line on this side; safe to repeat. */
  end(reason) {
    if (this.state === "ended") return;
    clearTimeout(this.timer);
    this.reason = reason;
    this.#set("ended", "");
    this.finish();
    this.socket?.close();
    this.opened.finally(() => this.audio.stop());
  }

  #hear(message) {
    if (message.type === "ready") this.#set("ready", this.problem);
    else if (message.type === "bridged") {
      this.pause = FIRST_PAUSE;
      this.#set("bridged", this.problem);
    } else if (message.type === "ended" && message.reason !== LINE_BROKE) this.end(message.reason);
  }

  #set(state, problem) {
    if (this.state === "ended") return;
    this.state = state;
    this.problem = problem;
    this.onChange(this);
  }
}
