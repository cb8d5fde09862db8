"""Everything a call needs that outlives it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.language.emergency import EmergencySpotter
from bot.language.roster import Roster
from voice_gateway.dialogue.client import DialogueClient
from voice_gateway.emergency.spool import EmergencySpool
from voice_gateway.speech.recognition.base import Recogniser
from voice_gateway.speech.recognition.prompts import DomainPrompts
from voice_gateway.speech.synthesis.speaker import Speaker
from zhiban.community import Community
from zhiban.handoffs import HandoffLedger
from zhiban.redis_client import RedisClient
from zhiban.settings import Settings
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline


@dataclass(frozen=True)
class Services:
    """Shared by all calls of this process."""

    settings: Settings
    community: Community
    roster: Roster
    redis: RedisClient
    engine: AsyncEngine
    timeline: Timeline
    tickets: TicketService
    ledger: HandoffLedger
    dialogue: DialogueClient
    spotter: EmergencySpotter
    recogniser: Recogniser
    speaker: Speaker
    prompts: DomainPrompts
    spool: EmergencySpool
