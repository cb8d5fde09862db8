"""A spoken address as a string of one-letter codes that regular expressions can read.

Digits stand for themselves, X H K for 十 百 千, B building (栋 幢 座 号楼), U unit,
F floor, R room, P phase, h 号, G below ground, ``-`` a dash, L a latin letter, y 是,
``.`` anything else. Fillers vanish. In the soft alphabet small letters a to j are
characters that merely sound like the digits 0 to 9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.numbers import DIGIT_SOUNDS, DIGITS, UNITS
from bot.language.pinyin import fold, sounds_of

_WORDS = {
    "号楼": "B", "号院": "B", "#楼": "B", "栋楼": "B", "幢楼": "B", "座楼": "B",
    "单元": "U", "房间": "R", "房号": "R", "室号": "R", "门牌": "R", "地下": "G",
}  # fmt: skip
_MARKS = {
    "栋": "B", "幢": "B", "棟": "B", "座": "B", "#": "B", "＃": "B",
    "室": "R", "房": "R", "户": "R",
    "楼": "F", "层": "F", "樓": "F", "層": "F",
    "期": "P", "区": "P",
    "号": "h", "負": "G", "负": "G",
    "-": "-", "－": "-", "—": "-", "–": "-", "杠": "-", "横": "-", "/": "-", "是": "y",
}  # fmt: skip
_FILLERS = frozenset(" \t\n,，。.、!！?？~～呃嗯啊额哦唔的第那这个就")
_UNIT_LETTERS = {10: "X", 100: "H", 1000: "K"}
_NOT_ALONE = frozenset("洞拐勾")
_BUILDING_SOUNDS = frozenset(("dong", "dao", "duo", "tong"))


@dataclass(frozen=True)
class Codes:
    """The code string and, for each code, the range of the text it came from."""

    text: str
    codes: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, first: int, stop: int) -> tuple[int, int]:
        """Text range of codes ``first`` to ``stop`` (exclusive)."""
        return self.starts[first], self.ends[stop - 1]


def encode(text: str, *, soft: bool = False) -> Codes:
    """Turn a text into codes; ``soft`` lets sound stand in for characters."""
    codes: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    sounds = sounds_of(text)
    syllable_at = dict(zip(sounds.starts, sounds.syllables, strict=True)) if soft else {}
    place = 0
    while place < len(text):
        code, size = _hard(text, place, codes)
        if code is None and soft:
            code, size = _soft(text, place, syllable_at)
        if code is None:
            code = "."
        if code:
            codes.append(code)
            starts.append(place)
            ends.append(place + size)
        place += size
    return Codes(text, "".join(codes), tuple(starts), tuple(ends))


def _hard(text: str, place: int, codes: list[str]) -> tuple[str | None, int]:
    pair = text[place : place + 2]
    if pair in _WORDS:
        return _WORDS[pair], 2
    character = text[place]
    if character in _FILLERS:
        return "", 1
    if character in DIGITS and character not in _NOT_ALONE:
        return str(DIGITS[character]), 1
    if UNITS.get(character) in _UNIT_LETTERS:
        return _UNIT_LETTERS[UNITS[character]], 1
    if character in _MARKS:
        code = _MARKS[character]
        if code == "P" and not (codes and codes[-1] in "0123456789XAB"):
            return None, 1
        return code, 1
    if character.isascii() and character.isalpha():
        return "L", 1
    return None, 1


def _soft(text: str, place: int, syllable_at: dict[int, str]) -> tuple[str, int]:
    syllable = syllable_at.get(place, "")
    following = syllable_at.get(place + 1, "")
    if fold(syllable) == "dan" and fold(following) == "yuan":
        return "U", 2
    digit = DIGIT_SOUNDS.get(syllable)
    if syllable in _BUILDING_SOUNDS:
        return "B", 1
    if digit is not None:
        return "abcdefghij"[digit], 1
    return ".", 1


_SOFT_DIGITS = re.compile("[a-j]")


def harden(number: str) -> str:
    """Replace soft digits by the digits they sound like."""
    return _SOFT_DIGITS.sub(lambda match: str("abcdefghij".index(match.group())), number)
