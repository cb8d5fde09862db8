"""Was it heard, or only expected? Compares a text's likelihood given the audio and given noise.

A domain prompt makes Whisper write the prompt's words into hum, music or ringback with fair
confidence. What betrays them is that plain noise explains them just as well: the log likelihood
ratio between the audio and a block of noise is near 0 for an invention (measured: under 2.1) and
from 2 (one syllable) to over 100 (a sentence) for speech.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from voice_gateway.speech.recognition.audio import ENGINE_RATE, Samples

_REMEMBERED = 512
_FLOOR = 1e-9


def pink_noise(seconds: float, level_dbfs: float, seed: int = 5) -> Samples:
    """Return pink noise at 16 kHz; the level is RMS relative to full scale."""
    white = np.random.default_rng(seed).standard_normal(int(seconds * ENGINE_RATE))
    spectrum = np.fft.rfft(white)
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    pink = np.fft.irfft(spectrum, white.size)
    return np.asarray(pink / np.std(pink) * 10 ** (level_dbfs / 20), dtype=np.float32)


class Evidence:
    """Scores texts against audio and against noise.

    Args:
        model: CTranslate2's Whisper.
        encode: turns 16 kHz samples into the encoder's output.
    """

    def __init__(self, model: Any, encode: Callable[[Samples], Any]) -> None:
        self._model = model
        self._noise = encode(pink_noise(2.0, -35.0))
        self._known: dict[tuple[int, ...], float] = {}

    def __call__(self, encoded: Any, before: list[int], tokens: list[int]) -> float:
        """Return the log likelihood ratio, in nats, of tokens given the audio and given noise.

        Args:
            encoded: the audio, encoded.
            before: prompt and task tokens.
            tokens: the text.
        """
        key = (*before, *tokens)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self.likelihood(self._noise, before, tokens)
        return self.likelihood(encoded, before, tokens) - self._known[key]

    def likelihood(self, encoded: Any, before: list[int], tokens: list[int]) -> float:
        """Return the log likelihood, in nats, of a text's tokens given the audio."""
        found = self._model.align(encoded, before, [tokens], 1000)[0]
        return float(np.sum(np.log(np.maximum(found.text_token_probs, _FLOOR))))
