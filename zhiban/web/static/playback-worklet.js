// 16 kHz signed 16-bit frames → loudspeaker, through a jitter buffer.
// Plays once `jitter` is gathered, gathers anew after running dry, and drops the oldest sound
// when a stalled network delivers everything at once, so that talk never lags behind.

import { Resampler } from "./resampler.js";

const REPORT_EVERY = 50; // blocks between level reports

class Playback extends AudioWorkletProcessor {
  constructor({ processorOptions: { rate, jitterMs, maxMs } }) {
    super();
    this.resampler = new Resampler(rate, sampleRate);
    this.jitter = (jitterMs / 1000) * sampleRate;
    this.max = (maxMs / 1000) * sampleRate;
    this.chunks = [];
    this.offset = 0;
    this.queued = 0;
    this.playing = false;
    this.underruns = 0;
    this.dropped = 0;
    this.energy = 0;
    this.blocks = 0;
    this.port.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#take(new Int16Array(data));
      else if (data.type === "flush") this.#flush();
    };
  }

  process(_inputs, outputs) {
    const output = outputs[0][0];
    if (!this.playing && this.queued >= this.jitter) this.playing = true;
    if (this.playing) this.#fill(output);
    for (const sample of output) this.energy += sample * sample;
    if (++this.blocks === REPORT_EVERY) this.#report(output.length);
    return true;
  }

  #take(pcm) {
    const floats = new Float32Array(pcm.length);
    for (let i = 0; i < pcm.length; i++) floats[i] = pcm[i] / 0x8000;
    const ready = this.resampler.process(floats);
    this.chunks.push(ready);
    this.queued += ready.length;
    if (this.queued > this.max) {
      while (this.chunks.length > 1 && this.queued > this.jitter) {
        const dropped = this.chunks.shift().length - this.offset;
        this.offset = 0;
        this.queued -= dropped;
        this.dropped += dropped;
      }
    }
  }

  #fill(output) {
    let done = 0;
    while (done < output.length && this.chunks.length > 0) {
      const chunk = this.chunks[0];
      const count = Math.min(output.length - done, chunk.length - this.offset);
      output.set(chunk.subarray(this.offset, this.offset + count), done);
      done += count;
      this.offset += count;
      this.queued -= count;
      if (this.offset === chunk.length) {
        this.chunks.shift();
        this.offset = 0;
      }
    }
    if (done < output.length) {
      this.playing = false;
      this.underruns++;
    }
  }

  #flush() {
    this.chunks = [];
    this.offset = 0;
    this.queued = 0;
    this.playing = false;
  }

  #report(length) {
    this.port.postMessage({
      level: Math.sqrt(this.energy / (REPORT_EVERY * length)),
      queuedMs: Math.round((this.queued / sampleRate) * 1000),
      underruns: this.underruns,
      droppedMs: Math.round((this.dropped / sampleRate) * 1000),
    });
    this.energy = 0;
    this.blocks = 0;
  }
}

registerProcessor("zhiban-playback", Playback);
