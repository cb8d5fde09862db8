"""Reading a telephone number from speech: group by group, 幺, fillers inside, 就这个号码 (TAX-118).

Mobile numbers need eleven digits that start 13 to 19; fixed lines an area code
or seven to eight digits. Too few or too many are reported, not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bot.language.phone_groups import DIGIT, EXPLICIT, Group, joined, runs_of
from bot.language.phone_numbers import MOBILE, is_number, without_country
from bot.language.phone_sound import ASKED_COST, UNASKED_COST, mobile_by_sound
from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import LONGEST_READ, sounds_of
from bot.language.roster import Roster


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
        repaired: A digit was read by its sound, or a resident's number explains the digits.
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
    },
    folded=False,
)
_CORRECTED = re.compile(
    r"不对|错了|说错|不不|不是|应该是|更正|改成|(?:最后|末尾?|后面?)(?:的)?(?:[一两二三四]位)?(?:数字?)?(?:是|应该是)|尾号(?:应该)?是"
)
_LAND_LINE = re.compile(r"[座坐做左]机|固话|固定电话|家里的?电话")
_TELEPHONE_BEFORE = re.compile(r"电话(?:号码?)?是?[\s,，]*$")
_ONLY_DIGITS = re.compile(rf"[{DIGIT}\s,，。.、\-呃嗯啊额哦个吧是的对]*")
_SHORTEST_PARTIAL = 3
_LEAST_WITHOUT_CUE = 6
_MOST_WINDOWS = 40
_MOBILE_LENGTH = 11
# Without having asked, 这个电话 may be any telephone; 就这个号码 is the caller's.
_PLAIN_STARTS = frozenset("就打来本还我")


def read_phone(
    text: str, *, expect: bool = False, roster: Roster | None = None
) -> PhoneReading | None:
    """Read a telephone number.

    Args:
        text: What the caller said.
        expect: A number was just asked for, so that digits alone, or part of
            them, count.
        roster: Residents, whose numbers explain digits that are no number.

    Returns:
        A valid number, the caller's own, or the digits so far; None when the
        text is not about a number.
    """
    text = text[:LONGEST_READ]
    sounds = sounds_of(text)
    cues = {hit.name: hit for hit in _SAME.find(sounds) if hit.closeness > Closeness.FOLDED}
    cued = expect or "cue" in cues
    runs = runs_of(text)
    local = _LAND_LINE.search(text) is not None or (
        expect and _ONLY_DIGITS.fullmatch(text) is not None
    )
    found = _corrected(runs, text, local)
    repaired = False
    if found is None:
        most = ASKED_COST if cued else UNASKED_COST
        found = mobile_by_sound(text, most) or mobile_by_sound(text, most, fillers=False)
        repaired = True
    if found is None or not EXPLICIT.search(text):
        residents = _of_resident(runs if found is None else [[found]], roster, cued)
        if residents is not None and residents != found:
            found, repaired = residents, True
    if found is not None:
        return PhoneReading(found.digits, False, "", None, text[found.start : found.end], repaired)
    same = cues.get("same")
    if same is not None and "other" not in cues and (expect or same.phrase[0] in _PLAIN_STARTS):
        return PhoneReading(None, True, "", None, sounds.span(same.first, same.stop), False)
    whole = [joined(run) for run in runs]
    whole = [run for run in whole if len(run.digits) >= _SHORTEST_PARTIAL]
    if not cued or not whole:
        return None
    run = max(whole, key=lambda one: len(one.digits))
    return PhoneReading(
        None, False, run.digits, _problem(run.digits), text[run.start : run.end], False
    )


def _corrected(runs: list[list[Group]], text: str, local: bool) -> Group | None:
    """The number after all corrections: a new one, or new last digits of the old one."""
    held: Group | None = None
    valid = False
    for run in runs:
        before = text[held.end : run[0].start] if held is not None else ""
        called = _TELEPHONE_BEFORE.search(text, 0, run[0].start) is not None
        number = _number_in(run, local=local or called)
        corrects = _CORRECTED.search(before) is not None
        if number is not None:
            if held is None or not valid or corrects:
                held, valid = number, True
            continue
        said = joined(run)
        if held is None or (not valid and not corrects):
            held = said if not valid else held
            continue
        if corrects:
            for kept in (
                len(held.digits) - len(said.digits),
                len(held.digits) - len(run[0].digits),
            ):
                digits = held.digits[: max(0, kept)] + said.digits
                if kept > 0 and is_number(digits, local=local):
                    held, valid = Group(digits, held.start, said.end), True
                    break
    return held if valid else None


def _number_in(run: list[Group], *, local: bool) -> Group | None:
    """A number that some consecutive groups make, the longest first, then the earliest."""
    found: list[Group] = []
    for first in range(min(len(run), _MOST_WINDOWS)):
        for stop in range(first + 1, len(run) + 1):
            part = joined(run[first:stop])
            digits = without_country(part.digits)
            if len(digits) > 13:
                break
            whole = first == 0 and stop == len(run)
            if is_number(digits, local=whole and local):
                found.append(Group(digits, part.start, part.end))
    if found:
        return max(found, key=lambda group: (len(group.digits), -group.start))
    whole_run = joined(run)
    digits = whole_run.digits
    if len(digits) == _MOBILE_LENGTH and digits[0] == "0" and MOBILE.fullmatch("1" + digits[1:]):
        # A first 幺 is often heard as 零; no area has such a code.
        return Group("1" + digits[1:], whole_run.start, whole_run.end)
    tail = digits[-_MOBILE_LENGTH:]
    # Room and number, or 13系列的 and number, in one breath.
    if _MOBILE_LENGTH < len(digits) <= _MOBILE_LENGTH + 6 and MOBILE.fullmatch(tail):
        mobiles = [match.group() for match in MOBILE.finditer(digits)]
        if mobiles[0] == tail or not digits.startswith(mobiles[0]):
            return Group(tail, whole_run.end - _MOBILE_LENGTH, whole_run.end)
    return None


def _of_resident(runs: list[list[Group]], roster: Roster | None, cued: bool) -> Group | None:
    """The resident's number behind digits that are none (136002 for 13600002222)."""
    if roster is None:
        return None
    for run in runs:
        said = joined(run)
        if not cued and (len(said.digits) < _LEAST_WITHOUT_CUE or said.digits[0] != "1"):
            continue
        number = roster.phone_book.behind(said.digits)
        if number is not None:
            return Group(number, said.start, said.end)
    return None


def _problem(digits: str) -> PhoneProblem:
    if len(digits) < _MOBILE_LENGTH:
        return PhoneProblem.TOO_SHORT
    if len(digits) > _MOBILE_LENGTH:
        return PhoneProblem.TOO_LONG
    return PhoneProblem.NOT_A_NUMBER
