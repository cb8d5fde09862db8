"""Who calls, what they want, what they say, and when they leave: all of it from the seed."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from bench.chaos.causes import BLOWS, Cause


class Wish(StrEnum):
    """What a caller wants."""

    EMERGENCY = "emergency"
    PERSON = "person"
    REPAIR = "repair"
    QUESTION = "question"


class Leave(StrEnum):
    """When a caller leaves of their own accord."""

    PATIENT = "patient"
    """When the other side has ended the call, or after a long wait."""
    SOON = "soon"
    """A moment after the decisive words."""
    REQUESTED = "requested"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    BRIDGED = "bridged"


CRIES: dict[str, tuple[str, ...]] = {
    "elevator_trapped": ("电梯里困人了，在三栋二单元", "我被关在电梯里出不来了"),
    "fire": ("我家着火了快来人", "厨房着火了，烟很大"),
    "gas_leak": ("厨房煤气泄漏了，味道特别大",),
    "burst_pipe": ("我家水管爆了水到处喷", "卫生间水管爆裂了，水都流到客厅了"),
    "electric_hazard": ("有人触电了快来人",),
    "medical": ("我妈妈晕倒了叫不醒",),
    "violence_intrusion": ("有人拿刀在楼道里打人",),
    "falling_object": ("楼上掉下来一块玻璃砸到人了",),
    "flood": ("地下车库进水了，水已经到膝盖了",),
}
"""Plain cries for help, nothing to interpret."""
SPOKEN_CRIES = {
    "我家着火了快来人": "fire",
    "电梯里困人了，在三栋二单元": "elevator_trapped",
    "我家水管爆了水到处喷": "burst_pipe",
    "厨房煤气泄漏了，味道特别大": "gas_leak",
}
_PERSON = ("我要转人工", "帮我找一个人工客服", "转人工")
_REPAIRS = ("我家厨房水管漏水", "卫生间的马桶堵了", "我家客厅的灯坏了")
_QUESTIONS = ("物业费怎么收的", "停车费一个月多少钱", "装修要办什么手续", "访客怎么进小区")
_AFTER_CRY = ("在三栋二单元", "没有人受伤", "你们快一点")
_LEAVE_STATES = (Leave.REQUESTED, Leave.OFFERED, Leave.ACCEPTED, Leave.BRIDGED)


@dataclass(frozen=True)
class Words:
    """One line a caller says.

    Attributes:
        danger: the emergency kind it cries out, or ``""``.
        asks: ``person`` or ``repair`` where it wants something kept, or ``""``.
        pause: seconds of thought before it.
    """

    text: str
    danger: str = ""
    asks: str = ""
    pause: float = 0.3


@dataclass(frozen=True)
class Aim:
    """A blow struck just after this caller's decisive words.

    Attributes:
        cause: what is done; a gateway blow hits the node that holds the call.
        after: seconds after the words were sent.
    """

    cause: Cause
    after: float


@dataclass(frozen=True)
class Script:
    """One caller.

    Attributes:
        dials_at: seconds after the run's beginning.
        leave_after: seconds between the reason to leave and hanging up.
        drops: the line breaks instead of a hang-up.
        patience: longest wait after the last words, in seconds.
        redials: how often they dial again when the line is lost.
    """

    person: int
    number: str
    wish: Wish
    by_voice: bool
    words: tuple[Words, ...]
    dials_at: float
    leave: Leave
    leave_after: float
    drops: bool
    patience: float
    redials: int
    aim: Aim | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON content."""
        return asdict(self)


def write_scripts(seed: int, calls: int, minutes: float, only: Cause | None) -> list[Script]:
    """Return the callers of a run; the same arguments give the same callers.

    Args:
        seed: of every random choice.
        calls: how many people dial.
        minutes: in which time they begin.
        only: trouble callers may make; None: any.
    """
    return [_script(seed, person, calls, minutes, only) for person in range(1, calls + 1)]


def _script(seed: int, person: int, calls: int, minutes: float, only: Cause | None) -> Script:
    rng = random.Random(f"{seed}/caller/{person}")
    wish = rng.choices(list(Wish), weights=(55, 20, 13, 12))[0]
    by_voice = wish is Wish.EMERGENCY and rng.random() < 0.12
    dials_at = (person - 1 + rng.random()) * minutes * 60 / calls
    leave, drops = _leaving(rng, wish, only)
    return Script(
        person=person,
        number=f"139{seed % 1000:03d}{person:05d}",
        wish=wish,
        by_voice=by_voice,
        words=_spoken(rng) if by_voice else _typed(rng, wish),
        dials_at=dials_at,
        leave=leave,
        leave_after=rng.choice((0.0, 0.05, 0.3, 1.0, 2.0)) * rng.random(),
        drops=drops,
        patience=rng.uniform(18, 40),
        redials=rng.choice((0, 1, 2)),
        aim=_aim(rng, wish, only),
    )


def _leaving(rng: random.Random, wish: Wish, only: Cause | None) -> tuple[Leave, bool]:
    drops = rng.random() < 0.4
    leaves = rng.random() < 0.45
    state = rng.choice((Leave.SOON, *_LEAVE_STATES))
    if only is not None and only not in (Cause.CALLER_HANGS_UP, Cause.CALLER_DROPS):
        return Leave.PATIENT, False
    if only is not None:
        leaves, drops = leaves or rng.random() < 0.6, only is Cause.CALLER_DROPS
    if not leaves:
        return Leave.PATIENT, False
    if wish in (Wish.REPAIR, Wish.QUESTION):
        return Leave.SOON, drops
    return state, drops


def _aim(rng: random.Random, wish: Wish, only: Cause | None) -> Aim | None:
    wanted = rng.random() < 0.2
    cause = rng.choices(
        [c for c in BLOWS if BLOWS[c].service != "rasa"],
        weights=[b.weight for b in BLOWS.values() if b.service != "rasa"],
    )[0]
    after = rng.choice((0.0, 0.03, 0.1, 0.4, 2.0)) * rng.random()
    if only is not None:
        if only not in BLOWS or only in (Cause.RASA_KILL, Cause.RASA_PAUSE):
            return None
        cause = only
    return Aim(cause, after) if wanted and wish is Wish.EMERGENCY else None


def _spoken(rng: random.Random) -> tuple[Words, ...]:
    text = rng.choice(sorted(SPOKEN_CRIES))
    return (Words(text, danger=SPOKEN_CRIES[text]),)


def _typed(rng: random.Random, wish: Wish) -> tuple[Words, ...]:
    pause = rng.uniform(0.1, 1.5)
    if wish is Wish.QUESTION:
        return tuple(
            Words(text, pause=pause) for text in rng.sample(_QUESTIONS, k=rng.choice((1, 2)))
        )
    if wish is Wish.PERSON:
        return (Words(rng.choice(_PERSON), asks="person", pause=pause),)
    repair = Words(rng.choice(_REPAIRS), asks="repair", pause=pause)
    if wish is Wish.REPAIR:
        return (repair, Words("三栋二单元八零一", pause=1.0))
    kind = rng.choice(sorted(CRIES))
    cry = Words(rng.choice(CRIES[kind]), danger=kind, pause=pause)
    more = Words(rng.choice(_AFTER_CRY), pause=rng.uniform(0.5, 4.0))
    before = rng.random()
    if before < 0.12:
        return (Words(rng.choice(_QUESTIONS)), cry, more)
    if before < 0.22:
        return (Words(rng.choice(_PERSON), asks="person"), cry, more)
    if before < 0.32:
        return (repair, cry, more)
    return (cry, more) if before < 0.75 else (cry,)
