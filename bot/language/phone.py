"""Reading a telephone number from speech: group by group, 幺, fillers inside, 就这个号码 (TAX-118).

Mobile numbers need eleven digits that start 13 to 19; fixed lines an area code
or seven to eight digits. Too few or too many are reported, not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bot.language.heard_digits import DIGITS_HEARD, NEAR
from bot.language.numbers import DIGITS
from bot.language.phone_numbers import MOBILE, is_number, residents_number, without_country
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
# What may stand between the digits of one number.
_BETWEEN = re.compile(
    r"(?:[\s,，。.、\-－—_:：]|呃|嗯|啊|额|哦|唔|哎|那个|然后|接着|再|后面|中间|是|的|到|对|没错|我?想[想讲一]下?|等一?下|等等|我看看)*"
)
_CORRECTED = re.compile(
    r"不对|错了|说错|不不|不是|应该是|更正|改成|(?:最后|末尾?|后面?)(?:的)?(?:[一两二三四]位)?(?:数字?)?(?:是|应该是)|尾号(?:应该)?是"
)
_D = "0-9０-９零〇○洞一幺二两三四五六七八九拐勾"
# 四个零; 一百三十三; 一三八零.
_TOKEN = re.compile(
    rf"(?P<times>[两二三四五六七八2-8])个(?P<digit>[{_D}])"
    rf"|(?<![{_D}])[一幺1]百(?P<tens>[三四五六七八九3-9])十(?P<ones>[{_D}])?"
    rf"|(?P<plain>[{_D}])"
)
# A digit before these counts something: 三台空调.
_MEASURE = re.compile(r"[个台年岁月天次件户口楼层栋幢座单室点块元人间只条斤度平期样号]")
_LAND_LINE = re.compile(r"[座坐做左]机|固话|固定电话|家里的?电话")
_TELEPHONE_BEFORE = re.compile(r"电话(?:号码?)?是?[\s,，]*$")
_EXPLICIT = re.compile(rf"[两二三四五六七八2-8]个[{_D}]")
_ONLY_DIGITS = re.compile(rf"[{_D}\s,，。.、\-呃嗯啊额哦个吧是的对]*")
_SHORTEST_PARTIAL = 3
_LEAST_WITHOUT_CUE = 6
_MOST_SOFT_COST = 4.5
_LEAST_SOFT_COST = 1.0
_MORE_IF_WHOLE = 2.0
_MOST_WINDOWS = 40
_MOBILE_LENGTH = 11
# Without having asked, 这个电话 may be any telephone; 就这个号码 is the caller's.
_PLAIN_STARTS = frozenset("就打来本还我")


@dataclass(frozen=True)
class _Group:
    """Digits said without a pause."""

    digits: str
    start: int
    end: int


@dataclass(frozen=True)
class _Syllable:
    """A character that is a digit, or may be one by its sound."""

    meanings: tuple[tuple[str, float], ...]
    start: int
    end: int

    @property
    def written(self) -> bool:
        return self.meanings[0][1] == 0


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
    runs = _runs(text)
    local = _LAND_LINE.search(text) is not None or (
        expect and _ONLY_DIGITS.fullmatch(text) is not None
    )
    found = _corrected(runs, text, local)
    repaired = False
    if found is None:
        most = _MOST_SOFT_COST if cued else _LEAST_SOFT_COST
        found = _by_sound(text, most) or _by_sound(text, most, fillers=False)
        repaired = True
    if found is None or not _EXPLICIT.search(text):
        residents = _of_resident(runs if found is None else [[found]], roster, cued)
        if residents is not None and residents != found:
            found, repaired = residents, True
    if found is not None:
        return PhoneReading(found.digits, False, "", None, text[found.start : found.end], repaired)
    same = cues.get("same")
    if same is not None and "other" not in cues and (expect or same.phrase[0] in _PLAIN_STARTS):
        return PhoneReading(None, True, "", None, sounds.span(same.first, same.stop), False)
    whole = [_joined(run) for run in runs]
    whole = [run for run in whole if len(run.digits) >= _SHORTEST_PARTIAL]
    if not cued or not whole:
        return None
    run = max(whole, key=lambda one: len(one.digits))
    return PhoneReading(
        None, False, run.digits, _problem(run.digits), text[run.start : run.end], False
    )


def _groups(text: str) -> list[_Group]:
    groups: list[_Group] = []
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
            groups[-1] = _Group(last.digits + digits, last.start, token.end())
        else:
            groups.append(_Group(digits, token.start(), token.end()))
    return groups


def _runs(text: str) -> list[list[_Group]]:
    """Groups with nothing but fillers between them."""
    runs: list[list[_Group]] = []
    for group in _groups(text):
        if runs and _BETWEEN.fullmatch(text, runs[-1][-1].end, group.start):
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs


def _joined(run: list[_Group]) -> _Group:
    digits = "".join(group.digits for group in run)
    return _Group(digits, run[0].start, run[-1].end)


def _corrected(runs: list[list[_Group]], text: str, local: bool) -> _Group | None:
    """The number after all corrections: a new one, or new last digits of the old one."""
    held: _Group | None = None
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
        said = _joined(run)
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
                    held, valid = _Group(digits, held.start, said.end), True
                    break
    return held if valid else None


def _number_in(run: list[_Group], *, local: bool) -> _Group | None:
    """A number that some consecutive groups make, the longest first, then the earliest."""
    found: list[_Group] = []
    for first in range(min(len(run), _MOST_WINDOWS)):
        for stop in range(first + 1, len(run) + 1):
            part = _joined(run[first:stop])
            digits = without_country(part.digits)
            if len(digits) > 13:
                break
            whole = first == 0 and stop == len(run)
            if is_number(digits, local=whole and local):
                found.append(_Group(digits, part.start, part.end))
    if found:
        return max(found, key=lambda group: (len(group.digits), -group.start))
    whole_run = _joined(run)
    digits = whole_run.digits
    if len(digits) == _MOBILE_LENGTH and digits[0] == "0" and MOBILE.fullmatch("1" + digits[1:]):
        # A first 幺 is often heard as 零; no area has such a code.
        return _Group("1" + digits[1:], whole_run.start, whole_run.end)
    tail = digits[-_MOBILE_LENGTH:]
    # Room and number, or 13系列的 and number, in one breath.
    if _MOBILE_LENGTH < len(digits) <= _MOBILE_LENGTH + 6 and MOBILE.fullmatch(tail):
        mobiles = [match.group() for match in MOBILE.finditer(digits)]
        if mobiles[0] == tail or not digits.startswith(mobiles[0]):
            return _Group(tail, whole_run.end - _MOBILE_LENGTH, whole_run.end)
    return None


def _by_sound(text: str, most_cost: float, *, fillers: bool = True) -> _Group | None:
    """Eleven syllables in a row that can be a mobile number, most of them digits as written.

    Args:
        text: What was heard.
        most_cost: What the doubtful syllables may cost together.
        fillers: Leave fillers out; without, 是 may be a 四.
    """
    best: tuple[float, _Group] | None = None
    run: list[_Syllable] = []
    for syllable in [*_syllables(text, fillers), None]:
        if syllable is not None and (
            not run
            or syllable.start < run[-1].end
            or _BETWEEN.fullmatch(text, run[-1].end, syllable.start)
        ):
            run.append(syllable)
            continue
        for first in range(len(run) - _MOBILE_LENGTH + 1):
            stop = first + _MOBILE_LENGTH
            window = _as_mobile(run[first:stop])
            if window is None or _goes_on(run, first, stop, window[1].digits):
                continue
            whole = first == 0 and stop == len(run)
            most = most_cost + (_MORE_IF_WHOLE if whole and most_cost > _LEAST_SOFT_COST else 0)
            if window[0] <= most and (best is None or window[0] < best[0]):
                best = window
        run = [syllable] if syllable is not None else []
    return best[1] if best is not None else None


def _goes_on(run: list[_Syllable], first: int, stop: int, digits: str) -> bool:
    """Whether there is a digit more on either side, so that it is no number.

    A beginning said twice (一三三，幺三三六个八) is none.
    """
    if any(one.written for one in run[stop : stop + 1]):
        return True
    before = "".join(one.meanings[0][0] for one in run[:first])
    return first > 0 and run[first - 1].written and not digits.startswith(before)


def _syllables(text: str, fillers: bool) -> list[_Syllable]:
    """What may be digits, 六个八 as six."""
    sounds = sounds_of(text)
    at = dict(zip(sounds.starts, sounds.syllables, strict=True))
    found: list[_Syllable] = []
    place = 0
    while place < len(text):
        times = _EXPLICIT.match(text, place)
        if times:
            digit = ((str(DIGITS[times.group()[-1]]), 0.0),)
            found += [_Syllable(digit, place, times.end())] * DIGITS[times.group()[0]]
            place = times.end()
            continue
        character = text[place]
        if character in DIGITS:
            found.append(_Syllable(((str(DIGITS[character]), 0.0),), place, place + 1))
        else:
            heard = DIGITS_HEARD.get(at.get(place, ""), ())
            meanings = tuple(one for one in heard if one[1] <= NEAR and one[0] != "X")
            if meanings and not (fillers and _BETWEEN.fullmatch(character)):
                found.append(_Syllable(meanings, place, place + 1))
        place += 1
    return found


def _as_mobile(window: list[_Syllable]) -> tuple[float, _Group] | None:
    digits, cost = "", 0.0
    for place, syllable in enumerate(window):
        wanted = "1" if place == 0 else "3456789" if place == 1 else "0123456789"
        fitting = [meaning for meaning in syllable.meanings if meaning[0] in wanted]
        if not fitting:
            return None
        digits += fitting[0][0]
        cost += fitting[0][1]
    return cost, _Group(digits, window[0].start, window[-1].end)


def _of_resident(runs: list[list[_Group]], roster: Roster | None, cued: bool) -> _Group | None:
    """The resident's number behind digits that are none (136002 for 13600002222)."""
    if roster is None:
        return None
    numbers = [resident.phone for resident in roster.residents if resident.phone]
    for run in runs:
        said = _joined(run)
        if not cued and (len(said.digits) < _LEAST_WITHOUT_CUE or said.digits[0] != "1"):
            continue
        number = residents_number(said.digits, numbers)
        if number is not None and number != said.digits:
            return _Group(number, said.start, said.end)
    return None


def _problem(digits: str) -> PhoneProblem:
    if len(digits) < _MOBILE_LENGTH:
        return PhoneProblem.TOO_SHORT
    if len(digits) > _MOBILE_LENGTH:
        return PhoneProblem.TOO_LONG
    return PhoneProblem.NOT_A_NUMBER
