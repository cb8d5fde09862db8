"""Finding many phrases in a text at once, by character, by sound and by folded sound.

A trie over syllables walked from every syllable: linear in the text for any
practical phrase length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from bot.language.confusions import HEARD_AS
from bot.language.expand import expand_all
from bot.language.pinyin import Sounds, sounds_of


class Closeness(IntEnum):
    """How closely the text matches a phrase, the best highest."""

    FOLDED = 1
    HEARD = 2
    SOUND = 3
    CHARACTERS = 4


@dataclass(frozen=True)
class Hit:
    """A phrase found.

    Attributes:
        name: Which table entry the phrase belongs to.
        first: Index of its first syllable.
        stop: Index just past its last syllable.
        closeness: How closely it matches.
        phrase: The phrase as the table has it.
    """

    name: str
    first: int
    stop: int
    closeness: Closeness
    phrase: str

    def __len__(self) -> int:
        """Length in syllables."""
        return self.stop - self.first

    def overlaps(self, other: Hit) -> bool:
        """Whether the two share a syllable."""
        return self.first < other.stop and other.first < self.stop


class _Node:
    __slots__ = ("ends", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.ends: list[tuple[str, str, Closeness, bool]] = []


class PhraseTable:
    """Named families of phrases (``expand`` notation), found together.

    Args:
        families: Name to a whitespace-separated list of patterns. A pattern that
            starts with ``=`` is found by its characters only, as is every
            phrase of one syllable.
        folded: Also find phrases by folded sound (``Closeness.FOLDED``).
    """

    def __init__(self, families: Mapping[str, str], *, folded: bool = True) -> None:
        self._exact = _Node()
        self._folded = _Node()
        self._use_folded = folded
        for name, patterns in families.items():
            for pattern in patterns.split():
                self._add(name, expand_all(pattern.lstrip("=")), pattern.startswith("="))

    def _add(self, name: str, phrases: Iterable[str], by_characters: bool) -> None:
        for phrase in phrases:
            sounds = sounds_of(phrase)
            if not sounds.syllables:
                continue
            strict = by_characters or len(sounds) < 2
            entry = (name, phrase, Closeness.SOUND, strict)
            _insert(self._exact, sounds.syllables, entry)
            if strict:
                continue
            if self._use_folded:
                _insert(self._folded, sounds.folded, (name, phrase, Closeness.FOLDED, False))
            if len(sounds) >= 3:
                for variant in _heard_variants(sounds.syllables):
                    _insert(self._exact, variant, (name, phrase, Closeness.HEARD, False))

    def find(self, sounds: Sounds) -> list[Hit]:
        """All hits, in order of place; for each family and place the longest, best one."""
        best: dict[tuple[str, int], Hit] = {}
        text, starts = sounds.text, sounds.starts
        syllables, count = sounds.syllables, len(sounds.syllables)
        for first in range(count):
            node: _Node | None = self._exact
            place = first
            while place < count and node is not None:
                node = node.next.get(syllables[place])
                place += 1
                if node is None or not node.ends:
                    continue
                said = "".join([text[start] for start in starts[first:place]])
                for name, phrase, closeness, strict in node.ends:
                    if said == phrase:
                        closeness = Closeness.CHARACTERS
                    elif strict:
                        continue
                    held = best.get((name, first))
                    if (
                        held is None
                        or held.stop < place
                        or (held.stop == place and held.closeness < closeness)
                    ):
                        best[name, first] = Hit(name, first, place, closeness, phrase)
        if self._use_folded:
            self._find_folded(sounds, best)
        return sorted(best.values(), key=lambda hit: (hit.first, hit.stop))

    def _find_folded(self, sounds: Sounds, best: dict[tuple[str, int], Hit]) -> None:
        folded, count = sounds.folded, len(sounds.folded)
        for first in range(count):
            node: _Node | None = self._folded
            place = first
            while place < count and node is not None:
                node = node.next.get(folded[place])
                place += 1
                if node is None or not node.ends:
                    continue
                for name, phrase, closeness, _ in node.ends:
                    held = best.get((name, first))
                    if held is None or (held.closeness is Closeness.FOLDED and held.stop < place):
                        best[name, first] = Hit(name, first, place, closeness, phrase)

    def unfinished(self, sounds: Sounds, first: int) -> bool:
        """Whether the text from syllable ``first`` to its end begins a longer phrase."""
        node: _Node | None = self._exact
        for syllable in sounds.syllables[first:]:
            node = node.next.get(syllable) if node is not None else None
            if node is None:
                return False
        return node is not None and bool(node.next)


def _insert(
    root: _Node, syllables: tuple[str, ...], entry: tuple[str, str, Closeness, bool]
) -> None:
    node = root
    for syllable in syllables:
        child = node.next.get(syllable)
        if child is None:
            child = node.next[syllable] = _Node()
        node = child
    if entry not in node.ends:
        node.ends.append(entry)


def _heard_variants(syllables: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    for place, syllable in enumerate(syllables):
        for heard in HEARD_AS.get(syllable, ()):
            yield (*syllables[:place], heard, *syllables[place + 1 :])
