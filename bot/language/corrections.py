"""What a caller takes back: 不对是六栋, 不是五栋是六栋, 没有六号，那是三号."""

from __future__ import annotations

import re

from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import sounds_of

_CUES = PhraseTable(
    {
        "corrected": (
            "不对不?对?(是|应该是)? 说错了? 讲错了? 搞错了? 记错了? =错了 应该是 =其实是 更正 改成 哦不(是)? 不不"
        ),
        "not": "不是",
        "is": "=是",
    },
    folded=False,
)
# 没有六号啊，那是三号
_NO_SUCH = re.compile(
    r"没有[\d零一二两三四五六七八九十]{1,5}(?:号|室|栋|幢|单元|楼|层)[^是]{0,6}?是"
)
_DENIED = re.compile(r"(?<!是)不是[第\dA-Za-z零一二两三四五六七八九十幺]")


def only_denies(text: str) -> bool:
    """Whether a number or a letter is said not to be the one (不是五栋)."""
    return _DENIED.search(text) is not None


def segments_of(text: str) -> list[str]:
    """Cut at corrections; what was taken back (不是X是…) is left out."""
    sounds = sounds_of(text)
    cues = [
        (sounds.starts[hit.first], sounds.ends[hit.stop - 1], hit.name)
        for hit in _CUES.find(sounds)
        if hit.closeness is not Closeness.FOLDED
    ]
    cues += [(found.start(), found.start() + 2, "not") for found in _NO_SUCH.finditer(text)]
    pieces: list[str] = []
    start = 0
    denied = False
    for begin, end, name in sorted(cues):
        if begin < start or (name == "not" and text[begin - 1 : begin] == "是"):
            continue
        if name == "corrected":
            if not denied:
                pieces.append(text[start:begin])
            start, denied = end, False
        elif name == "not":
            pieces.append(text[start:begin])
            start, denied = end, True
        elif denied:
            start, denied = end, False
    if not denied:
        pieces.append(text[start:])
    return [piece for piece in pieces if piece.strip()]
