"""One turn's request and answer, as the gateway sends and reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

PUBLIC_SLOTS = (
    "building",
    "unit",
    "room",
    "caller_name",
    "phone",
    "place",
    "problem",
    "severity",
    "since",
    "available_time",
    "category",
    "urgency",
    "ticket_number",
    "matters",
)
"""Slots the gateway may show on an agent's card or keep when the line breaks."""

SIGNAL = "signal"
"""Key of ``custom`` under which actions speak to the gateway instead of the caller."""


@dataclass(frozen=True)
class TurnRequest:
    """What the caller said.

    Attributes:
        call_id: the conversation.
        text: the finished turn.
        metadata: caller, channel, resident, asr_confidence, alternatives…
    """

    call_id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: object) -> TurnRequest:
        """Read a request body.

        Raises:
            ValueError: what is wrong with it, in words for the programmer of the other side.
        """
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        call_id, text = body.get("call_id"), body.get("text")
        metadata = body.get("metadata") or {}
        if not isinstance(call_id, str) or not call_id.strip():
            raise ValueError("call_id must be a non-empty string")
        if not isinstance(text, str) or not text.strip():
            raise ValueError("text must be a non-empty string")
        if not isinstance(metadata, dict):
            raise ValueError("metadata must be an object")
        return cls(call_id, text.strip(), metadata)


@dataclass(frozen=True)
class StartRequest:
    """What the bot is to begin by itself.

    Attributes:
        call_id: the conversation.
        action: name in the domain.
        slots: what the action has to know.
    """

    call_id: str
    action: str
    slots: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: object) -> StartRequest:
        """Read a request body.

        Raises:
            ValueError: what is wrong with it, in words for the programmer of the other side.
        """
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        call_id, action = body.get("call_id"), body.get("action")
        slots = body.get("slots") or {}
        for name, value in (("call_id", call_id), ("action", action)):
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"{name} must be a non-empty string")
        if not isinstance(slots, dict):
            raise ValueError("slots must be an object")
        return cls(str(call_id), str(action), slots)


class TurnCollector(CollectingOutputChannel):  # type: ignore[misc]
    """Keeps what the bot says, in order, a text together with its custom part."""

    @classmethod
    def name(cls) -> str:
        """Return the channel's name in conversations."""
        return "turn"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one message."""
        kept = {key: message[key] for key in ("text", "custom") if message.get(key)}
        if kept:
            self.messages.append(kept)


def answer(
    messages: Iterable[Mapping[str, Any]], tracker: DialogueStateTracker | None
) -> dict[str, Any]:
    """Return the webhook's answer.

    Args:
        messages: what was collected, signals among them.
        tracker: the conversation after the turn.
    """
    signals: dict[str, Any] = {}
    spoken = []
    for message in messages:
        custom = dict(message.get("custom") or {})
        signals.update(custom.pop(SIGNAL, None) or {})
        if message.get("text"):
            said: dict[str, Any] = {"text": message["text"]}
            if custom:
                said["custom"] = custom
            spoken.append(said)
    turn = _last_turn(tracker)
    return {
        "messages": spoken,
        "intent": turn.intent.get("name") if turn else None,
        "confidence": round(float(turn.intent.get("confidence") or 0.0), 4) if turn else 0.0,
        "entities": [_entity(entity) for entity in turn.entities] if turn else [],
        "slots": _public_slots(tracker),
        "active_form": tracker.active_loop_name if tracker else None,
        "expects": signals.get("expects", "open"),
        "end_call": bool(signals.get("end_call", False)),
        "handoff": signals.get("handoff"),
        "emergency": signals.get("emergency"),
    }


def _last_turn(tracker: DialogueStateTracker | None) -> UserUttered | None:
    """Return the newest caller turn; ``latest_message`` is stale when a form took it."""
    if tracker is None:
        return None
    return next((e for e in reversed(tracker.events) if isinstance(e, UserUttered)), None)


def _entity(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entity[key] for key in ("entity", "value", "start", "end") if key in entity}


def _public_slots(tracker: DialogueStateTracker | None) -> dict[str, Any]:
    if tracker is None:
        return {}
    values = ((name, tracker.get_slot(name)) for name in PUBLIC_SLOTS)
    return {name: value for name, value in values if value is not None}
