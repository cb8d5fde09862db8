"""Reading a telephone number from speech: group by group, 幺, fillers inside, 就这个号码 (TAX-118).

Mobile numbers need eleven digits that start 13 to 19; fixed lines an area code
or seven to eight digits. Too few or too many are reported, not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bot.language.numbers import DIGITS
from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import LONGEST_READ, sounds_of


class PhoneProblem(str, Enum):
    """Why digits are not a number that can be called."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"


@dataclass(frozen=True)
class PhoneReading:
    """What was read of a telephone number.

    Attributes:
        number: Digits only, or None when there is no valid number.
        same_as_caller: The caller means the number they are calling from.
        partial: The digits heard when they are not (yet) a number.
        problem: What is wrong with ``partial``.
        span: The caller's words.
        repaired: A digit was read by its sound.
    """

    number: str | None
    same_as_caller: bool
    partial: str
    problem: PhoneProblem | None
    span: str
    repaired: bool


_SAME = PhraseTable(
    {
        "same": (
            "[就打]?(是|用|打|留)?(这个|我这个)(号码?|手机号?|电话号?) "
            "[就是]?我?(现在|正在)?打(过来|电话|来|进来)?的(这个|号码?|电话)? (现在|我)打的 打的这个 "
            "来电(的|号码?|显示) 打(这个|回)(来|过来)?就(行|可以|好) "
            "本机 (就|是)这个(号|吧|呀|啊)? 同一个(号码?|电话) 就打这个 就现在这个 (就|还)用这个 "
            "你(那|们)?(那)?边(有)?显示的"
        ),
        "other": "换(一)?个 不是这个 别打这个 另外一个 另一个 不要打这个 不用这个 打不通这个",
        "cue": "电话 手机 号码 座机 联系方式 打我 固话",
        "corrected": "不对 说错了 错了",
    },
    folded=False,
)
_FILLERS = frozenset(" \t,，。.、-－—_呃嗯啊额哦唔那个然后再后面是的到")
_SOFT = {
    "yao": 1, "ling": 0, "lin": 0, "er": 2, "san": 3, "si": 4, "shi": 4, "wu": 5, "liu": 6,
    "qi": 7, "ba": 8, "jiu": 9, "yi": 1, "dong": 0, "liang": 2, "guai": 7, "gou": 9,
}  # fmt: skip
_REPEATED = re.compile("([两二三四2345])个([0-9零〇一幺二两三四五六七八九])")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_FIXED = re.compile(r"0(?:10|2\d|[3-9]\d{2})\d{7,8}")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_SERVICE = re.compile(r"400\d{7}")
_MOBILE_LENGTH = 11
_SHORTEST_PARTIAL = 3
# Without having asked, 这个电话 may be any telephone; 就这个号码 is the caller's.
_PLAIN_STARTS = frozenset("就打来本还我")


@dataclass(frozen=True)
class _Run:
    digits: str
    start: int
    end: int
    soft: bool


def read_phone(text: str, *, expect: bool = False) -> PhoneReading | None:
    """Read a telephone number.

    Args:
        text: What the caller said.
        expect: A number was just asked for, so that digits alone, or part of
            them, count.

    Returns:
        A valid number, the caller's own, or the digits so far; None when the
        text is not about a number.
    """
    text = text[:LONGEST_READ]
    cues = {
        hit.name: hit for hit in _SAME.find(sounds_of(text)) if hit.closeness > Closeness.FOLDED
    }
    corrected = cues.get("corrected")
    start_from = 0
    if corrected is not None:
        start_from = sounds_of(text).ends[corrected.stop - 1]
    for soft in (False, True):
        runs = _runs(text, soft=soft)
        later = [run for run in runs if run.start >= start_from] or runs
        for run in later or ():
            number = _number_in(run.digits, any_local=expect or "cue" in cues)
            if number is not None:
                return PhoneReading(
                    number, False, "", None, text[run.start : run.end], repaired=soft and run.soft
                )
    sounds = sounds_of(text)
    same = cues.get("same")
    if same is not None and "other" not in cues and (expect or same.phrase[0] in _PLAIN_STARTS):
        return PhoneReading(None, True, "", None, sounds.span(same.first, same.stop), False)
    if not (expect or "cue" in cues):
        return None
    runs = [run for run in _runs(text, soft=False) if len(run.digits) >= _SHORTEST_PARTIAL]
    if not runs:
        return None
    run = max(runs, key=lambda one: len(one.digits))
    return PhoneReading(
        None, False, run.digits, _problem(run.digits), text[run.start : run.end], False
    )


def _runs(text: str, *, soft: bool) -> list[_Run]:
    """Strings of digits, fillers inside them skipped."""
    text_of = _REPEATED.sub(lambda m: m.group(2) * DIGITS[m.group(1)] + "\0" * _lost(m), text)
    sounds = (
        dict(zip(sounds_of(text).starts, sounds_of(text).syllables, strict=True)) if soft else {}
    )
    runs: list[_Run] = []
    digits, start, end, used_soft = "", 0, 0, False
    for place, character in enumerate(text_of):
        value = DIGITS.get(character)
        is_soft = False
        if value is None and soft and character not in "\0":
            value = _SOFT.get(sounds.get(place, ""))
            is_soft = value is not None
        if value is not None:
            if not digits:
                start = place
            digits, end, used_soft = digits + str(value), place + 1, used_soft or is_soft
        elif digits and character not in _FILLERS and character != "\0":
            runs.append(_Run(digits, start, end, used_soft))
            digits, used_soft = "", False
    if digits:
        runs.append(_Run(digits, start, end, used_soft))
    return runs


def _lost(match: re.Match[str]) -> int:
    """Characters to pad so that offsets stay true: 三个八 is three digits long."""
    return max(0, len(match.group()) - DIGITS[match.group(1)])


def _number_in(digits: str, *, any_local: bool) -> str | None:
    for pattern in (_MOBILE, _FIXED, _SERVICE):
        if pattern.fullmatch(digits):
            return digits
    if any_local and _LOCAL.fullmatch(digits):
        return digits
    mobiles = [match.group() for match in _MOBILE.finditer(digits)]
    tail = digits[-_MOBILE_LENGTH:]
    # Room and number, or 13系列的 and number, in one breath.
    if (
        len(digits) > _MOBILE_LENGTH
        and len(digits) - _MOBILE_LENGTH <= 6
        and _MOBILE.fullmatch(tail)
    ):
        return tail
    return mobiles[0] if len(mobiles) == 1 and digits.endswith(mobiles[0]) else None


def _problem(digits: str) -> PhoneProblem:
    if len(digits) < _MOBILE_LENGTH:
        return PhoneProblem.TOO_SHORT
    if len(digits) > _MOBILE_LENGTH:
        return PhoneProblem.TOO_LONG
    return PhoneProblem.NOT_A_NUMBER
