"""A mobile number by its sound: eleven syllables in a row of which most were written as digits."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.heard_digits import DIGITS_HEARD, NEAR
from bot.language.numbers import DIGITS
from bot.language.phone_groups import BETWEEN, EXPLICIT, Group
from bot.language.pinyin import sounds_of

ASKED_COST = 4.5
UNASKED_COST = 1.0
_MORE_IF_WHOLE = 2.0
_MOBILE_LENGTH = 11


@dataclass(frozen=True)
class _Syllable:
    """A character that is a digit, or may be one by its sound."""

    meanings: tuple[tuple[str, float], ...]
    start: int
    end: int

    @property
    def written(self) -> bool:
        return self.meanings[0][1] == 0


def mobile_by_sound(text: str, most_cost: float, *, fillers: bool = True) -> Group | None:
    """Eleven syllables in a row that can be a mobile number, most of them digits as written.

    Args:
        text: What was heard.
        most_cost: What the doubtful syllables may cost together.
        fillers: Leave fillers out; without, 是 may be a 四.
    """
    best: tuple[float, Group] | None = None
    run: list[_Syllable] = []
    for syllable in [*_syllables(text, fillers), None]:
        if syllable is not None and (
            not run
            or syllable.start < run[-1].end
            or BETWEEN.fullmatch(text, run[-1].end, syllable.start)
        ):
            run.append(syllable)
            continue
        for first in range(len(run) - _MOBILE_LENGTH + 1):
            stop = first + _MOBILE_LENGTH
            window = _as_mobile(run[first:stop])
            if window is None or _goes_on(run, first, stop, window[1].digits):
                continue
            whole = first == 0 and stop == len(run)
            most = most_cost + (_MORE_IF_WHOLE if whole and most_cost > UNASKED_COST else 0)
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
        times = EXPLICIT.match(text, place)
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
            if meanings and not (fillers and BETWEEN.fullmatch(character)):
                found.append(_Syllable(meanings, place, place + 1))
        place += 1
    return found


def _as_mobile(window: list[_Syllable]) -> tuple[float, Group] | None:
    digits, cost = "", 0.0
    for place, syllable in enumerate(window):
        wanted = "1" if place == 0 else "3456789" if place == 1 else "0123456789"
        fitting = [meaning for meaning in syllable.meanings if meaning[0] in wanted]
        if not fitting:
            return None
        digits += fitting[0][0]
        cost += fitting[0][1]
    return cost, Group(digits, window[0].start, window[-1].end)
