// Band-limited sample-rate conversion for streams, one channel.
// A windowed-sinc kernel (Blackman, 16 zero crossings each side) keeps speech free of aliases,
// which recognisers hear as noise.

const ZERO_CROSSINGS = 16;
const STEPS = 256; // kernel samples per zero crossing; linear interpolation between them

function makeKernel() {
  const length = ZERO_CROSSINGS * STEPS + 1;
  const kernel = new Float32Array(length + 1);
  for (let i = 0; i < length; i++) {
    const x = i / STEPS;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    const t = 0.5 + (0.5 * i) / (length - 1);
    const window = 0.42 - 0.5 * Math.cos(2 * Math.PI * t) + 0.08 * Math.cos(4 * Math.PI * t);
    kernel[i] = sinc * window;
  }
  return kernel;
}

const KERNEL = makeKernel();

export class Resampler {
  /**
   * @param {number} from input rate, Hz
   * @param {number} to output rate, Hz
   */
  constructor(from, to) {
    this.same = from === to;
    this.step = from / to; // input samples per output sample
    this.scale = Math.min(1, to / from); // cut-off, as a share of the input's Nyquist
    this.half = Math.ceil(ZERO_CROSSINGS / this.scale);
    this.history = new Float32Array(this.half * 2);
    this.position = this.half; // of the next output sample, in history + input
  }

  /**
   * @param {Float32Array} input
   * @returns {Float32Array} as many samples as have become computable
   */
  process(input) {
    if (this.same) return input.slice();
    const samples = new Float32Array(this.history.length + input.length);
    samples.set(this.history);
    samples.set(input, this.history.length);
    const last = samples.length - this.half; // a full kernel fits before this
    const count = Math.max(0, Math.ceil((last - this.position) / this.step));
    const output = new Float32Array(count);
    for (let n = 0; n < count; n++) {
      output[n] = this.#at(samples, this.position);
      this.position += this.step;
    }
    this.history = samples.slice(samples.length - this.half * 2);
    this.position -= samples.length - this.history.length;
    return output;
  }

  #at(samples, position) {
    const middle = Math.floor(position);
    let sum = 0;
    for (let i = middle - this.half + 1; i <= middle + this.half; i++) {
      const distance = Math.abs(position - i) * this.scale * STEPS;
      const index = Math.floor(distance);
      if (index >= KERNEL.length - 1 || i < 0 || i >= samples.length) continue;
      const part = distance - index;
      sum += samples[i] * (KERNEL[index] * (1 - part) + KERNEL[index + 1] * part);
    }
    return sum * this.scale;
  }
}
