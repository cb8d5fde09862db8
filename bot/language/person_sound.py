"""Names by their sound.

A resident's name the recogniser wrote with other characters, a surname among its homophones, a
spelling (立早章) heard as something else.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.language.pinyin import Sounds, fold, sounds_of
from bot.language.roster import Roster
from bot.language.surnames import COMPOUND_SURNAMES, SPELLED, SPELLED_SHORT, SURNAMES

# Finals and initials that telephones turn into one another, beyond what ``fold`` folds.
_NEAR_FINALS = (
    frozenset(("iu", "ou")), frozenset(("i", "in")), frozenset(("u", "un")), frozenset(("ou", "on")),
    frozenset(("ian", "an")), frozenset(("e", "en")), frozenset(("ao", "iao")), frozenset(("uan", "uen")),
)  # fmt: skip
_NEAR_INITIALS = (
    frozenset("sz"), frozenset("sc"), frozenset("zc"), frozenset("bp"), frozenset("dt"), frozenset("gk"), frozenset("jq"),
)  # fmt: skip
_INITIALS = re.compile("[bpmfdtnlgkhjqxrzcsyw]?")
_INTRODUCED = re.compile("(?:我叫|我是|名字是|叫|我|的|\x01)$")
_STRONG = re.compile("(?:我叫|我是|名字叫?是?|姓名是?|^叫|\x01的?)$")
_END = re.compile("$|[\\s,，。.!！?？、的啊呀吧嗯\x01]")
_OTHERS = re.compile(
    "(?:老公|老婆|爱人|先生|太太|妈|爸|儿子|女儿|闺女|业主|户主|房东|他|她|邻居|朋友|找|不是)的?(?:名字)?(?:叫|是)?$"
)
_OTHERS_AFTER = re.compile("的?(?:闺女|女儿|儿子|老婆|老公|妈|爸|家属|媳妇|邻居|租客|保姆|房子)")
_FOLDED_COST, _NEAR_COST = 0.4, 1.0
_MOST_FOR_HOME = 1.4
_MOST_FOR_STRANGE = 1.0
_MOST_FOR_NAME = 0.8


@lru_cache(maxsize=16384)
def _syllable_cost(said: str, heard: str) -> float | None:
    """What hearing one syllable for another costs: 0 the same, None nothing alike."""
    if said == heard:
        return 0.0
    one, other = fold(said), fold(heard)
    if one == other:
        return _FOLDED_COST
    first, second = _INITIALS.match(one), _INITIALS.match(other)
    if first is None or second is None:
        return None
    initials = {first.group(), second.group()}
    finals = {one[first.end() :], other[second.end() :]}
    if len(initials) == 1 and frozenset(finals) in _NEAR_FINALS:
        return _NEAR_COST
    if len(finals) == 1 and frozenset(initials) in _NEAR_INITIALS:
        return _NEAR_COST
    return None


def _cost(said: tuple[str, ...], heard: tuple[str, ...]) -> float | None:
    """What hearing some syllables for others costs; None when one of them is nothing alike."""
    if len(said) != len(heard):
        return None
    total = 0.0
    for pair in zip(said, heard, strict=True):
        cost = _syllable_cost(*pair)
        if cost is None:
            return None
        total += cost
    return total


def resident_by_sound(
    text: str,
    roster: Roster,
    home: tuple[str | None, str | None, str | None] | None,
    heard: str,
    *,
    expect_name: bool,
) -> tuple[str, str] | None:
    """The resident whose name was said, and the words that said it.

    Homophones are always the resident. A name that only sounds near is one when the characters
    name nobody, or when the home said in the same breath is that resident's.

    Args:
        text: What was heard.
        roster: The residents.
        home: Building, unit and room said with it.
        heard: The name the characters spell, or ``""``.
        expect_name: A name was asked for.
    """
    at_home = set()
    if home is not None and home[0] is not None and (home[1] or home[2]):
        at_home = {resident.name for resident in roster.homes(*home)}
    sounds = sounds_of(text)
    best: tuple[float, str, str] | None = None
    rivals: set[str] = set()
    for first, start in enumerate(sounds.starts):
        before = text[:start]
        introduced = _INTRODUCED.search(before) is not None or (expect_name and first <= 1)
        if not (introduced or at_home) or _OTHERS.search(before):
            continue
        for name, cost, stop in _names_at(sounds, first, roster):
            end = sounds.ends[stop - 1]
            if _OTHERS_AFTER.match(text, end) or not (introduced or name in at_home):
                continue
            span = text[start:end]
            if not (_STRONG.search(before) or expect_name or name in at_home):
                # 我神经衰弱 is no 陈静: after 我 or 的 the name is all there is.
                most = _FOLDED_COST if _END.match(text, end) else -1.0
            elif name in at_home:
                most = 2 * _NEAR_COST if introduced else _MOST_FOR_HOME
            elif heard and span.startswith(heard[: len(span)]):
                most = _MOST_FOR_NAME if span != heard or span[:1] == name[:1] else 0.0
            else:
                most = _MOST_FOR_STRANGE if span[:1] not in SURNAMES else _MOST_FOR_NAME
            if cost > most:
                continue
            if best is None or cost < best[0]:
                best, rivals = (cost, name, span), {name}
            elif cost == best[0]:
                rivals.add(name)
    if best is None or len(rivals) > 1:
        return None
    return best[1], best[2]


def _names_at(sounds: Sounds, first: int, roster: Roster) -> list[tuple[str, float, int]]:
    """Residents' names that may begin at a syllable, with their cost and where they end."""
    found = []
    for surname, names in roster.names_by_sound.items():
        if _syllable_cost(surname, sounds.folded[first]) is None:
            continue
        for name, syllables in names:
            stop = first + len(syllables)
            cost = _cost(syllables, sounds.syllables[first:stop])
            if cost is not None:
                found.append((name, cost, stop))
    return found


@lru_cache(maxsize=1)
def _surnames_by_sound() -> dict[str, str]:
    by_sound: dict[str, str] = {}
    for surname in SURNAMES:
        by_sound.setdefault(sounds_of("姓" + surname).syllables[1], surname)
    return by_sound


def surname_by_sound(syllable: str, roster: Roster | None) -> str | None:
    """The likeliest surname of a syllable, a resident's first."""
    if roster is not None:
        alike = sorted(s for s in roster.surnames() if sounds_of(s).syllables == (syllable,))
        if alike:
            return alike[0]
    return _surnames_by_sound().get(syllable)


@lru_cache(maxsize=1)
def _compounds() -> list[tuple[tuple[str, ...], str]]:
    return [(sounds_of(name).syllables, name) for name in COMPOUND_SURNAMES]


def compound_by_sound(heard: tuple[str, ...]) -> str | None:
    """The surname of two syllables: 司马 behind 子马."""
    for syllables, name in _compounds():
        cost = _cost(syllables, heard)
        if cost is not None and cost <= _NEAR_COST:
            return name
    return None


@lru_cache(maxsize=1)
def _spellings() -> list[tuple[tuple[str, ...], str]]:
    return [(sounds_of(said).syllables, surname) for said, surname in SPELLED.items()]


@lru_cache(maxsize=1)
def _short_spellings() -> dict[tuple[str, ...], str]:
    return {sounds_of(said).syllables: surname for said, surname in SPELLED_SHORT.items()}


def spelled_by_sound(sounds: Sounds) -> str | None:
    """The surname a spelling at the beginning of the words stands for (李嫂张: 立早章)."""
    for first in range(min(3, len(sounds))):
        best: tuple[float, str] | None = None
        for syllables, surname in _spellings():
            cost = _cost(syllables, sounds.syllables[first : first + len(syllables)])
            if cost is not None and cost <= _NEAR_COST and (best is None or cost < best[0]):
                best = (cost, surname)
        short = _short_spellings().get(sounds.syllables[first : first + 2])
        if best is not None or short is not None:
            return best[1] if best is not None else short
    return None
