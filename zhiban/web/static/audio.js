/**
 * Call audio for a page: microphone out, far side in.
 *
 *   const audio = new CallAudio({ onFrame: (buffer) => socket.send(buffer) });
 *   const { capturing, problem } = await audio.start();   // inside a click or key press
 *   socket.onmessage = ({ data }) => data instanceof ArrayBuffer && audio.play(data);
 *   audio.setMuted(true); audio.flush(); audio.stats(); await audio.stop();
 *
 * Frames both ways: mono, 16 kHz, signed 16-bit little-endian, 20 ms = 320 samples = 640 bytes.
 * Works at any rate the sound card has; needs a secure page (https or localhost) to capture.
 */

const RATE = 16_000;
const FRAME_MS = 20;
const here = (name) => new URL(name, import.meta.url);

const PROBLEMS = {
  NotAllowedError: "浏览器没有麦克风权限，请在地址栏旁允许使用麦克风",
  NotFoundError: "没有找到麦克风，请接好耳麦",
  NotReadableError: "麦克风被其他程序占用",
  SecurityError: "此页面不安全（需要 https 或本机地址），浏览器不允许使用麦克风",
};

export class CallAudio {
  /**
   * @param {object} options
   * @param {(frame: ArrayBuffer) => void} [options.onFrame] gets every captured frame
   * @param {(levels: {heard: number, spoken: number}) => void} [options.onLevel] RMS, 0 to 1,
   *     about seven times a second
   * @param {number} [options.jitterMs] sound gathered before it is played
   * @param {number} [options.maxMs] more than this waiting is dropped; give a long value where
   *     the far side may send faster than real time
   */
  constructor({ onFrame = () => {}, onLevel = () => {}, jitterMs = 60, maxMs = 400 } = {}) {
    this.onFrame = onFrame;
    this.onLevel = onLevel;
    this.jitterMs = jitterMs;
    this.maxMs = maxMs;
    this.muted = false;
    this.spoken = 0;
    this.early = [];
    this.stopped = false;
    this.counters = { sent: 0, received: 0, level: 0, queuedMs: 0, underruns: 0, droppedMs: 0 };
  }

  /**
   * Open loudspeaker and microphone. Without a microphone the far side can still be heard.
   * @param {{capture?: boolean}} [options]
   * @returns {Promise<{capturing: boolean, problem: string}>} problem: for the user, in Chinese
   */
  async start({ capture = true } = {}) {
    this.stopped = false;
    this.context = new AudioContext({ latencyHint: "interactive" });
    await this.context.audioWorklet.addModule(here("playback-worklet.js"));
    this.player = new AudioWorkletNode(this.context, "zhiban-playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: { rate: RATE, jitterMs: this.jitterMs, maxMs: this.maxMs },
    });
    this.player.port.onmessage = ({ data }) => {
      Object.assign(this.counters, data);
      this.onLevel({ heard: data.level, spoken: this.muted ? 0 : this.spoken });
    };
    this.player.connect(this.context.destination);
    for (const frame of this.early.splice(0)) this.player.port.postMessage(frame, [frame]);
    let problem = "";
    if (capture) {
      try {
        await this.#capture();
      } catch (error) {
        problem = PROBLEMS[error.name] ?? `麦克风不可用（${error.name}）`;
      }
    }
    this.#unlock();
    return { capturing: capture && !problem, problem };
  }

  /** Whether the browser still waits for a click before it lets the page make a sound. */
  get locked() {
    return this.context?.state === "suspended";
  }

  /** @param {ArrayBuffer} frame any length of 16 kHz s16le; the buffer is given away */
  play(frame) {
    if (this.stopped) return;
    this.counters.received++;
    if (this.player) this.player.port.postMessage(frame, [frame]);
    else this.#keep(frame);
  }

  /** Drop what has not been played yet (the far side was interrupted). */
  flush() {
    this.early = [];
    this.player?.port.postMessage({ type: "flush" });
  }

  /** @param {boolean} muted send silence instead of the microphone */
  setMuted(muted) {
    this.muted = muted;
    this.recorder?.port.postMessage({ type: "muted", muted });
  }

  /** @returns frames sent and received, played level (RMS), queue, underruns, dropped sound */
  stats() {
    return { ...this.counters };
  }

  /** Close microphone and loudspeaker; may be called twice. */
  async stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.player?.disconnect();
    this.recorder?.disconnect();
    this.player = this.recorder = this.stream = undefined;
    this.stopped = true;
    this.early = [];
    const context = this.context;
    this.context = undefined;
    if (context && context.state !== "closed") await context.close();
  }

  /** Hold sound that comes before the loudspeaker is open, the newest `maxMs` of it. */
  #keep(frame) {
    this.early.push(frame);
    const longest = (this.maxMs / 1000) * RATE * 2;
    let waiting = this.early.reduce((bytes, one) => bytes + one.byteLength, 0);
    while (waiting > longest && this.early.length > 1) waiting -= this.early.shift().byteLength;
  }

  #unlock() {
    // Never awaited: without a user gesture (a page reloaded in mid-call) the promise stays open.
    const resume = () => void this.context?.resume();
    resume();
    for (const gesture of ["pointerdown", "keydown"]) {
      document.addEventListener(gesture, resume, { once: true });
    }
  }

  async #capture() {
    if (!navigator.mediaDevices) throw new DOMException("insecure", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        channelCount: 1,
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
      },
    });
    if (!this.context) {
      stream.getTracks().forEach((track) => track.stop()); // stopped while the user was asked
      return;
    }
    this.stream = stream;
    await this.context.audioWorklet.addModule(here("capture-worklet.js"));
    const frameSamples = (RATE * FRAME_MS) / 1000;
    this.recorder = new AudioWorkletNode(this.context, "zhiban-capture", {
      numberOfOutputs: 1,
      processorOptions: { rate: RATE, frameSamples },
    });
    this.recorder.port.onmessage = ({ data }) => {
      this.counters.sent++;
      this.spoken = rms(data);
      this.onFrame(data);
    };
    this.recorder.port.postMessage({ type: "muted", muted: this.muted });
    this.context.createMediaStreamSource(this.stream).connect(this.recorder);
    // Some browsers only run nodes that lead somewhere; the recorder's output is silence.
    this.recorder.connect(this.context.destination);
  }
}

function rms(buffer) {
  const samples = new Int16Array(buffer);
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length) / 0x8000;
}
