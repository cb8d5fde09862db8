"""A spoken address as a string of one-letter codes that regular expressions can read.

Digits stand for themselves, X H K for 十 百 千, B building (栋 幢 号楼), Z 座, U unit, M 门, F floor,
R room, P phase, h 号, G below ground, d 第, c a counting 个, ``-`` a dash, L a latin letter, ``_``
a pause between two numerals, ``.`` anything else. Fillers vanish. In the soft alphabet a character
that may be a digit or a mark by its sound becomes a private symbol of its syllable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.language.heard_digits import (
    BUILDING_HEARD,
    DASH_HEARD,
    DIGITS_HEARD,
    FLOOR_HEARD,
    HOUSE_HEARD,
    LETTER_MARK_HEARD,
    LETTERS_HEARD,
    sounds_like_unit,
)
from bot.language.numbers import DIGITS, UNITS
from bot.language.pinyin import sounds_of

_WORDS = {
    "号楼": "B", "号院": "B", "#楼": "B", "栋楼": "B", "幢楼": "B", "座楼": "B",
    "单元": "U", "房间": "R", "房号": "R", "室号": "R", "门牌": "R", "地下": "G",
}  # fmt: skip
_MARKS = {
    "栋": "B", "幢": "B", "棟": "B", "#": "B", "＃": "B", "座": "Z",
    "室": "R", "房": "R", "户": "R",
    "楼": "F", "层": "F", "樓": "F", "層": "F",
    "期": "P", "区": "P",
    "号": "h", "門": "M", "门": "M", "負": "G", "负": "G", "第": "d", "-": "-", "－": "-", "—": "-", "–": "-", "杠": "-", "横": "-", "/": "-",
}  # fmt: skip
_NEEDS_NUMBER = frozenset("PMc")
_FILLERS = frozenset(" \t\n,，。.、!！?？~～呃嗯啊额哦唔的那这就是")
_UNIT_LETTERS = {10: "X", 100: "H", 1000: "K"}
# 洞 is 0 or 栋; 拐 and 勾 are digits only among digits.
_DIGIT_WORDS = {"洞": "o", "拐": "g", "勾": "q"}
AMONG_DIGITS = {"o": "0", "g": "7", "q": "9"}
"""Codes of characters that are digits only beside others."""

_NUMERAL = frozenset("0123456789XHK")
_FIRST_SYMBOL = 0xE000


@dataclass(frozen=True)
class Codes:
    """The code string and, for each code, the range of the text it came from."""

    text: str
    codes: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


_SYLLABLES = sorted(
    {
        *DIGITS_HEARD,
        *LETTERS_HEARD,
        *BUILDING_HEARD,
        *LETTER_MARK_HEARD,
        *DASH_HEARD,
        *HOUSE_HEARD,
        *FLOOR_HEARD,
    }
)
_SYMBOL = {syllable: chr(_FIRST_SYMBOL + place) for place, syllable in enumerate(_SYLLABLES)}
_SYLLABLE = {symbol: syllable for syllable, symbol in _SYMBOL.items()}


def symbols_of(syllables: Iterable[str]) -> str:
    """The symbols of some syllables, to be put into a character class."""
    return "".join(_SYMBOL[syllable] for syllable in syllables)


def meanings_of(
    symbol: str, table: Mapping[str, tuple[tuple[str, float], ...]]
) -> tuple[tuple[str, float], ...]:
    """What a soft symbol may mean by a table of ``heard_digits``."""
    return table.get(_SYLLABLE.get(symbol, ""), ())


def cost_of(symbol: str, table: Mapping[str, float]) -> float | None:
    """What taking a soft symbol for a mark costs."""
    return table.get(_SYLLABLE.get(symbol, ""))


def encode(text: str, *, soft: bool = False) -> Codes:
    """Turn a text into codes; ``soft`` lets sound stand in for characters."""
    codes: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    syllable_at: dict[int, str] = {}
    if soft:
        sounds = sounds_of(text)
        syllable_at = dict(zip(sounds.starts, sounds.syllables, strict=True))
    place, paused = 0, False
    while place < len(text):
        before = codes[-1] if codes else ""
        code, size = _hard(text, place, before)
        if soft:
            code, size = _softened(place, code, size, syllable_at)
        if code == "":
            paused = True
        else:
            if paused and code in _NUMERAL and before in _NUMERAL:
                codes.append("_")
                starts.append(place)
                ends.append(place)
            # 八零二的，楼上…: a floor's number stands right before its 楼.
            codes.append("." if code == "F" and paused else code)
            starts.append(place)
            ends.append(place + size)
            paused = False
        place += size
    return Codes(text, "".join(codes), tuple(starts), tuple(ends))


def _hard(text: str, place: int, before: str) -> tuple[str, int]:
    pair = text[place : place + 2]
    if pair in _WORDS:
        return _WORDS[pair], 2
    character = text[place]
    if (
        character == "."
        and text[place - 1 : place].isdigit()
        and text[place + 1 : place + 2].isdigit()
    ):
        # 3.2单元
        return "-", 1
    if character in _FILLERS:
        return "", 1
    if character in _DIGIT_WORDS:
        return _DIGIT_WORDS[character], 1
    if character in DIGITS:
        return str(DIGITS[character]), 1
    if UNITS.get(character) in _UNIT_LETTERS:
        return _UNIT_LETTERS[UNITS[character]], 1
    if character == "个":
        return ("c", 1) if before in _NUMERAL else ("", 1)
    code = _MARKS.get(character)
    if code is not None:
        if code in _NEEDS_NUMBER and before not in _NUMERAL and before != "L":
            return ".", 1
        return code, 1
    if _is_letter(character):
        alone = not _is_letter(text[place - 1 : place]) and not _is_letter(
            text[place + 1 : place + 2]
        )
        return ("L", 1) if alone else (".", 1)
    return ".", 1


def _is_letter(character: str) -> bool:
    return len(character) == 1 and (
        "a" <= character.lower() <= "z" or "ａ" <= character.lower() <= "ｚ"
    )


def _softened(place: int, code: str, size: int, syllable_at: Mapping[int, str]) -> tuple[str, int]:
    if size == 2:
        return code, size
    syllable, following = syllable_at.get(place, ""), syllable_at.get(place + 1, "")
    cost = sounds_like_unit(syllable, following)
    if cost is not None:
        return "u", 2
    if code == ".":
        return _SYMBOL.get(syllable, "."), 1
    return code, size


def letter_at(codes: Codes, place: int) -> str:
    """The latin letter behind the code at ``place``, as buildings are written."""
    character = codes.text[codes.starts[place]]
    if ord(character) >= 0xFF00:
        character = chr(ord(character) - 0xFEE0)
    return character.upper()
