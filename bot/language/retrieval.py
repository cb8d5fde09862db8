"""Finding the standard answer to a question, by characters and by sound.

Pure Python cosine over weighted character and syllable n-grams: an answer added by
an admin is found at once, without training, and a question a recogniser garbled
is still found by its syllables.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.language.pinyin import sounds_of

_CHARACTER_WEIGHT = 0.6
_SOUND_WEIGHT = 0.4
_STOP_CHARACTERS = frozenset("的了呢吗啊吧呀嘛哦嗯呃请问一下我想你们您那个这个就是 ，。？！,.?!、")
_LONGEST_QUERY = 300
_CENTRE_SHARE = 0.6
_SAME_QUESTION = 0.8
_UNKNOWN = 0.5
CONFIDENT_SCORE = 0.36
CONFIDENT_MARGIN = 0.08


@dataclass(frozen=True)
class Entry:
    """A standard answer's key and the ways people ask for it."""

    key: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """How well one entry answers a question: 0 to 1, and the paraphrase that fits best."""

    key: str
    score: float
    question: str


class AnswerIndex:
    """An index over standard questions, rebuilt in milliseconds when they change.

    A fragment counts for as much as it tells answers apart: 有什么要求 is asked about
    everything, 装修 about one thing. An entry's score joins its closest question with
    the average of all its questions, which no single odd paraphrase can sway.

    Args:
        entries: Keys with their questions; blank questions are ignored.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        rows = [
            (entry.key, question, dict(_features(question)))
            for entry in entries
            for question in entry.questions
        ]
        rows = [row for row in rows if row[2]]
        self._telling = _telling([(key, grams) for key, _, grams in rows])
        self._questions: list[tuple[str, str]] = []
        self._postings: dict[str, list[tuple[int, float]]] = {}
        centres: dict[str, dict[str, float]] = {}
        for number, (key, text, grams) in enumerate(rows):
            self._questions.append((key, text))
            centre = centres.setdefault(key, {})
            for gram, value in self._vector(grams.items()).items():
                self._postings.setdefault(gram, []).append((number, value))
                centre[gram] = centre.get(gram, 0.0) + value
        self._centres: dict[str, list[tuple[str, float]]] = {}
        for key, centre in centres.items():
            for gram, value in _normed(centre).items():
                self._centres.setdefault(gram, []).append((key, value))

    def __len__(self) -> int:
        """Number of questions indexed."""
        return len(self._questions)

    def _vector(self, grams: Iterable[tuple[str, float]]) -> dict[str, float]:
        return _normed({gram: weight * self._telling.get(gram, _UNKNOWN) for gram, weight in grams})

    def best(self, text: str, k: int = 3) -> list[Match]:
        """The best entries for a question, best first, each key once; never raises."""
        closeness: dict[int, float] = {}
        centred: dict[str, float] = {}
        for gram, value in self._vector(_features(text[:_LONGEST_QUERY])).items():
            for number, other in self._postings.get(gram, ()):
                closeness[number] = closeness.get(number, 0.0) + value * other
            for key, other in self._centres.get(gram, ()):
                centred[key] = centred.get(key, 0.0) + value * other
        by_key: dict[str, Match] = {}
        nearest: dict[str, float] = {}
        for number, near in closeness.items():
            key, question = self._questions[number]
            if near <= nearest.get(key, 0.0):
                continue
            nearest[key] = near
            mixed = (1 - _CENTRE_SHARE) * near + _CENTRE_SHARE * centred.get(key, 0.0)
            score = min(1.0, max(mixed, near if near >= _SAME_QUESTION else 0.0))
            by_key[key] = Match(key, round(score, 4), question)
        return sorted(by_key.values(), key=lambda match: (-match.score, match.key))[: max(0, k)]


def _telling(rows: Sequence[tuple[str, dict[str, float]]]) -> dict[str, float]:
    """How well each fragment tells keys apart: 1 for one key only, towards 0 for all alike."""
    questions = Counter(key for key, _ in rows)
    used: dict[str, Counter[str]] = {}
    for key, grams in rows:
        for gram in grams:
            used.setdefault(gram, Counter())[key] += 1
    widest = math.log(max(2, len(questions)))
    telling = {}
    for gram, counts in used.items():
        shares = [count / questions[key] for key, count in counts.items()]
        total = sum(shares)
        entropy = -sum(share / total * math.log(share / total) for share in shares)
        telling[gram] = max(0.05, 1 - 0.95 * entropy / widest)
    return telling


def _normed(vector: dict[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {gram: value / norm for gram, value in vector.items()}


def confident(
    matches: Sequence[Match], *, score: float = CONFIDENT_SCORE, margin: float = CONFIDENT_MARGIN
) -> bool:
    """Whether the first match may be given as the answer: good enough and clearly ahead."""
    if not matches or matches[0].score < score:
        return False
    return len(matches) < 2 or matches[0].score - matches[1].score >= margin


def _features(text: str) -> Iterable[tuple[str, float]]:
    """Weighted n-grams: characters one to three, syllables two and three, fold two."""
    characters = [c.lower() for c in text if c not in _STOP_CHARACTERS]
    features: dict[str, float] = {}
    for size, weight in ((1, 0.5), (2, 1.0), (3, 0.8)):
        for place in range(len(characters) - size + 1):
            gram = "".join(characters[place : place + size])
            features["c" + gram] = features.get("c" + gram, 0.0) + weight * _CHARACTER_WEIGHT
    spoken = sounds_of("".join(characters))
    for prefix, syllables, size, weight in (
        ("s", spoken.syllables, 1, 0.4),
        ("s", spoken.syllables, 2, 1.0),
        ("s", spoken.syllables, 3, 0.6),
        ("f", spoken.folded, 2, 0.5),
    ):
        for place in range(len(syllables) - size + 1):
            gram = " ".join(syllables[place : place + size])
            features[prefix + gram] = features.get(prefix + gram, 0.0) + weight * _SOUND_WEIGHT
    return features.items()
