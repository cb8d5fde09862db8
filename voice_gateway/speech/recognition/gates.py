"""Keeps out what nobody said: Whisper writes words into silence, noise and music."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from voice_gateway.speech.recognition.text import normalise, spoken_length


class Rejection(StrEnum):
    """Why a decoded text is not believed."""

    NO_SPEECH = "no_speech"
    NO_EVIDENCE = "no_evidence"
    UNSURE = "unsure"
    TOO_FAST = "too_fast"
    LOOP = "loop"
    PROMPT = "prompt"
    BOILERPLATE = "boilerplate"


@dataclass(frozen=True)
class GateLimits:
    """Thresholds; measured on telephone speech, line noise, ringback and music.

    Attributes:
        no_speech: above it, together with `no_speech_logprob`, nobody spoke.
        no_speech_logprob: mean log probability under which a high `no_speech` is believed.
        logprob: mean log probability under which nothing is believed.
        short_logprob: the same for one or two characters, which a prompt invents easily.
        chars_per_second: more than a person can say.
        suspicious: `no_speech` above which a short text must show evidence.
        evidence: log likelihood ratio, in nats, that a believable text has (see `Evidence`).
        evidence_per_token: the same for each token, against loops.
        prompt_run: characters of the prompt, over a sentence's end, that nobody repeats by chance.
    """

    no_speech: float = 0.35
    no_speech_logprob: float = -1.2
    logprob: float = -2.0
    short_logprob: float = -2.2
    chars_per_second: float = 8.5
    prompt_run: int = 9
    suspicious: float = 0.15
    evidence: float = 2.2
    evidence_per_token: float = 0.15


_BOILERPLATE = re.compile(
    r"字幕|请不吝|点赞|订阅|打赏|(感谢|谢谢)(您的|你的|大家)?(观看|收看|收听)"
    r"|amara|作词|作曲|编曲|演唱|明镜|优优独播|下期再见|by索兰娅",
    re.IGNORECASE,
)
_LOOP = re.compile(r"(.{1,12}?)\1{3,}")
_DIGITS = re.compile(r"[0-9零一二三四五六七八九幺两]+")


def rejection(
    text: str,
    *,
    logprob: float,
    no_speech: float,
    seconds: float,
    prompt: str,
    limits: GateLimits,
) -> Rejection | None:
    """Return why a text is not believed, or None when it is.

    Args:
        text: normalised.
        logprob: mean log probability of its tokens.
        no_speech: 0 to 1.
        seconds: of sound that was not silence.
        prompt: what the decoder was primed with.
        limits: thresholds.
    """
    length = spoken_length(text)
    if length == 0 or (no_speech > limits.no_speech and logprob < limits.no_speech_logprob):
        return Rejection.NO_SPEECH
    if _BOILERPLATE.search(text):
        return Rejection.BOILERPLATE
    if is_loop(text):
        return Rejection.LOOP
    if length > 4 and length > limits.chars_per_second * max(seconds, 0.2):
        return Rejection.TOO_FAST
    if repeats_prompt(text, prompt, limits.prompt_run):
        return Rejection.PROMPT
    if logprob < (limits.short_logprob if length <= 2 else limits.logprob):
        return Rejection.UNSURE
    return None


def is_loop(text: str) -> bool:
    """Whether the decoder got stuck on a word. A telephone number may have four like digits."""
    clauses = Counter(clause for clause in text.split("，") if len(clause) > 1)
    if clauses and max(clauses.values()) > 2:
        return True
    plain = text.replace("，", "")
    for match in _LOOP.finditer(plain):
        run = match.group(0)
        if _DIGITS.fullmatch(run) and len(run) <= 9:
            continue
        if len(match.group(1)) == 1 and len(run) <= 4:
            continue  # 喂喂喂喂, 快快快快
        return True
    return False


def collapse(text: str) -> str:
    """Return a text with a decoder's loop reduced to one round: ``不对，不对，不对`` → 不对."""
    clauses = text.split("，")
    if len(clauses) > 1 and len(set(clauses[:-1])) == 1 and clauses[0].startswith(clauses[-1]):
        return clauses[0]
    return text


def repeats_prompt(text: str, prompt: str, run: int) -> bool:
    """Whether a text recites the prompt across the end of one of its sentences.

    A caller may well say one of its phrases; going on to the next one is the decoder's doing.
    """
    clauses = normalise(prompt).split("，")
    flat = text.replace("，", "")
    for first, second in pairwise(clauses):
        joint = first + second
        if len(joint) >= run and joint in flat:
            return True
    return False
