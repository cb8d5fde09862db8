"""Short answers: when what was heard sounds like an expected phrase, say which.

One or two syllables on a telephone are little to go by: 没有 comes out as 美业, 对的 as 对等. Among
the phrases of the hint those that sound alike are offered to the acoustic model to judge.
"""

from __future__ import annotations

from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

LONGEST = 4
"""Characters; longer texts are not second-guessed."""

_ALIKE = 0.5


def candidates(heard: str, phrases: Iterable[str]) -> tuple[str, ...]:
    """Return the phrases that sound at least half like a short text, most alike first."""
    if not 0 < len(heard) <= LONGEST:
        return ()
    scored = [(_alike(heard, phrase), phrase) for phrase in phrases if phrase != heard]
    return tuple(phrase for score, phrase in sorted(scored, reverse=True) if score >= _ALIKE)


def _alike(one: str, other: str) -> float:
    """Return the mean likeness of syllables: 1 same, 0.5 same initial or final, 0 neither."""
    first, second = _sounds(one), _sounds(other)
    if len(first) != len(second):
        return 0.0
    points = 0.0
    for (initial_a, final_a), (initial_b, final_b) in zip(first, second, strict=True):
        points += 0.5 * (initial_a == initial_b) + 0.5 * (final_a == final_b)
    return points / len(first)


def _sounds(text: str) -> list[tuple[str, str]]:
    initials = lazy_pinyin(text, style=Style.INITIALS, strict=False)
    finals = lazy_pinyin(text, style=Style.FINALS, strict=False)
    return list(zip(initials, finals, strict=False))
