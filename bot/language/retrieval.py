"""Finding the standard answer to a question, by characters and by sound.

Pure Python tf-idf cosine over character and syllable n-grams: an answer added by
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
CONFIDENT_SCORE = 0.55
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


@dataclass(frozen=True)
class _Question:
    key: str
    text: str
    norm: float


class AnswerIndex:
    """An index over standard questions, rebuilt in milliseconds when they change.

    Args:
        entries: Keys with their questions; blank questions are ignored.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._questions: list[_Question] = []
        self._postings: dict[str, list[tuple[int, float]]] = {}
        rows: list[tuple[str, str, dict[str, float]]] = []
        for entry in entries:
            for question in entry.questions:
                grams = dict(_features(question))
                if grams:
                    rows.append((entry.key, question, grams))
        seen: Counter[str] = Counter()
        for _, _, grams in rows:
            seen.update(grams.keys())
        self._idf = {
            gram: math.log((1 + len(rows)) / (0.5 + count)) for gram, count in seen.items()
        }
        for number, (key, text, grams) in enumerate(rows):
            weights = {gram: weight * self._idf[gram] for gram, weight in grams.items()}
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            self._questions.append(_Question(key, text, norm))
            for gram, weight in weights.items():
                self._postings.setdefault(gram, []).append((number, weight))

    def __len__(self) -> int:
        """Number of questions indexed."""
        return len(self._questions)

    def best(self, text: str, k: int = 3) -> list[Match]:
        """The best entries for a question, best first, each key once; never raises."""
        unknown = math.log(1 + len(self._questions)) + 0.7
        scores: dict[int, float] = {}
        squares = 0.0
        for gram, weight in _features(text[:_LONGEST_QUERY]):
            idf = self._idf.get(gram)
            value = weight * (unknown * 0.5 if idf is None else idf)
            squares += value * value
            for number, other in self._postings.get(gram, ()):
                scores[number] = scores.get(number, 0.0) + value * other
        norm = math.sqrt(squares) or 1.0
        by_key: dict[str, Match] = {}
        for number, product in scores.items():
            question = self._questions[number]
            score = min(1.0, product / (norm * question.norm))
            held = by_key.get(question.key)
            if held is None or held.score < score:
                by_key[question.key] = Match(question.key, round(score, 4), question.text)
        return sorted(by_key.values(), key=lambda match: (-match.score, match.key))[: max(0, k)]


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
