"""Matters of the call that wait for their turn (slot ``matters``): nothing said is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.flow.spec import category_of
from actions.flow.spoken import category_words
from actions.talk import Talk
from actions.turn import FALLBACK, QUESTION_INTENTS
from bot.language.emergency import EMERGENCY_PREFIX
from bot.language.numbers import say_number
from bot.language.speak import speakable

SLOT = "matters"

_LONGEST_SHOWN = 20
_LONGEST_LIST = 30
# The bot says the caller's words back only where it may say them itself (SCR-011…014).
_UNFIT = re.compile(
    r"你|不可能|没办法|不是我们部门|找别人|再问问|不清楚|不管|急什么|烦|处理不了|讲了半天|快点|凭什么|死|骂|滚|妈的|"
    r"混蛋|傻|神经病|不要脸|[A-Za-z]"
)
_ANNOUNCED = re.compile(
    r"^(?:那个|就是|请问|麻烦(?:你们?|您)?|我?(?:还|就)?(?:想|要)?(?:再)?(?:问|咨询|了解|反映|打听)(?:一?下|一个)?|"
    r"我?要?(?:报修|投诉)(?:一?下|一个)?|[,，。、\s])+|(?:[,，。、\s]|谢谢|吧|啊|呀|呢)+$"
)
_MIRRORED = re.compile(r"你们|我们|咱们?|您|我")
_THEIRS = {"你们": "我们", "您": "我们"}


@dataclass(frozen=True)
class Waiting:
    """A matter that waits.

    Attributes:
        text: the caller's words for it.
        intent: what it is, ``nlu_fallback`` when not understood.
        confidence: 0 to 1.
    """

    text: str
    intent: str = FALLBACK
    confidence: float = 0.0

    @property
    def is_question(self) -> bool:
        """Whether it may be answered from the store."""
        return self.intent in QUESTION_INTENTS

    @property
    def is_danger(self) -> bool:
        """Whether the classifier takes it for an emergency."""
        return self.intent.startswith(EMERGENCY_PREFIX)


def waiting_of(tracker: Tracker) -> tuple[Waiting, ...]:
    """Read the slot."""
    return read_waiting(tracker.slots.get(SLOT))


def read_waiting(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Waiting, ...]:
    """Read a value of the slot."""
    return tuple(
        Waiting(str(one["text"]), str(one["intent"]), float(one["confidence"]))
        for one in stored or ()
    )


def waiting_event(waiting: Iterable[Waiting]) -> dict[str, Any]:
    """Return the event that stores what waits."""
    stored: dict[str, Any] = SlotSet(SLOT, [asdict(one) for one in waiting] or None)
    return stored


def left_waiting(
    events: Iterable[Mapping[str, Any]], before: tuple[Waiting, ...]
) -> tuple[Waiting, ...]:
    """Return what waits after an action's events."""
    for event in events:
        if event.get("event") == "slot" and event.get("name") == SLOT:
            before = read_waiting(event.get("value"))
    return before


def spoken_matter(one: Waiting) -> str:
    """Return what the bot calls a matter: the caller's words, or its kind if they are unfit."""
    words = _ANNOUNCED.sub("", one.text)
    words = speakable(_MIRRORED.sub(lambda found: _THEIRS.get(found.group(), "您"), words))
    if 2 <= len(words) <= _LONGEST_SHOWN and _UNFIT.search(words) is None:
        return words
    category = category_of(one.intent)
    return f"{category_words(category.value)}的事" if category else "另一件事"


def note_also(talk: Talk, waiting: Sequence[Waiting]) -> None:
    """Tell the caller that their other matters are not forgotten."""
    if not waiting:
        return
    also = "，还有".join(spoken_matter(one) for one in waiting)
    if len(also) > _LONGEST_LIST:
        count = len(waiting)
        also = f"另外{'两' if count == 2 else say_number(count)}件事"
    talk.say("utter_also_noted", also=also)
