"""Digits of a telephone number as they are said: in groups, with fillers, 四个零, 一百三十三."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.numbers import DIGITS

# What may stand between the digits of one number.
BETWEEN = re.compile(
    r"(?:[\s,，。.、\-－—_:：]|呃|嗯|啊|额|哦|唔|哎|那个|然后|接着|再|后面|中间|是|的|到|对|没错|我?想[想讲一]下?|等一?下|等等|我看看)*"
)
DIGIT = "0-9０-９零〇○洞一幺二两三四五六七八九拐勾"
# 四个零; 一百三十三; 一三八零.
_TOKEN = re.compile(
    rf"(?P<times>[两二三四五六七八2-8])个(?P<digit>[{DIGIT}])"
    rf"|(?<![{DIGIT}])[一幺1]百(?P<tens>[三四五六七八九3-9])十(?P<ones>[{DIGIT}])?"
    rf"|(?P<plain>[{DIGIT}])"
)
# A digit before these counts something: 三台空调.
_MEASURE = re.compile(r"[个台年岁月天次件户口楼层栋幢座单室点块元人间只条斤度平期样号]")
EXPLICIT = re.compile(rf"[两二三四五六七八2-8]个[{DIGIT}]")


@dataclass(frozen=True)
class Group:
    """Digits said without a pause."""

    digits: str
    start: int
    end: int


def _groups(text: str) -> list[Group]:
    groups: list[Group] = []
    for token in _TOKEN.finditer(text):
        if token["plain"]:
            digits = str(DIGITS[token["plain"]])
            if _MEASURE.match(text, token.end()):
                continue
        elif token["digit"]:
            digits = str(DIGITS[token["digit"]]) * DIGITS[token["times"]]
        else:
            ones = DIGITS[token["ones"]] if token["ones"] else 0
            digits = f"1{DIGITS[token['tens']]}{ones}"
        last = groups[-1] if groups else None
        if last is not None and last.end == token.start() and token["plain"]:
            groups[-1] = Group(last.digits + digits, last.start, token.end())
        else:
            groups.append(Group(digits, token.start(), token.end()))
    return groups


def runs_of(text: str) -> list[list[Group]]:
    """Groups with nothing but fillers between them."""
    runs: list[list[Group]] = []
    for group in _groups(text):
        if runs and BETWEEN.fullmatch(text, runs[-1][-1].end, group.start):
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs


def joined(run: list[Group]) -> Group:
    """A run as one group."""
    digits = "".join(group.digits for group in run)
    return Group(digits, run[0].start, run[-1].end)
