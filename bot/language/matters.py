"""Cuts an utterance into the separate matters it is about.

灯不亮了水龙头也漏还有物业费怎么交 is three. A joint (还有, 另外, 一个是…) or a new thing that something is
said about begins another matter. A consequence (地板都泡了), a part of the same thing, an address, a
time, a correction (不对是…), an example and a question about the same (多久能修好) do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from bot.language.address import read_address
from bot.language.emergency import EMERGENCY_PREFIX
from bot.language.matter_clauses import Clause, Joint, clauses_of
from bot.language.matter_words import (
    ARGUES,
    EFFECTS,
    EVERYTHING,
    FOLLOW_UP,
    GOES_ON,
    KIN,
    LOOSE_EFFECTS,
)
from bot.language.person import read_person
from bot.language.phone import read_phone
from bot.language.pinyin import LONGEST_READ

Classify = Callable[[str], tuple[str, float]]
"""Returns the intent of a piece of an utterance and how sure that is, 0 to 1."""


@dataclass(frozen=True)
class Matter:
    """One of the matters of an utterance.

    Attributes:
        text: The caller's words for it.
        said: The same with the words that set it off.
        joint: What sets it off from the one before.
        doubtful: Whether only its intent can tell that it is a matter of its own.
    """

    text: str
    said: str = ""
    joint: Joint = Joint.PAUSE
    doubtful: bool = False


@dataclass(frozen=True)
class Breath:
    """An utterance, cut.

    Attributes:
        text: The utterance.
        matters: In the order said, at least one; the text as it was when there is only one.
        caller: Words about who and where that hold for all of them; ``""`` with one matter.
    """

    text: str
    matters: tuple[Matter, ...]
    caller: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The matters' words."""
        return tuple(matter.text for matter in self.matters)


_KIN = tuple(frozenset(group.split()) for group in KIN)
_EFFECTS = {cause: frozenset(things.split()) for cause, things in EFFECTS.items()}
_LOOSE = {cause: frozenset(things.split()) for cause, things in LOOSE_EFFECTS.items()}
_FILLER = re.compile(
    r"喂|你好|您好|哎|嗯|呃|啊|那个|请问|麻烦|物业|师傅|这里?边?|我们?家?|就?是|住在?|的|在|家里?|地址|电话|号码|手机|"
    r"叫|姓|名字|本人|业主|打|可以|一下|记|登记|联系|呢|吧|哦|哈|了|您|你|也|[\s,，。.!！?？;；:：、…]"
)
_MAY_BE_CALLER = re.compile(r"[\d一二三四五六七八九十零幺百栋幢单元号楼室座姓叫]")
_BETWEEN = "，"
_LONGEST_LEFTOVER = 1
_SURE = 0.4
_RATHER_SURE = 0.5
_CERTAIN = 0.9
_QUESTIONS = frozenset(("fee_inquiry", "parking", "renovation_rules", "community_rules"))
_LEAST_SYLLABLES = 5
_NOT_UNDERSTOOD = ("", 0.0)


class _Own(Enum):
    """Whether a clause is a matter of its own."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


@dataclass
class _Gathered:
    """A matter while its clauses are gathered."""

    clauses: list[Clause] = field(default_factory=list)
    length: int = 0
    known: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    named: bool = False
    whole: bool = False
    absorbs: bool = False
    doubtful: bool = False

    def doubted(self) -> _Gathered:
        """Return an empty one that may turn out to be part of this."""
        return replace(self, clauses=[], known=set(self.known), length=0, doubtful=True)

    def add(self, clause: Clause) -> None:
        """Take a clause in."""
        self.clauses.append(clause)
        self.known.update(clause.things, clause.faults)
        self.kinds = self.kinds | clause.kinds
        self.length += clause.length
        self.named = self.named or bool(clause.topics)
        self.whole = self.whole or clause.says_something
        self.absorbs = self.absorbs or EVERYTHING.search(clause.words) is not None

    def matter(self) -> Matter:
        """Return it as the caller's words."""
        if not self.clauses:
            return Matter("")
        first, *rest = self.clauses
        after = [clause.whole for clause in rest]
        said = _BETWEEN.join([first.whole, *after])
        text = _BETWEEN.join(filter(None, [first.words, *after]))
        return Matter(text, said, first.joint, self.doubtful)


def split_matters(text: str, *, about: str = "", classify: Classify | None = None) -> Breath:
    """Cut a text into its matters; never raises.

    Args:
        text: What the caller said.
        about: The matter that is being talked about. The first of the result is then what goes on
            with it, ``""`` if the text is all about something else.
        classify: When given, it settles what words alone leave in doubt, and neighbours of one
            intent that nothing sets off stay together.
    """
    breath = candidates(text, about=about)
    return settled(breath, classify or (lambda _: _NOT_UNDERSTOOD))


def candidates(text: str, *, about: str = "") -> Breath:
    """Cut wherever there may be another matter; :func:`settled` decides about the doubtful ones.

    Args:
        text: What the caller said.
        about: As for :func:`split_matters`.
    """
    read, rest = text[:LONGEST_READ], text[LONGEST_READ:]
    gathered = [_begun(about)] if about else []
    for clause in clauses_of(read):
        own = _begins(gathered[-1], clause) if gathered else _Own.YES
        if own is _Own.YES:
            gathered.append(_Gathered())
        elif own is _Own.MAYBE:
            gathered.append(gathered[-1].doubted())
        gathered[-1].add(clause)
    matters = [each.matter() for each in gathered]
    if rest:
        last = matters[-1]
        matters[-1] = replace(last, text=last.text + rest, said=last.said + rest)
    return Breath(text, tuple(matters))


def settled(breath: Breath, classify: Classify) -> Breath:
    """Join what belongs together by its intent.

    Args:
        breath: Candidates.
        classify: ``""`` as the intent means that a piece is no matter or not understood.
    """
    kept: list[Matter] = []
    verdicts: list[list[tuple[str, float]]] = []
    for matter in breath.matters:
        alone = len(breath.matters) < 2 or not matter.text
        verdict = _NOT_UNDERSTOOD if alone else classify(matter.text)
        if kept and _joins(matter, verdict, verdicts[-1]):
            kept[-1] = replace(
                kept[-1],
                text=f"{kept[-1].text}{_BETWEEN}{matter.said}".strip(_BETWEEN),
                said=f"{kept[-1].said}{_BETWEEN}{matter.said}".strip(_BETWEEN),
            )
            verdicts[-1].append(verdict)
        else:
            kept.append(replace(matter, doubtful=False))
            verdicts.append([verdict])
    if len(kept) < 2:
        return Breath(breath.text, (Matter(breath.text),))
    return _without_caller(replace(breath, matters=tuple(kept)))


def _joins(matter: Matter, verdict: tuple[str, float], before: list[tuple[str, float]]) -> bool:
    """Whether a piece belongs to the one before it."""
    intent, confidence = verdict
    known = {each for each, sure in before if each and sure >= _SURE}
    alike = intent in known and confidence >= _SURE
    if not matter.doubtful:
        return alike and matter.joint < Joint.ALSO
    if alike or not intent or intent.startswith(EMERGENCY_PREFIX):
        return True
    if matter.joint is Joint.STRONG:
        return confidence < _SURE
    if matter.joint >= Joint.WEAK:
        return confidence < _RATHER_SURE or not known
    # Nothing but a pause: only a question after something else, or the other way round.
    earlier, surely = before[0]
    if earlier.startswith(EMERGENCY_PREFIX) or not earlier:
        return True
    return min(confidence, surely) < _CERTAIN or _asks(intent) == _asks(earlier)


def _asks(intent: str) -> bool:
    return intent in _QUESTIONS


def _begun(about: str) -> _Gathered:
    """Return the matter being talked about, of which no words are in this text."""
    matter = _Gathered()
    for clause in clauses_of(about[:LONGEST_READ]):
        matter.add(clause)
    matter.clauses, matter.whole = [], True
    return matter


def _begins(matter: _Gathered, clause: Clause) -> _Own:
    """Whether a clause is about something else than the matter so far."""
    joint, words = clause.joint, clause.words
    long = clause.length >= _LEAST_SYLLABLES
    if GOES_ON.match(words) or not (long or clause.says_something):
        return _Own.NO
    if not clause.topics and FOLLOW_UP.search(words):
        return _Own.NO
    if clause.topics and joint < Joint.STRONG and not _is_other(matter, clause):
        return _Own.NO
    if not matter.whole:
        set_off = joint is Joint.STRONG and (matter.kinds or matter.named)
        if not set_off and not (matter.kinds and joint >= Joint.WEAK and clause.says_something):
            enough = joint is Joint.STRONG or matter.length >= _LEAST_SYLLABLES
            return _Own.MAYBE if long and enough else _Own.NO
    if not clause.topics:
        least = Joint.WEAK if "question" in clause.kinds else Joint.ASIDE
        if clause.kinds and long and joint >= least:
            return _Own.YES
    elif clause.kinds or (joint is Joint.STRONG and long):
        return _Own.YES
    return _Own.MAYBE if long else _Own.NO


def _is_other(matter: _Gathered, clause: Clause) -> bool:
    """Whether what a clause names has nothing to do with what the matter names."""
    thing, joint, known = clause.topics[0], clause.joint, matter.known
    if thing in known:
        return False
    asks = "question" in clause.kinds
    if joint < Joint.WEAK:
        argues = ARGUES.search(clause.words) is not None and bool(matter.kinds - {"question"})
        danger = "danger" in known or "danger" in clause.topics
        if argues or danger or (matter.absorbs and not asks):
            return False
    if joint <= Joint.WEAK and any(thing in _EFFECTS.get(cause, ()) for cause in known):
        return False
    if joint is Joint.ASIDE or asks or (joint is Joint.WEAK and "wish" in clause.kinds):
        return True
    if any(one in known for group in _KIN if thing in group for one in group):
        return False
    return joint is Joint.WEAK or not any(thing in _LOOSE.get(cause, ()) for cause in known)


def _without_caller(breath: Breath) -> Breath:
    """Take the clauses that only say who and where out of the matters."""
    matters, taken = [], []
    for matter in breath.matters:
        clauses = matter.text.split(_BETWEEN)
        caller = [each for each in clauses if _is_about_caller(each)]
        if len(caller) < len(clauses):
            taken += caller
            clauses = [each for each in clauses if each not in caller]
        matters.append(replace(matter, text=_BETWEEN.join(clauses)))
    return replace(breath, matters=tuple(matters), caller=_BETWEEN.join(taken))


def _is_about_caller(words: str) -> bool:
    if not _MAY_BE_CALLER.search(words):
        return False
    readings = (read_address(words), read_person(words), read_phone(words))
    spans = [reading.span for reading in readings if reading is not None and reading.span]
    for span in spans:
        words = words.replace(span, "")
    return bool(spans) and len(_FILLER.sub("", words)) <= _LONGEST_LEFTOVER
