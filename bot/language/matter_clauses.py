"""The clauses of an utterance: where one may end, what each names and what it says about it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from bot.language.matter_words import (
    ANNOUNCED,
    ASIDE,
    COMPLAINTS,
    FAULTS,
    IMPLIED,
    ITEMS,
    NO_JOINT,
    NOT_THERE,
    QUESTIONS,
    STRONG,
    TOPICS,
    WEAK,
    WISHES,
)
from bot.language.phrases import Closeness, Hit, PhraseTable
from bot.language.pinyin import Sounds, sounds_of


class Joint(IntEnum):
    """What stands before a clause, the more separating the higher."""

    RUN = 0
    PAUSE = 1
    FIRST = 2
    ALSO = 3
    WEAK = 4
    ASIDE = 5
    STRONG = 6


@dataclass(frozen=True)
class Clause:
    """A stretch of an utterance between two places where another matter may begin.

    Attributes:
        joint: What stands before it.
        words: The caller's words without the joint.
        whole: The same with it.
        topics: What is said to be broken, asked about…; first what it begins with.
        things: Everything it names, also in passing (在电梯里).
        faults: Names of what is wrong, as in the table.
        kinds: What is said about it: ``fault``, ``complaint``, ``question``, ``wish``.
        length: Of ``words``, in syllables.
    """

    joint: Joint
    words: str
    whole: str
    topics: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    faults: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    length: int = 0

    @property
    def says_something(self) -> bool:
        """Whether it names a thing and says something about it."""
        return bool(self.topics and self.kinds)

    def with_rest(self, rest: Clause) -> Clause:
        """This clause, or the joint that it only is, with one that completes it."""
        return replace(
            self,
            joint=self.joint if self.words else max(self.joint, rest.joint),
            words=f"{self.words}，{rest.whole}" if self.words else rest.words,
            whole=f"{self.whole}，{rest.whole}",
            topics=self.topics or rest.topics,
            things=(*self.things, *rest.things),
            faults=self.faults | rest.faults,
            kinds=self.kinds | rest.kinds,
            length=self.length + rest.length,
        )


_TABLE = PhraseTable(
    {
        **{f"topic:{name}": words for name, words in TOPICS.items()},
        **{f"implied:{name}": words for name, words in IMPLIED.items()},
        **{f"fault:{name}": words for name, words in FAULTS.items()},
        "complaint:": COMPLAINTS,
        "question:": QUESTIONS,
        "wish:": WISHES,
        "announced:": ANNOUNCED,
        "none:": f"{NOT_THERE} {NO_JOINT}",
        "item:": ITEMS,
        "weak:": WEAK,
        "aside:": ASIDE,
        "strong:": STRONG,
    },
    folded=False,
)
_JOINTS = {"weak:": Joint.WEAK, "aside:": Joint.ASIDE, "strong:": Joint.STRONG}
_NAMES = ("topic:", "implied:")
_CONDITIONS = ("fault:", "complaint:", "question:", "implied:")
_IMPLIED_KINDS = {"power": "fault", "supply": "fault", "drain": "fault", "hours": "question"}
_AFTER_A_CLAUSE = ("对了", "对啦", "完了")
_PAUSE = re.compile(r"[\s,，。.!！?？;；:：、…]")
_CLAUSE_ENDS = tuple("了啊呀吧呢嘛吗么哦")
_STRESSED = ("也", "又", "老", "还", "都")
_LOOKED_BACK = 12
_LOOKED_AT_FOR_ALSO = 8
# Words that only say whose or which thing it is that is named next.
_WHOSE = re.compile(
    r"(?:我们?家?里?|咱们?家?|家里|你们|他们?|那个?|这个?|厨房|客厅|卧室|主卧|次卧|卫生间|厕所|洗手间|浴室|"
    r"阳台|书房|餐厅|小区|楼下|楼上|楼道|楼梯间?|单元|门口|地下|车库|地库|走廊|大堂|隔壁|对门|附近|旁边|"
    r"[一二三四五六七八九十百\d]+号?[栋幢楼层]|里面?|的|外面|外头|现在|今天|昨天|每天|天天|老是|到底|都)+$"
)
# After these a thing is only where it happens, or what something is done with.
_OBLIQUE = tuple("把给被从在到往连和跟用对由靠离为因等叫找让有没无着像")
_PLACE_AFTER = re.compile(r"[里口旁边前后外间]|[上下](?![不水])")


def clauses_of(text: str) -> list[Clause]:
    """Cut a text wherever another matter may begin."""
    sounds = sounds_of(text)
    hits = _hits(sounds)
    joints = _joints(sounds, hits)
    places = sorted(joints)
    firsts = [hit.first for hit in hits]
    clauses: list[Clause] = []
    for first, stop in zip(places, [*places[1:], len(sounds)], strict=True):
        joint, content = joints[first]
        near = hits[bisect_left(firsts, content) : bisect_left(firsts, stop)]
        inside = [hit for hit in near if hit.stop <= stop]
        clause = _clause(sounds, joint, first, content, stop, inside)
        if clauses and _completes(clauses[-1], clause):
            clauses[-1] = clauses[-1].with_rest(clause)
        else:
            clauses.append(clause)
    return clauses


def _completes(last: Clause, clause: Clause) -> bool:
    """Whether a joint or a thing still waits for what is said about it (水龙头，一直滴水)."""
    if not last.words:
        return True
    waits = bool(last.topics) and not last.kinds and bool(clause.kinds) and not clause.topics
    return waits and clause.joint <= Joint.ALSO


def _hits(sounds: Sounds) -> list[Hit]:
    """What the tables find, without what lies inside something longer."""
    found = [hit for hit in _TABLE.find(sounds) if _close_enough(hit)]
    found.sort(key=lambda hit: (hit.first, -hit.stop))
    kept: list[Hit] = []
    covered = 0
    longest = (-1, -1)
    for hit in found:
        if hit.first != longest[0]:
            covered = max(covered, longest[1])
            longest = (hit.first, hit.stop)
        if hit.stop == longest[1] and hit.stop > covered:
            kept.append(hit)
    return kept


def _close_enough(hit: Hit) -> bool:
    """A thing may be found by its sound alone, but 不懂 is not 不动."""
    if hit.closeness is Closeness.CHARACTERS:
        return True
    if hit.name == "none:":
        return False
    return len(hit) >= (3 if hit.name.startswith((*_CONDITIONS, "wish:")) else 2)


def _joints(sounds: Sounds, hits: list[Hit]) -> dict[int, tuple[Joint, int]]:
    """Where clauses begin: syllable, and what stands there up to which syllable."""
    joints: dict[int, tuple[Joint, int]] = {0: (Joint.PAUSE, 0)}
    for place in range(1, len(sounds)):
        if _PAUSE.search(sounds.text, sounds.ends[place - 1], sounds.starts[place]):
            joints[place] = (Joint.PAUSE, place)
    ends = {hit.stop for hit in hits if hit.name.startswith((*_CONDITIONS, "wish:"))}
    for hit in hits:
        joint = _JOINTS.get(hit.name)
        if joint is None or joint <= joints.get(hit.first, (Joint.RUN, 0))[0]:
            continue
        if (
            hit.first in joints
            or hit.first in ends
            or (hit.closeness is Closeness.CHARACTERS and hit.phrase not in _AFTER_A_CLAUSE)
            or sounds.span(hit.first - 1, hit.first) in _CLAUSE_ENDS
        ):
            joints[hit.first] = (joint, hit.stop)
    items = [hit for hit in hits if hit.name == "item:"]
    if len(items) > 1:
        for hit in items:
            joint = Joint.FIRST if hit is items[0] else Joint.STRONG
            joints[hit.first] = (joint, hit.stop)
    for place in list(_run_ons(sounds, hits, sorted(joints))):
        joints.setdefault(place, (Joint.RUN, place))
    return joints


def _run_ons(sounds: Sounds, hits: list[Hit], joints: list[int]) -> Iterator[int]:
    """Places where a new thing is named right after something was said about another."""
    for number, hit in enumerate(hits):
        if not hit.name.startswith(_NAMES):
            continue
        opened = joints[bisect_left(joints, hit.first + 1) - 1]
        place = _thing_start(sounds, hit, opened)
        said: Hit | None = None
        for before in reversed(hits[:number]):
            if before.first < opened:
                break
            if before.stop > place:
                continue
            if said is None and before.name.startswith(_CONDITIONS):
                said = before
            if said is not None and before.name.startswith(_NAMES):
                if _thing(before) != _thing(hit) and _is_over(said, place, sounds):
                    yield place
                break


def _thing(hit: Hit) -> str:
    return hit.name.split(":")[1]


def _is_over(said: Hit, place: int, sounds: Sounds) -> bool:
    """Whether what is said ends before the thing: 水龙头也漏, but not 头发堵下水道."""
    if sounds.span(place - 1, place) in _CLAUSE_ENDS:
        return True
    if said.stop != place or said.name == "complaint:":
        return False
    return len(said) >= 2 or sounds.span(said.first - 1, said.first) in _STRESSED


def _thing_start(sounds: Sounds, hit: Hit, opened: int) -> int:
    """Return the syllable at which the words about whose and which thing it is begin."""
    back = max(opened, hit.first - _LOOKED_BACK)
    found = _WHOSE.search(sounds.span(back, hit.first))
    return max(opened, hit.first - len(found.group())) if found else hit.first


def _clause(
    sounds: Sounds, joint: Joint, first: int, content: int, stop: int, hits: list[Hit]
) -> Clause:
    kinds: set[str] = set()
    faults: set[str] = set()
    things: list[str] = []
    implied: list[str] = []
    oblique: list[str] = []
    for hit in hits:
        kind, name = hit.name.split(":")
        attribute = sounds.text[sounds.ends[hit.stop - 1] :][:1] == "的"
        if kind == "topic":
            (oblique if _is_oblique(hit, content, sounds) else things).append(name)
        elif kind == "implied" and not attribute:
            implied.append(name)
            kinds.add(_IMPLIED_KINDS.get(name, "complaint"))
        elif kind == "fault" and not attribute:
            faults.add(name)
            kinds.add(kind)
        elif kind in ("complaint", "question", "wish"):
            kinds.add(kind)
        elif kind == "announced" and any(
            later.first >= hit.stop and later.name.startswith("topic:") for later in hits
        ):
            kinds.add("wish")
    if not things and "leak" in faults:
        implied.append("leak")
    if joint < Joint.ALSO and "也" in sounds.span(
        content, min(stop, content + _LOOKED_AT_FOR_ALSO)
    ):
        joint = Joint.ALSO
    return Clause(
        joint=joint,
        words=sounds.span(content, stop),
        whole=sounds.span(first, stop),
        topics=tuple(things or implied),
        things=tuple(dict.fromkeys([*things, *implied, *oblique])),
        faults=frozenset(faults),
        kinds=frozenset(kinds),
        length=stop - content,
    )


def _is_oblique(hit: Hit, content: int, sounds: Sounds) -> bool:
    """Whether the thing is only where something happens, or with what."""
    place = _thing_start(sounds, hit, content)
    if place > content and sounds.span(place - 1, place) in _OBLIQUE:
        return True
    return _PLACE_AFTER.match(sounds.text, sounds.ends[hit.stop - 1]) is not None
