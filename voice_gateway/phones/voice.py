"""Speaks to somebody on a telephone, alone."""

from __future__ import annotations

import logging

from voice_gateway.conference.matrix import Situation, Voice
from voice_gateway.conference.player import Player
from voice_gateway.conference.room import Room
from voice_gateway.phones.link import PhoneLink
from voice_gateway.services import Services
from zhiban.floor import Part

logger = logging.getLogger(__name__)

_KEY = Part.OWNER.value


class PhoneVoice:
    """A room with nobody in it but the telephone.

    Args:
        services: the house's voice, fixed phrases.
        link: the telephone.
    """

    def __init__(self, services: Services, link: PhoneLink) -> None:
        self._services = services
        self._rate = link.sample_rate
        self._room = Room()
        self._room.arrange(Situation.BRIEFING, {})
        self._room.seat(_KEY, Part.OWNER, link.sample_rate, link.send)

    async def say(self, text: str) -> None:
        """Say a text; returns when it has been heard, or could not be spoken."""
        await say_privately(self._services, self._room, text, self._rate)

    async def phrase(self, key: str) -> None:
        """Say a fixed sentence."""
        await self.say(self._services.community.phrase(key))

    def hush(self) -> None:
        """Drop what has not been sent."""
        self._room.clear(_KEY)

    def close(self) -> None:
        """Fall silent for good."""
        self._room.close()


async def say_privately(services: Services, room: Room, text: str, sample_rate: int) -> None:
    """Say a text to the owner's seat of a room, and to nobody else there."""
    player = Player(room, Voice.BRIEFING, sample_rate)
    try:
        speech = services.speaker.speak(text, sample_rate)
        await player.play_stream(chunk.pcm async for chunk in speech)
    except Exception:
        # Whoever was told nothing can still press a key, and be heard.
        logger.exception("a telephone could not be told something")
    finally:
        player.close()
