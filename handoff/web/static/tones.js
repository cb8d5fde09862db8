// The sounds of the desk, made here: no file to load, nothing that could be missing.

/** tones: [Hz, start s, length s] within one period of so many seconds. */
export const PATTERNS = {
  emergency: {
    period: 1.2,
    gain: 0.7,
    edge: true,
    tones: [[960, 0, 0.18], [1280, 0.2, 0.18], [960, 0.4, 0.18], [1280, 0.6, 0.18]],
  },
  request: { period: 2.6, gain: 0.3, tones: [[660, 0, 0.35], [550, 0.4, 0.45]] },
  invitation: { period: 1.8, gain: 0.3, tones: [[520, 0, 0.12], [780, 0.16, 0.12], [1040, 0.32, 0.2]] },
  reminder: { period: 1, gain: 0.35, tones: [[880, 0, 0.16], [880, 0.24, 0.16], [1175, 0.48, 0.3]] },
};
const FADE = 0.012; // s

const made = new Map();

/** @returns {AudioBuffer} one period of a kind's sound */
export function pattern(context, kind) {
  if (made.has(kind)) return made.get(kind);
  const { period, tones, edge = false } = PATTERNS[kind];
  const rate = context.sampleRate;
  const buffer = context.createBuffer(1, Math.round(period * rate), rate);
  const samples = buffer.getChannelData(0);
  for (const [frequency, start, length] of tones) {
    const first = Math.round(start * rate);
    const count = Math.round(length * rate);
    for (let n = 0; n < count; n++) {
      const t = n / rate;
      const wave = Math.sin(2 * Math.PI * frequency * t);
      const shape = Math.min(1, t / FADE, (length - t) / FADE);
      // Odd harmonics make the emergency's edge, which cuts through a noisy room.
      const third = edge ? 0.45 * Math.sin(6 * Math.PI * frequency * t) : 0;
      samples[first + n] += shape * (wave + third) * (edge ? 0.75 : 1);
    }
  }
  made.set(kind, buffer);
  return buffer;
}
