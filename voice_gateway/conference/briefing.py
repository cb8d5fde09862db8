"""The whisper: what an agent is told, alone, before the caller is joined."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bot.language.speak import speakable
from voice_gateway.conference.attendee import Attendee
from voice_gateway.conference.matrix import Voice
from voice_gateway.conference.player import Player
from voice_gateway.conference.room import Room
from voice_gateway.services import Services
from zhiban.calls.place import describe_place
from zhiban.community import Community
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.handoffs import HandoffRecord

logger = logging.getLogger(__name__)

_REQUESTS = {"human": "业主要求转人工", "manager": "业主要求找经理"}
_LONGEST_WORDS = 30


def wants_briefing(community: Community, record: HandoffRecord) -> bool:
    """Return whether the site wants agents briefed for such a case; danger is bridged straight."""
    if record.kind in EMERGENCY_LABELS:
        return community.whisper_emergency
    return community.whisper_request


def briefing_text(record: HandoffRecord) -> str:
    """Return kind, place, people, harm and words: ``电梯困人，三栋二单元，两个人，一位老人。``."""
    card = record.card
    where = card.get("where")
    place = describe_place(where) if isinstance(where, Mapping) else ""
    unconfirmed = isinstance(where, Mapping) and where.get("unconfirmed")
    parts = [
        EMERGENCY_LABELS.get(record.kind) or _REQUESTS.get(record.kind, "业主要求人工服务"),
        f"{place}，位置待确认" if place and unconfirmed else place,
        _text(card, "people"),
        _text(card, "hurt"),
    ]
    if record.kind not in EMERGENCY_LABELS:
        parts.append(_matter(card))
    return speakable("，".join(part.strip("，。 ") for part in parts if part) + "。")


async def play_briefing(
    services: Services, room: Room, who: Attendee, record: HandoffRecord
) -> None:
    """Speak the briefing to the agent; returns when it has been heard, or could not be spoken."""
    player = Player(room, Voice.BRIEFING, who.sample_rate)
    try:
        speech = services.speaker.speak(briefing_text(record), who.sample_rate)
        await player.play_stream(chunk.pcm async for chunk in speech)
    except Exception:
        # An agent who was told nothing still has the card before them.
        logger.exception("handoff %s: the briefing could not be spoken", record.id)
    finally:
        player.close()


def _matter(card: Mapping[str, Any]) -> str:
    words = card.get("words")
    newest = words[-1] if isinstance(words, list) and words else ""
    matter = _text(card, "what") or str(newest)
    return f"说的是：{matter[:_LONGEST_WORDS]}" if matter else ""


def _text(card: Mapping[str, Any], name: str) -> str:
    value = card.get(name)
    return value if isinstance(value, str) else ""
