"""What is known of one call, and the small things every part of it does."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Any

from voice_gateway.call.mouth import Mouth
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.pipeline.frames import Turn
from voice_gateway.services import Services
from zhiban.timeline import EventName


class CallMode(StrEnum):
    """Who is with the caller."""

    BOT = "bot"
    WAITING = "waiting"
    BRIDGED = "bridged"
    ENDED = "ended"


class Line:
    """The state that the parts of a call share.

    Args:
        services: what outlives the call.
        call_id: unique.
        caller: calling number that can be trusted, or ``""``.
        channel: web, text, sip…

    Attributes:
        mode: who is with the caller.
        resident: whose number it is, if known.
        reply: the dialogue's latest answer; its ``expects`` steers the recogniser.
        words: the caller's turns so far.
        unanswered: those of them that the dialogue has not dealt with.
        ended: set when the call is over.
        given_back: set when the agent has given the caller back to the bot.
        last_seq: number of the newest event written here.
        unkept: something told could not be stored; the call is settled from its timeline.
        bot_since: loop time at which an agent last gave the caller back, or 0.
    """

    def __init__(self, services: Services, *, call_id: str, caller: str, channel: str) -> None:
        self.services = services
        self.call_id = call_id
        self.caller = caller
        self.channel = channel
        self.mode = CallMode.BOT
        self.resident = services.community.resident_by_phone(caller) if caller else None
        self.reply = DialogueReply()
        self.words: list[str] = []
        self.unanswered: list[str] = []
        self.answered_turn_at = 0.0
        self.ended = asyncio.Event()
        self.given_back = asyncio.Event()
        self.end_reason = ""
        self.last_seq = 0
        self.unkept = False
        self.bot_since = 0.0
        self._mouth: Mouth | None = None

    @property
    def mouth(self) -> Mouth:
        """How to speak to the caller.

        Raises:
            RuntimeError: the call has not started.
        """
        if self._mouth is None:
            raise RuntimeError("the call has not started")
        return self._mouth

    @mouth.setter
    def mouth(self, mouth: Mouth) -> None:
        self._mouth = mouth

    @property
    def over(self) -> bool:
        """Whether the call has ended or is being ended."""
        return self.mode is CallMode.ENDED

    @property
    def patient(self) -> bool:
        """Whether this caller gets more time (TAX-128)."""
        return self.resident is not None and "elderly" in self.resident.special_flags

    def was_said_to_agent(self, turn: Turn) -> bool:
        """Return whether a turn began while the agent was still there: it is not for the bot."""
        return turn.voiced_until > 0 and turn.voiced_until - turn.speech_ms / 1000 < self.bot_since

    async def say(self, key: str, *, protected: bool = False) -> None:
        """Say a fixed sentence."""
        await self.mouth.say(self.services.community.phrase(key), protected=protected)

    async def event(self, name: EventName, data: dict[str, Any]) -> None:
        """Write a timeline event."""
        event = await self.services.timeline.append(self.call_id, name, data)
        self.last_seq = max(self.last_seq, event.seq)

    async def record_turn(self, turn: Turn, reply: DialogueReply) -> None:
        """Write ``caller.turn`` with what the dialogue made of it."""
        latencies = turn.latencies()
        answered: dict[str, Any] = {}
        if reply.took_ms:
            latencies["dialogue_ms"] = round(reply.took_ms)
            # Whoever settles the call when this process is gone needs to know.
            answered = {"form": reply.active_form, "person": reply.handoff is not None}
        await self.event(
            EventName.CALLER_TURN,
            {
                "text": turn.text,
                "intent": reply.intent,
                "confidence": round(reply.confidence, 3),
                "slots": dict(reply.slots),
                "asr": {"engine": turn.engine, "confidence": round(turn.confidence, 3)},
                "latencies": latencies,
                "mode": self.mode.value,
                **answered,
            },
        )

    def metadata(self, turn: Turn) -> dict[str, Any]:
        """Return what the dialogue engine is told with a turn."""
        resident = None
        if self.resident is not None:
            names = ("name", "title", "phone", "building", "unit", "room")
            resident = {name: getattr(self.resident, name) for name in names}
            resident["special_flags"] = list(self.resident.special_flags)
        return {
            "caller": self.caller,
            "channel": self.channel,
            "resident": resident,
            "asr_confidence": turn.confidence,
            "alternatives": list(turn.alternatives),
            "keys": turn.engine == "keypad",
        }
