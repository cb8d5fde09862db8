// Microphone → 16 kHz signed 16-bit little-endian frames of 20 ms, posted as ArrayBuffers.

import { Resampler } from "./resampler.js";

class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.resampler = new Resampler(sampleRate, processorOptions.rate);
    this.frame = new Int16Array(processorOptions.frameSamples);
    this.filled = 0;
    this.muted = false;
    this.port.onmessage = ({ data }) => {
      if (data.type === "muted") this.muted = data.muted;
    };
  }

  process(inputs) {
    const channels = inputs[0];
    if (!channels || channels.length === 0) return true;
    for (const sample of this.resampler.process(channels[0])) {
      // A muted caller still sends frames: silence keeps the far side's clocks and VAD going.
      const value = this.muted ? 0 : Math.max(-1, Math.min(1, sample));
      this.frame[this.filled++] = value < 0 ? value * 0x8000 : value * 0x7fff;
      if (this.filled === this.frame.length) {
        const whole = this.frame.slice().buffer;
        this.port.postMessage(whole, [whole]);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("zhiban-capture", Capture);
