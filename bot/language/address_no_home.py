"""Numbers that stand where a home may be named, and name none: 一栋楼三十层, 六层, 打120."""

from __future__ import annotations

import re

from bot.language.address_tokens import Codes

_COUNTED = re.compile(
    r"[个人天次块元平米度吨路月年点分岁斤遍台把件层楼栋幢座期%％]|号?车位|号线|小时|公交|多|来[个块岁]|左右|开头|打头|系列"
)
_UNIT_OR_ROOM = "[\\s,，的]*(?:[一二两三四五六幺\\d]单元|[零一二两三四五六七八九十百幺\\d]{3})"
_A_UNIT_OR_ROOM = re.compile(_UNIT_OR_ROOM)
_PLACE_IN_BUILDING = re.compile(f"[道上下顶梯层门里前后口]|{_UNIT_OR_ROOM}")
_CALLED_BEFORE = re.compile(r"[打拨叫通]了?[过个]?$")
_SERVICES = frozenset("110 119 120 122 114 112 12345 95598".split())


def counts_something(text: str, end: int) -> bool:
    """Whether what follows a number that ends here makes it no room: 六层, 三百元, 八零六路."""
    return _COUNTED.match(text, end) is not None


def counts_buildings(codes: Codes, item: re.Match[str]) -> bool:
    """Whether what looks like a building's number is none: 一栋楼三十层, 哪一栋."""
    text, start = codes.text, codes.starts[item.start()]
    end = codes.ends[item.end() - 1]
    before = text[max(0, start - 1) : start]
    if before in ("共", "有") and _A_UNIT_OR_ROOM.match(text, end) is None:
        return True
    if item["b"] not in ("1", "2"):
        return False
    if text[end - 1] == "楼" and text[end - 2] in "栋幢座":
        return _PLACE_IN_BUILDING.match(text, end) is None
    return text[start] in "一两" and before in tuple("哪那这每整另某同")


def is_service(number: str, text: str, start: int, *, known: bool) -> bool:
    """Whether a number is that of an emergency or public service.

    Args:
        number: Its digits.
        text: What was said.
        start: Where in it the number is said.
        known: There is a room of that number; it is one unless it was called (打120).
    """
    called = _CALLED_BEFORE.search(text, max(0, start - 3), start) is not None
    return number in _SERVICES and (called or not known)
