"""Copies of utterances as a recogniser would have written them, made by program.

A syllable becomes one the recogniser was seen to confuse it with (``heard.tsv``, counted by
``python -m bench.confusions`` over training sentences sent down a telephone line), a character
one of the same sound. Only training texts go through here.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from bot.language.pinyin import syllable_of

_TABLE = Path(__file__).with_name("heard.tsv")
# Measured on 900 sentences: one syllable in six is wrong, one character in ten more is a homophone.
SYLLABLE_RATE = 0.16
HOMOPHONE_RATE = 0.10
_SPREAD = (0.2, 1.8)
"""Lines differ: each copy draws how bad its line is."""


class Garbler:
    """Garbles texts, the same way for the same seed.

    Args:
        texts: Where the characters to write come from, with their frequencies.
        seed: Of the random choices.
    """

    def __init__(self, texts: Iterable[str], seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._heard = _read_table()
        pool: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for character in text:
                if (syllable := syllable_of(character)).isalpha():
                    pool[syllable][character] += 1
        self._written = {
            syllable: (list(counts), list(counts.values())) for syllable, counts in pool.items()
        }

    def garble(self, text: str) -> str:
        """Return one garbled copy."""
        badness = self._random.uniform(*_SPREAD)
        return "".join(self._character(character, badness) for character in text)

    def _character(self, character: str, badness: float) -> str:
        syllable = syllable_of(character)
        if not syllable.isalpha():
            return character
        draw = self._random.random()
        if draw < SYLLABLE_RATE * badness:
            heard = self._heard.get(syllable)
            if heard is not None:
                syllable = self._random.choices(*heard)[0]
        elif draw > (SYLLABLE_RATE + HOMOPHONE_RATE) * badness:
            return character
        written = self._written.get(syllable)
        return self._random.choices(*written)[0] if written is not None else character


def _read_table() -> dict[str, tuple[list[str], list[int]]]:
    table: defaultdict[str, tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        said, heard, count = line.split("\t")
        names, counts = table[said]
        names.append(heard)
        counts.append(int(count))
    return dict(table)
