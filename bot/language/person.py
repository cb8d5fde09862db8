"""Reading who is calling: 我姓李, 我叫李明, 李先生, 木子李 (TAX-089, SCR-033).

Only the caller's own name: 我老公叫李明 and 业主叫王芳 are somebody else's. A whole name beats a
surname with a title, which beats a surname alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language import person_words as words
from bot.language.person_sound import (
    compound_by_sound,
    resident_by_sound,
    spelled_by_sound,
    surname_by_sound,
)
from bot.language.pinyin import LONGEST_READ, fold, sounds_of
from bot.language.roster import Roster
from bot.language.surnames import COMPOUND_SURNAMES, SPELLED, TITLES


@dataclass(frozen=True)
class PersonReading:
    """A person's name as read.

    Attributes:
        surname: ``李`` or ``欧阳``.
        given: ``明``, or None.
        title: ``先生``, ``女士`` and the like when said.
        span: The caller's words.
        repaired: Read by sound: the characters said something else.
    """

    surname: str
    given: str | None
    title: str | None
    span: str
    repaired: bool

    @property
    def full(self) -> str:
        """Surname and given name as far as known."""
        return self.surname + (self.given or "")

    @property
    def name(self) -> str:
        """What a ticket keeps: the whole name, else the surname with its title if one was said."""
        return self.full if self.given else self.surname + (self.title or "")

    def address_as(self) -> str:
        """How to address the person: 李先生, or 李女士 (SCR-033); the bare name without a title."""
        return self.surname + self.title if self.title else self.full


def read_person(
    text: str,
    *,
    expect_name: bool = False,
    roster: Roster | None = None,
    home: tuple[str | None, str | None, str | None] | None = None,
) -> PersonReading | None:
    """Read the caller's name.

    Args:
        text: What the caller said; an address in it may be masked with ``person_words.HOME_MASK``.
        expect_name: A name was just asked for; only then is a bare name read, and
            我心里 taken for 我姓李.
        roster: Prefer residents' names among those that sound alike.
        home: Building, unit and room said in the same breath: whose home it is
            is likely to be the name that is heard.
    """
    text = text[:LONGEST_READ]
    whole = _whole_name(text, expect_name)
    if roster is not None:
        known = resident_by_sound(
            text, roster, home, whole.full if whole else "", expect_name=expect_name
        )
        if known is not None:
            name, span = known
            surname = next((one for one in COMPOUND_SURNAMES if name.startswith(one)), name[:1])
            return PersonReading(surname, name[len(surname) :], None, span, name not in text)
    if whole is not None:
        return whole
    found = _surname(text, expect_name)
    if found is not None:
        return found
    return _by_sound(text, roster) if expect_name else None


def _own(text: str, start: int, end: int) -> bool:
    """Whether a name at this place is the caller's own."""
    before = text[:start]
    if words.DENIED.search(before) or words.OTHERS_AFTER.match(text, end):
        return False
    if text[start : start + 1] == "我":
        return True
    return words.OTHERS_BEFORE.search(before) is None or words.OWN_ROLE.search(before) is not None


def _whole_name(text: str, expect_name: bool) -> PersonReading | None:
    plain = words.EXPLAINED.sub(_without_explanation, text) if expect_name else text
    for pattern in (words.REPEATED, words.CALLED, words.INTRODUCED):
        for match in pattern.finditer(plain):
            given = match["given"] or match["rare"]
            name = match["surname"] + given
            if name in words.NOT_NAMES or not _own(plain, match.start(), match.end()):
                continue
            sure = expect_name or match.group().startswith(("我叫", "名字", "姓"))
            if match["surname"] in words.DOUBTFUL and not sure:
                continue
            return PersonReading(match["surname"], given, None, match.group(), False)
    if not expect_name:
        return None
    for clause in words.CLAUSES.split(plain):
        if clause in SPELLED:
            continue
        reading = _bare(clause.strip(words.TRAILING))
        if reading is not None and reading.given and _own(plain, plain.find(clause), len(plain)):
            return reading
    return None


def _without_explanation(match: re.Match[str]) -> str:
    """李明明天的明: the word that tells which character is meant goes."""
    word, character = match["word"], match["character"]
    sounds = sounds_of(word).folded
    wanted = sounds_of(character).folded
    if not wanted or wanted[0] not in sounds:
        return match.group()
    return word[: len(word) - 1 - sounds[::-1].index(wanted[0])] + " "


def _bare(said: str) -> PersonReading | None:
    match = words.WHOLE.fullmatch(said)
    if match is None or len(match["surname"] + (match["given"] or "")) > words.LONGEST_BARE:
        return None
    if match["surname"] + (match["given"] or "") in words.NOT_NAMES:
        return None
    return PersonReading(match["surname"], match["given"], None, said, False)


def _surname(text: str, expect_name: bool) -> PersonReading | None:
    """A surname, with the title it was said with."""
    titled = [
        match
        for pattern in (words.TITLED, words.TITLED_SHORT)
        for match in pattern.finditer(text)
        if not _about_someone_else(text, match, expect_name)
    ]
    for pattern in (words.SPELLED_OUT, words.SURNAMED, words.FAMILIAR):
        for match in pattern.finditer(text):
            surname = match.groupdict().get("surname") or SPELLED.get(match.group(), "")
            if not _own(text, match.start(), match.end()):
                continue
            if pattern is words.SURNAMED and words.THAT_PERSON.match(text, match.end()):
                continue
            if pattern is words.FAMILIAR and (
                words.ABOUT_OTHERS.search(text[: match.start()])
                or (surname in words.DOUBTFUL and not expect_name)
                or (match.group()[0] in "小老" and not expect_name)
            ):
                continue
            title = next((TITLES[m["title"]] for m in titled if m["surname"] == surname), None)
            return PersonReading(surname, None, title, match.group(), False)
    if titled:
        match = titled[0]
        return PersonReading(match["surname"], None, TITLES[match["title"]], match.group(), False)
    plain = words.EXPLAINED.sub(_without_explanation, text) if expect_name else ""
    return _bare(plain.strip(words.TRAILING))


def _about_someone_else(text: str, match: re.Match[str], expect_name: bool) -> bool:
    """王师傅 who came to repair, or 找李先生, is not the caller's own name."""
    start = match.start("surname")
    before = text[:start]
    if words.ABOUT_SELF.search(before):
        return False
    if not _own(text, start, len(text)) or words.ABOUT_OTHERS.search(before):
        return True
    if match["title"] == "师傅" and not expect_name:
        return True
    if match["surname"] in words.DOUBTFUL and not expect_name:
        return True
    ends = words.ENDS.match(text, match.end()) is not None
    return not expect_name and not ends and words.MYSELF.search(before) is None


def _by_sound(text: str, roster: Roster | None) -> PersonReading | None:
    """我心里 is 我姓李, 小诏 is 小赵, 李嫂张 is 立早章, when a name was asked for."""
    sounds = sounds_of(text)
    spelled = spelled_by_sound(sounds)
    if spelled is not None:
        return PersonReading(spelled, None, None, text, True)
    for place, syllable in enumerate(sounds.syllables[:-1]):
        if fold(syllable) != "xin" or place > 3:
            continue
        span = sounds.span(max(0, place - 1), place + 2)
        surname = compound_by_sound(sounds.syllables[place + 1 : place + 3])
        surname = surname or surname_by_sound(sounds.syllables[place + 1], roster)
        if surname is not None:
            return PersonReading(surname, None, None, span, True)
    for said in sorted(TITLES, key=len, reverse=True):
        at = text.find(said)
        # 小姐 and 小阿姨 have no surname before them.
        named = at > 0 and text[at - 1] not in "小大老"
        if named and (len(said) > 1 or at + 1 == len(text)):
            surname = surname_by_sound(next(iter(sounds_of(text[at - 1]).syllables), ""), roster)
            if surname is not None:
                span = text[at - 1 : at + len(said)]
                return PersonReading(surname, None, TITLES[said], span, True)
    if len(sounds) >= 2 and sounds.syllables[-2] in ("xiao", "lao") and text[-2:-1] in "小老":
        surname = surname_by_sound(sounds.syllables[-1], roster)
        if surname is not None:
            return PersonReading(surname, None, None, text[-2:], True)
    return None
