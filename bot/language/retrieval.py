"""Finding the standard answer to a question, by characters, by sound and by meaning.

Naive Bayes over the store's own paraphrases: nothing is trained, an answer added by an admin is
found at once, and a question a recogniser garbled is still found by its syllables.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.language.question_grams import QuestionGrams

_SMOOTHING = 0.1
_GROUP_BONUS = 0.4
_FAIRNESS = 0.6
_LOOKED_AT = 4
_WORD_FOR_WORD = 0.85
# Odds that the entry is meant, by how far it is ahead, how much of the question it accounts for
# and how long that is. Fitted on paraphrases left out in turn and on topics left out whole.
_ODDS = -8.3
_PER_LEAD = 1.1
_PER_SHARE = 3.3
_PER_LENGTH = 1.8
CONFIDENT_SCORE = 0.88
_FAR = (0.0, "")


@dataclass(frozen=True)
class Entry:
    """A standard answer's key and the ways people ask for it.

    Attributes:
        key: Its name.
        questions: Paraphrases; blank ones are ignored.
        group: Its ticket category, if the classifier's opinion shall count, else ``""``.
        answer: What is answered; counts like one more question.
    """

    key: str
    questions: tuple[str, ...]
    group: str = ""
    answer: str = ""


@dataclass(frozen=True)
class Match:
    """How sure it is that one entry is meant (0 to 1), and the paraphrase that comes closest."""

    key: str
    score: float
    question: str


class AnswerIndex:
    """An index over standard questions, rebuilt in milliseconds when they change.

    Args:
        entries: Keys with their questions. Entries that must not be answered belong in here too:
            they keep the questions nobody has an answer for away from their neighbours.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        rows = [
            (number, question, grams)
            for number, entry in enumerate(entries)
            for question in entry.questions
            if (grams := QuestionGrams(question)).written
        ]
        self._entries = tuple(entries)
        self._rows: list[list[tuple[str, dict[str, float]]]] = [[] for _ in entries]
        self._rarity = _rarities([grams for _, _, grams in rows])
        self._unseen = 1 + math.log(1 + len(rows))
        evidence: dict[str, dict[int, float]] = {}
        masses = [0.0] * len(self._entries)
        for number, question, grams in rows:
            vector, norm = self._weigh({**grams.written, **grams.meant})
            self._rows[number].append((question, vector))
            masses[number] += sum(vector.values())
            sounded = {g: n * self._rarity[g] / norm for g, n in grams.sounded.items()}
            _add(evidence, number, vector)
            _add(evidence, number, sounded)
        for number, entry in enumerate(self._entries):
            if self._rows[number] and entry.answer:
                grams = QuestionGrams(entry.answer)
                vector, _ = self._weigh({**grams.written, **grams.meant})
                masses[number] += sum(vector.values())
                _add(evidence, number, vector)
        fair = self._fairness()
        self._evidence = {
            gram: [
                (number, math.log1p(mass * fair[number] / _SMOOTHING))
                for number, mass in held.items()
            ]
            for gram, held in evidence.items()
        }
        masses = [mass * share for mass, share in zip(masses, fair, strict=True)]
        spread = _SMOOTHING * sum(1 for gram in evidence if gram[0] != "s")
        self._size = [math.log(mass + spread) if mass else math.inf for mass in masses]
        present = [mass for mass in masses if mass]
        self._nothing = math.log(sum(present) / len(present) + spread) if present else 0.0

    def __len__(self) -> int:
        """Number of questions indexed."""
        return sum(map(len, self._rows))

    def best(self, text: str, k: int = 3, *, group: str = "") -> list[Match]:
        """Return the best entries for a question, best first, each key once; never raises.

        Args:
            text: The caller's words.
            k: How many at most.
            group: What the classifier takes it for; entries of that group get a head start.
        """
        vector, _ = self._weigh(QuestionGrams(text).heard(self._evidence))
        gains, shares, known = self._collect(vector)
        if not gains:
            return []
        ahead = {
            number: gain
            - known * self._size[number]
            + (_GROUP_BONUS if group and self._entries[number].group == group else 0.0)
            for number, gain in gains.items()
        }
        ranked = sorted(ahead, key=lambda number: (-ahead[number], self._entries[number].key))
        closest = {number: self._closest(number, vector) for number in ranked[:_LOOKED_AT]}
        # What is said word for word in one entry is meant, however much others have to say.
        ranked.sort(key=lambda number: closest.get(number, _FAR)[0] < _WORD_FOR_WORD)
        total, least = sum(vector.values()), -known * self._nothing
        matches = []
        for number in ranked[: max(0, k)]:
            rival = max((ahead[other] for other in ranked[:2] if other != number), default=least)
            lead = ahead[number] - max(rival, least)
            score = _certainty(lead, shares[number] / total, len(vector))
            likeness, question = closest.get(number) or self._closest(number, vector)
            if likeness >= _WORD_FOR_WORD and number == ranked[0]:
                score = max(score, CONFIDENT_SCORE)
            matches.append(Match(self._entries[number].key, round(score, 4), question))
        return matches

    def _fairness(self) -> list[float]:
        """Return what each entry's evidence is multiplied by: one with few questions counts more.

        Else a new answer with one question would never be found beside one with forty.
        """
        numbers = [len(rows) for rows in self._rows]
        usual = sum(numbers) / (sum(map(bool, numbers)) or 1)
        return [(usual / number) ** _FAIRNESS if number else 0.0 for number in numbers]

    def _weigh(self, grams: dict[str, float]) -> tuple[dict[str, float], float]:
        """Return grams weighted by rarity, of length 1, and what they were divided by."""
        rarity, unseen = self._rarity, self._unseen
        weighted = {gram: count * rarity.get(gram, unseen) for gram, count in grams.items()}
        norm = math.sqrt(sum(value * value for value in weighted.values())) or 1.0
        return {gram: value / norm for gram, value in weighted.items()}, norm

    def _collect(
        self, vector: dict[str, float]
    ) -> tuple[dict[int, float], dict[int, float], float]:
        """Return evidence and explained weight by entry, and the weight of all known grams."""
        gains: dict[int, float] = {}
        shares: dict[int, float] = {}
        known = 0.0
        for gram, weight in vector.items():
            held = self._evidence.get(gram)
            if held is None:
                continue
            known += weight
            for number, value in held:
                gains[number] = gains.get(number, 0.0) + weight * value
                shares[number] = shares.get(number, 0.0) + weight
        return gains, shares, known

    def _closest(self, number: int, vector: dict[str, float]) -> tuple[float, str]:
        """Return the likeness (0 to 1) of an entry's closest question, and that question."""
        return max(
            (
                sum(weight * other[gram] for gram, weight in vector.items() if gram in other),
                question,
            )
            for question, other in self._rows[number]
        )


def _add(evidence: dict[str, dict[int, float]], number: int, grams: dict[str, float]) -> None:
    for gram, weight in grams.items():
        held = evidence.setdefault(gram, {})
        held[number] = held.get(number, 0.0) + weight


def _rarities(questions: Sequence[QuestionGrams]) -> dict[str, float]:
    used: Counter[str] = Counter()
    for grams in questions:
        used.update(grams.written.keys())
        used.update(grams.meant.keys())
        used.update(grams.sounded.keys())
    return {gram: 1 + math.log((1 + len(questions)) / (1 + n)) for gram, n in used.items()}


def _certainty(lead: float, share: float, length: int) -> float:
    odds = _ODDS + _PER_LEAD * lead + _PER_SHARE * share + _PER_LENGTH * math.log1p(length)
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, odds))))


def confident(matches: Sequence[Match]) -> bool:
    """Whether the first match may be given as the answer."""
    return bool(matches) and matches[0].score >= CONFIDENT_SCORE
