"""One decode with Whisper on CTranslate2; blocking, to be called from a worker thread."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ctranslate2
import tokenizers

from voice_gateway.speech.recognition.audio import ENGINE_RATE, Samples, voiced_ms
from voice_gateway.speech.recognition.choices import candidates
from voice_gateway.speech.recognition.evidence import Evidence
from voice_gateway.speech.recognition.features import MelWindow
from voice_gateway.speech.recognition.gates import GateLimits, Rejection, collapse, rejection
from voice_gateway.speech.recognition.text import normalise, spoken_length

_PROMPT_TOKENS = 200
_MIN_VOICED_MS = 60.0


@dataclass(frozen=True)
class WhisperSettings:
    """How Whisper decodes.

    Attributes:
        threads: CPU threads of one decode.
        compute_type: CTranslate2's name of the number format.
        beam: hypotheses kept; 1 is greedy (measured as good as 5, and faster).
        retry_logprob: a final under this mean log probability is decoded once more otherwise.
        retry_short: the same for up to three characters that are not a phrase of the prompt.
        sure_logprob: a text over this mean log probability is not second-guessed.
        choice_margin: how much less likely, in nats, an expected phrase that sounds like a
            doubtful short text may be and still be taken for it.
    """

    threads: int = 2
    compute_type: str = "int8"
    beam: int = 1
    retry_logprob: float = -1.0
    retry_short: float = -0.6
    sure_logprob: float = -0.4
    choice_margin: float = 3.0
    limits: GateLimits = field(default_factory=GateLimits)


@dataclass(frozen=True)
class Decoded:
    """One decode.

    Attributes:
        text: normalised; empty when rejected.
        heard: normalised text as decoded, before the gates.
        logprob: mean log probability of the tokens.
        decode_ms: wall-clock time.
    """

    text: str
    heard: str
    logprob: float
    no_speech: float
    rejected: Rejection | None
    decode_ms: float
    alternatives: tuple[str, ...] = ()


class WhisperModel:
    """The model and its tokeniser.

    Args:
        folder: ``model.bin``, ``config.json``, ``tokenizer.json``, ``vocabulary.txt``.

    Raises:
        RuntimeError: the model cannot be loaded.
    """

    def __init__(self, folder: Path, settings: WhisperSettings) -> None:
        self._settings = settings
        self._model: Any = ctranslate2.models.Whisper(
            str(folder),
            device="cpu",
            compute_type=settings.compute_type,
            intra_threads=settings.threads,
            inter_threads=1,
        )
        self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._window = MelWindow()
        self._task = [
            self._id(mark)
            for mark in ("<|startoftranscript|>", "<|zh|>", "<|transcribe|>", "<|notimestamps|>")
        ]
        self._end = self._id("<|endoftext|>")
        self._previous = self._id("<|startofprev|>")
        self._prompts: dict[str, list[int]] = {}
        self._phrases: dict[str, frozenset[str]] = {}
        self._evidence = Evidence(self._model, self._encode)

    def decode(self, samples: Samples, prompt: str, *, careful: bool) -> Decoded:
        """Return what was said in up to 29 s of 16 kHz samples.

        Args:
            samples: the utterance.
            prompt: domain prompt; empty for none.
            careful: try once more, without the prompt and then with a wider beam, when the
                result is doubtful. For finals.
        """
        started = time.perf_counter()
        seconds = samples.size / ENGINE_RATE
        voiced = voiced_ms(samples)
        if voiced < _MIN_VOICED_MS:
            return Decoded("", "", 0.0, 1.0, Rejection.NO_SPEECH, _since(started))
        encoded = self._encode(samples)
        best = self._generate(encoded, prompt, seconds, voiced, beam=self._settings.beam)
        others: list[Decoded] = []
        expected = self._expected(prompt)
        if careful and self._doubtful(best, expected):
            # A beam finds the end of a sentence that greedy search broke off, and the short
            # answer that was expected; a decoder stuck on the prompt's words comes free without.
            for again, beam in ((prompt, 4), ("", 1)):
                other = self._generate(encoded, again, seconds, voiced, beam=beam)
                better = other.rejected is None and (
                    best.rejected is not None
                    or other.logprob > best.logprob + 0.2
                    or (other.text in expected and best.text not in expected)
                )
                others.append(best if better else other)
                best = other if better else best
                if not self._doubtful(best, expected):
                    break
        unsure = best.rejected is None and best.logprob < self._settings.sure_logprob
        if careful and unsure and best.text not in expected:
            best = self._judge(encoded, prompt, best, expected)
        texts = dict.fromkeys(o.heard for o in (best, *others) if o.heard and o.rejected is None)
        texts.pop(best.text, None)
        return Decoded(
            best.text,
            best.heard,
            best.logprob,
            best.no_speech,
            best.rejected,
            _since(started),
            tuple(texts),
        )

    def _doubtful(self, decoded: Decoded, expected: frozenset[str]) -> bool:
        if decoded.rejected is Rejection.NO_EVIDENCE:
            return False
        if decoded.rejected in (Rejection.LOOP, Rejection.PROMPT, Rejection.TOO_FAST):
            return True
        if decoded.rejected is not None:
            return decoded.no_speech < 0.3
        if decoded.text in expected:
            return False
        short = spoken_length(decoded.text) <= 3
        settings = self._settings
        return decoded.logprob < (settings.retry_short if short else settings.retry_logprob)

    def _judge(self, encoded: Any, prompt: str, best: Decoded, expected: frozenset[str]) -> Decoded:
        """Return the expected phrase that sounds like a short text and fits the audio as well."""
        offered = candidates(best.text, expected)
        if not offered:
            return best
        before = [*self._prompt_ids(prompt), *self._task]
        fits = {
            text: self._evidence.likelihood(encoded, before, self._ids(text))
            for text in (best.text, *offered[:3])
        }
        winner = max(offered[:3], key=fits.__getitem__)
        if fits[winner] < fits[best.text] - self._settings.choice_margin:
            return best
        return replace(best, text=winner)

    def _ids(self, text: str) -> list[int]:
        return list(self._tokens.encode(text, add_special_tokens=False).ids)

    def _expected(self, prompt: str) -> frozenset[str]:
        """Return the prompt's phrases: an answer that is one of them needs no second look."""
        if prompt not in self._phrases:
            if len(self._phrases) > 256:
                self._phrases.clear()
            self._phrases[prompt] = frozenset(normalise(prompt).split("，")) - {""}
        return self._phrases[prompt]

    def _generate(
        self, encoded: Any, prompt: str, seconds: float, voiced: float, *, beam: int
    ) -> Decoded:
        started = time.perf_counter()
        before = self._prompt_ids(prompt)
        # Nobody says more than about six characters a second; a stuck decoder would.
        room = 10 + math.ceil(12 * seconds)
        result = self._model.generate(
            encoded,
            [before + self._task],
            beam_size=beam,
            max_length=min(448, len(before) + len(self._task) + room),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        heard = collapse(normalise(self._tokens.decode(result.sequences_ids[0])))
        logprob, no_speech = float(result.scores[0]), float(result.no_speech_prob)
        why = rejection(
            heard,
            logprob=logprob,
            no_speech=no_speech,
            seconds=min(seconds, voiced / 1000 + 0.4),
            prompt=prompt,
            limits=self._settings.limits,
        )
        if why is None and self._invented(encoded, before, result, heard):
            why = Rejection.NO_EVIDENCE
        text = "" if why else heard
        return Decoded(text, heard, logprob, no_speech, why, _since(started))

    def _invented(self, encoded: Any, before: list[int], result: Any, heard: str) -> bool:
        """Whether noise explains a short, dubious text as well as the audio does."""
        limits = self._settings.limits
        if result.no_speech_prob < limits.suspicious or spoken_length(heard) > 16:
            return False
        tokens = [token for token in result.sequences_ids[0] if token < self._end]
        needed = max(limits.evidence, limits.evidence_per_token * len(tokens))
        return self._evidence(encoded, before + self._task, tokens) < needed

    def _encode(self, samples: Samples) -> Any:
        return self._model.encode(ctranslate2.StorageView.from_array(self._window(samples)))

    def _prompt_ids(self, prompt: str) -> list[int]:
        if not prompt:
            return []
        if prompt not in self._prompts:
            if len(self._prompts) > 256:
                self._prompts.clear()
            ids = list(self._tokens.encode(" " + prompt, add_special_tokens=False).ids)
            self._prompts[prompt] = [self._previous, *ids[-_PROMPT_TOKENS:]]
        return self._prompts[prompt]

    def _id(self, token: str) -> int:
        number = self._tokens.token_to_id(token)
        if number is None:
            raise RuntimeError(f"tokenizer.json has no {token}")
        return int(number)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
