"""A text as the set of its fragments, by characters, by sound and by folded sound.

The learned models see nothing else. Prefixes keep the families apart: ``1 2 3`` for characters,
``a b c`` for syllables, ``y z`` for folded syllables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.language.pinyin import Sounds

START, END = "^", "$"


def fragments_of(sounds: Sounds) -> set[str]:
    """Return the n-grams of a text: characters 1-3, syllables 1-3, folded syllables 2-3."""
    text = sounds.text
    characters = [START, *(text[start].lower() for start in sounds.starts), END]
    syllables = [START, *sounds.syllables, END]
    folded = [START, *sounds.folded, END]
    found: set[str] = set()
    _add(found, characters, ("1", "2", "3"), "")
    _add(found, syllables, ("a", "b", "c"), " ")
    _add(found, folded, ("", "y", "z"), " ")
    return found


def _add(found: set[str], units: Sequence[str], prefixes: Sequence[str], joint: str) -> None:
    one, two, three = prefixes
    if one:
        found.update([one + unit for unit in units])
    found.update([two + a + joint + b for a, b in pairwise(units)])
    found.update(
        [
            three + a + joint + b + joint + c
            for a, b, c in zip(units, units[1:], units[2:], strict=False)
        ]
    )


def pieces_of(sounds: Sounds, widest: int) -> Iterator[tuple[int, int, list[str]]]:
    """Give every run of 2 to ``widest`` syllables with the fragments that are exactly it."""
    characters = [sounds.text[start].lower() for start in sounds.starts]
    for size, character, syllable, fold in ((2, "2", "b", "y"), (3, "3", "c", "z")):
        if size > widest:
            return
        for first in range(len(characters) - size + 1):
            stop = first + size
            yield (
                first,
                stop,
                [
                    character + "".join(characters[first:stop]),
                    syllable + " ".join(sounds.syllables[first:stop]),
                    fold + " ".join(sounds.folded[first:stop]),
                ],
            )
