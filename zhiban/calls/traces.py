"""What the timeline of a call shows of things nobody has seen to yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from zhiban.calls.told import Told
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.timeline import EventName, TimelineEvent

_INTENT = "emergency_"
_WORDS_KEPT = 4


@dataclass(frozen=True)
class Danger:
    """An emergency the call was about.

    Attributes:
        number: the how manieth of the call, from 1.
        seq: of the event that shows it.
        at: when, UTC ISO 8601.
    """

    number: int
    seq: int
    at: str
    kind: str
    level: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Traces:
    """The state of a call as its events show it.

    Attributes:
        dangers: emergencies that were detected.
        asked: kind that the closed question was last about, unanswered; or ``""``.
        told: the conversation at the last turn that the dialogue engine answered.
        unheard: turns, and the beginning of one, that nobody has dealt with.
        wanted_person: the last turn led to a request for a person that was never stored.
        ended: whether ``call.ended`` is written.
    """

    call_id: str
    caller: str
    dangers: tuple[Danger, ...]
    asked: str
    told: Told
    unheard: tuple[str, ...]
    wanted_person: bool
    ended: bool
    _handoffs: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, call_id: str, caller: str, events: Iterable[TimelineEvent]) -> Traces:
        """Read a call's events."""
        ordered = list(events)
        started = next((e for e in ordered if e.name == EventName.CALL_STARTED), None)
        caller = caller or str(started.data.get("caller") or "" if started else "")
        turns = [e for e in ordered if e.name == EventName.CALLER_TURN]
        last = turns[-1] if turns else None
        words = tuple(str(e.data["text"]) for e in turns if e.data.get("text"))
        handoffs = [
            (e.seq, str(e.data.get("kind") or "")) for e in ordered if e.name.startswith("handoff.")
        ]
        detected = [
            e
            for e in ordered
            if e.name == EventName.EMERGENCY_DETECTED and not e.data.get("corrects")
        ]
        return cls(
            call_id=call_id,
            caller=caller,
            dangers=tuple(
                _danger(number, event, turns) for number, event in enumerate(detected, 1)
            ),
            asked=_asked(turns, detected),
            told=_told(call_id, caller, turns, words),
            unheard=_unheard(ordered, turns),
            wanted_person=_wanted_person(ordered, last, handoffs),
            ended=_ended(ordered),
            _handoffs=tuple(handoffs),
        )

    def is_served(self, danger: Danger) -> bool:
        """Return whether a request for a person was stored for an emergency."""
        return any(seq > danger.seq and kind in EMERGENCY_LABELS for seq, kind in self._handoffs)


def _danger(number: int, event: TimelineEvent, turns: Sequence[TimelineEvent]) -> Danger:
    before = [str(turn.data.get("text") or "") for turn in turns if turn.seq < event.seq]
    said = [text for text in before if text][-_WORDS_KEPT:]
    matched = str(event.data.get("matched") or "")
    if matched and not any(matched in text for text in said[-1:]):
        said.append(matched)
    kind = str(event.data["kind"])
    return Danger(number, event.seq, event.at, kind, int(event.data.get("level") or 3), tuple(said))


def _asked(turns: Sequence[TimelineEvent], detected: Sequence[TimelineEvent]) -> str:
    """Anything but a clear no to the closed question puts through; so does a broken line."""
    if not turns:
        return ""
    last, before = turns[-1], turns[-2].seq if len(turns) > 1 else 0
    intent = str(last.data.get("intent") or "")
    kind = intent.removeprefix(_INTENT)
    if last.data.get("mode") != "bot" or kind == intent or kind not in EMERGENCY_LABELS:
        return ""
    return "" if any(event.seq > before for event in detected) else kind


def _told(
    call_id: str, caller: str, turns: Sequence[TimelineEvent], words: tuple[str, ...]
) -> Told:
    answered = [turn for turn in turns if "form" in turn.data and turn.data.get("mode") == "bot"]
    data: Mapping[str, Any] = answered[-1].data if answered else {}
    return Told(call_id, caller, str(data.get("form") or ""), data.get("slots") or {}, words)


def _ended(events: Sequence[TimelineEvent]) -> bool:
    bounds = (EventName.CALL_STARTED, EventName.CALL_ENDED)
    last = next((e.name for e in reversed(events) if e.name in bounds), None)
    return last == EventName.CALL_ENDED


def _wanted_person(
    events: Sequence[TimelineEvent],
    last: TimelineEvent | None,
    handoffs: Sequence[tuple[int, str]],
) -> bool:
    """Return whether the caller was told that somebody comes, or pressed 0, and nobody was asked."""
    pressed = [e for e in events if e.name == EventName.DTMF]
    keys = [
        key.seq
        for key, following in zip_longest(pressed, pressed[1:])
        if key.data.get("digit") == "0" and not _in_entry(key) and not _goes_on(following)
    ]
    if last is not None and last.data.get("person"):
        keys.append(last.seq)
    return bool(keys) and all(seq < max(keys) for seq, _ in handoffs)


def _in_entry(key: TimelineEvent) -> bool:
    """Return whether a key belongs to a number that had been begun."""
    return bool(key.data.get("entry"))


def _goes_on(following: TimelineEvent | None) -> bool:
    """Return whether the next key made a number of the one before, or took it back."""
    return following is not None and (_in_entry(following) or following.data.get("digit") == "*")


def _unheard(events: Sequence[TimelineEvent], turns: Sequence[TimelineEvent]) -> tuple[str, ...]:
    """Return turns without a verdict or an answer, and the words of one that was not finished."""
    unanswered: list[str] = []
    for turn in turns:
        lost = turn.data.get("mode") == "bot" and not ("form" in turn.data or turn.data["intent"])
        unanswered = [*unanswered, str(turn.data["text"])] if lost else []
    after = turns[-1].seq if turns else 0
    heard = [e for e in events if e.name == EventName.CALLER_INTERIM and e.seq > after]
    unanswered += [str(e.data["text"]) for e in heard if e.data.get("final")]
    if heard and not heard[-1].data.get("final"):
        unanswered.append(str(heard[-1].data["text"]))
    return tuple(text for text in unanswered if text)
