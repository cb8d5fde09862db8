"""What a digit, a letter or a mark of an address sounds like once a telephone and a recogniser had it.

Measured by speaking addresses, telephone and ticket numbers down a line of 8 to 20 dB and aligning
what the packaged recogniser wrote with what was said, syllable by syllable. Near readings happen
in every sense of the word, far ones only count where the rest of a number leaves no doubt.
"""

from __future__ import annotations

from functools import lru_cache

SAME, NEAR, FAR = 0.5, 1.0, 1.6
"""Cost of a homophone, of a near and of a far reading; a digit written as one costs nothing."""

# Digit (X is ten): syllables it is, near ones, far ones.
_DIGITS: dict[str, tuple[str, str, str]] = {
    "0": ("ling lin", "lian ning lei leng dong zhong", "liu"),
    "1": ("yi yao", "you ya yang ye ying yin", "yun yu niao"),
    "2": ("er liang", "ai e niang wai lia", "an wan lai lian suan"),
    "3": ("san", "shan sang sa", "zhan zhen can shen"),
    "4": ("si", "shi zi ci zhi", "suan shuo shu su"),
    "5": ("wu", "hu gu mu", "ru lu wo fu"),
    "6": ("liu", "niu lou", "lu miao"),
    "7": ("qi guai", "ji xi qu gui", "qing chi"),
    "8": ("ba", "pa fa bai", "fan ban fei"),
    "9": ("jiu gou", "you qiu xiu", "jiao zhou"),
    "X": ("shi", "si xi xu shu xue", "xun shui zhi"),
}
# Letters that name buildings.
_LETTERS: dict[str, tuple[str, str, str]] = {
    "A": ("@a ei ai", "a", "wei lei lai"),
    "B": ("@b bi", "di pi bei", "bai bing"),
    "C": ("@c xi", "sei", "si"),
    "D": ("@d di", "ti", ""),
    "E": ("@e yi", "", ""),
}
# 栋 and 幢; 座; as they end a building's name.
_BUILDING: tuple[str, str, str] = (
    "dong zhuang zuo", "zhong chong duo chuang tong dou lou dao", "zhou shu gong tu song jiao cheng chen zhao zai du",
)  # fmt: skip
_LETTER_MARK: tuple[str, str, str] = ("zuo", "dong zai cuo zao", "zi che bu zhuang")
_FIRST_OF_UNIT = frozenset("dan dang tan gan san ting dian".split())
_SECOND_OF_UNIT = frozenset("yuan yan ren wang wan yun".split())
_HOUSE: tuple[str, str, str] = ("hao", "hou", "")
_FLOOR: tuple[str, str, str] = ("lou", "luo lu", "nong lao")
_DASH: tuple[str, str, str] = ("gang", "gao kang", "gong")


def _by_sound(table: dict[str, tuple[str, str, str]]) -> dict[str, tuple[tuple[str, float], ...]]:
    found: dict[str, dict[str, float]] = {}
    for meant, tiers in table.items():
        for cost, syllables in zip((SAME, NEAR, FAR), tiers, strict=True):
            for syllable in syllables.split():
                found.setdefault(syllable, {}).setdefault(meant, cost)
    return {
        syllable: tuple(sorted(meanings.items(), key=lambda pair: pair[1]))
        for syllable, meanings in found.items()
    }


def _costs(tiers: tuple[str, str, str]) -> dict[str, float]:
    return {syllable: cost for syllable, ((_, cost),) in _by_sound({"": tiers}).items()}


DIGITS_HEARD = _by_sound(_DIGITS)
"""Syllable to the digits it may be, each with its cost, the likeliest first."""

LETTERS_HEARD = _by_sound(_LETTERS)
"""Syllable to the building letters it may be."""

BUILDING_HEARD = _costs(_BUILDING)
"""Syllable to the cost of taking it for 栋, 幢 or 座."""

LETTER_MARK_HEARD = _costs(_LETTER_MARK)
"""Syllable to the cost of taking it for 座 after a letter."""

DASH_HEARD = _costs(_DASH)
"""Syllable to the cost of taking it for 杠."""

HOUSE_HEARD = _costs(_HOUSE)
"""Syllable to the cost of taking it for the 号 of 号楼."""

FLOOR_HEARD = _costs(_FLOOR)
"""Syllable to the cost of taking it for 楼."""


@lru_cache(maxsize=4096)
def sounds_like_unit(first: str, second: str) -> float | None:
    """Cost of taking two syllables for 单元, or None when they are nothing like it."""
    if first not in _FIRST_OF_UNIT or second not in _SECOND_OF_UNIT:
        return None
    if first == "dan" and second == "yuan":
        return SAME
    return NEAR if first == "dan" or second == "yuan" else None
