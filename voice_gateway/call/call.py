"""One call from ring to end: who is with the caller, and what each turn leads to."""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum
from typing import Any

from bot.language.emergency import Finding
from voice_gateway.call.leaving import file_unfinished, release_handoff
from voice_gateway.call.mouth import Mouth
from voice_gateway.call.silence import SilenceWatch
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.emergency.case import Case, CaseOpener
from voice_gateway.emergency.company import Company
from voice_gateway.emergency.interceptor import Interceptor
from voice_gateway.pipeline.frames import Turn
from voice_gateway.pipeline.speaking import Said
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.masking import mask_phone
from zhiban.timeline import EventName, TimelineEvent

logger = logging.getLogger(__name__)

_SILENCE_SECONDS = 8.0
_PATIENT_FACTOR = 1.6
_THINKING_SECONDS = 1.5
_RETRY_SECONDS = 2.0
_SILENCES_BEFORE_GOODBYE = 3
_SHORT_ANSWER = 6
"""A no of up to this many characters says nothing else; a longer one is answered itself."""


class CallMode(StrEnum):
    """Who is with the caller."""

    BOT = "bot"
    WAITING = "waiting"
    BRIDGED = "bridged"
    ENDED = "ended"


class Call:
    """A call, by voice or by text.

    Args:
        services: what outlives the call.
        call_id: unique.
        caller: calling number that can be trusted, or ``""``.
        channel: web, text, sip…
    """

    def __init__(self, services: Services, *, call_id: str, caller: str, channel: str) -> None:
        self.call_id = call_id
        self.caller = caller
        self.channel = channel
        self.mode = CallMode.BOT
        self._services = services
        self._mouth: Mouth | None = None
        self._resident = services.community.resident_by_phone(caller) if caller else None
        self._interceptor = Interceptor(services.spotter)
        self._opener = CaseOpener(services, call_id, caller, self._resident)
        self._opening = asyncio.Lock()
        self._openings: set[asyncio.Task[bool]] = set()
        self._company: Company | None = None
        self._case: Case | None = None
        self._reply = DialogueReply()
        self._turns: asyncio.Queue[Turn] = asyncio.Queue()
        self._turn_count = 0
        self._unheard = 0
        self._cried = False
        self._words: list[str] = []
        self._turn_ended_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._silence = SilenceWatch(self._silence_seconds, self._handle_silence)
        self.ended = asyncio.Event()
        self.end_reason = ""
        self.last_seq = 0

    @property
    def handoff_id(self) -> str:
        """The open handoff, or ``""``."""
        return self._case.handoff_id if self._case else ""

    def expects(self) -> str:
        """What kind of answer the recogniser should listen for."""
        if self.mode is CallMode.WAITING and self._company is not None:
            return self._company.expects
        if self._interceptor.asking:
            return "yes_no"
        return self._reply.expects if self.mode is CallMode.BOT else "open"

    def patient(self) -> bool:
        """Whether this caller gets more time (TAX-128)."""
        return self._resident is not None and "elderly" in self._resident.special_flags

    async def start(self, mouth: Mouth) -> None:
        """Register the call, greet, and begin listening."""
        self._mouth = mouth
        redis, key = self._services.redis, redis_keys.call_info(self.call_id)
        await self._event(
            EventName.CALL_STARTED,
            {
                "caller": self.caller,
                "channel": self.channel,
                "recogniser": self._services.recogniser.name,
            },
        )
        await redis.hset(
            key,
            mapping={
                "caller": self.caller,
                "channel": self.channel,
                "node": self._services.settings.gateway_url,
                "started_at": iso_ms(utc_now()),
            },
        )
        await redis.sadd(redis_keys.ACTIVE_CALLS, self.call_id)
        logger.info("call %s started, caller %s", self.call_id, mask_phone(self.caller))
        self._tasks = [asyncio.create_task(self._take_turns())]
        await self._say("greeting")
        await mouth.turn_done()

    async def end(self, reason: str) -> None:
        """Finish: keep everything that is still open, then close the timeline. Idempotent."""
        if self.mode is CallMode.ENDED:
            return
        was, self.mode = self.mode, CallMode.ENDED
        self.end_reason = reason
        self._silence.close()
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        if self._company is not None:
            await self._company.stop()
        try:
            if self._case is not None and was is not CallMode.BRIDGED:
                await release_handoff(self._services, self._case)
            elif self._case is None:
                await file_unfinished(
                    self._services, self.call_id, self.caller, self._reply, self._words
                )
        except Exception:
            logger.exception("call %s: could not settle what was open", self.call_id)
        await self._event(EventName.CALL_ENDED, {"reason": reason, "with": was.value})
        await self._services.redis.srem(redis_keys.ACTIVE_CALLS, self.call_id)
        logger.info("call %s ended: %s", self.call_id, reason)
        self.ended.set()

    # --- what the caller does -------------------------------------------------------------

    async def hear_interim(
        self, text: str, alternatives: tuple[str, ...], spoken_at: float
    ) -> None:
        """Words of a turn in progress; an emergency among them acts now."""
        await self._event(EventName.CALLER_INTERIM, {"text": text, "final": False})
        if self._watching():
            verdict = self._interceptor.interim(text, alternatives)
            if verdict.transfer is not None:
                # In a task of its own: a slow store must not stop the caller's audio.
                self._open_soon(verdict.transfer, text, spoken_at)

    async def hear_turn(self, turn: Turn) -> None:
        """A finished turn."""
        if self.mode is CallMode.ENDED:
            return
        if turn.text:
            # Durable before anything is done with it.
            await self._event(EventName.CALLER_INTERIM, {"text": turn.text, "final": True})
            self._silence.understood()
        if self.mode is CallMode.BRIDGED:
            await self._record_turn(turn, DialogueReply())
        elif turn.over_bot:
            await self._record_turn(turn, DialogueReply(intent="backchannel"))
            self._rearm()
        else:
            self._turn_count += 1
            await self._turns.put(turn)

    async def hear_digit(self, digit: str) -> None:
        """A key press: 0 asks for a person at any time."""
        await self._event(EventName.DTMF, {"digit": digit})
        if digit == "0" and self.mode is CallMode.BOT:
            await self._request_person("human", HandoffReason.CALLER_ASKED, "", "按键要求人工")

    async def hear_barge_in(self, text: str) -> None:
        """The caller cut the bot short."""
        await self._event(EventName.BARGE_IN, {"text": text})

    def voice_active(self, active: bool) -> None:
        """The caller began or stopped making a voice."""
        if active:
            self._silence.heard()
        else:
            self._rearm()

    async def said(self, said: Said) -> None:
        """A piece of the bot's speech began to play."""
        data: dict[str, Any] = {
            "text": said.text,
            "source": said.source,
            "first_audio_ms": round(said.first_audio_ms),
        }
        if self._turn_ended_at:
            now = asyncio.get_running_loop().time()
            data["after_caller_ms"] = round((now - self._turn_ended_at) * 1000)
            self._turn_ended_at = 0.0
        await self._event(EventName.BOT_SAID, data)

    async def bot_quiet(self) -> None:
        """Everything the bot had to say has been said."""
        self._rearm()

    # --- what the desk does ---------------------------------------------------------------

    async def follow(self, event: TimelineEvent) -> None:
        """An event of this call, from whichever process."""
        if self._company is not None and self.mode is CallMode.WAITING:
            await self._company.follow(event)

    async def bridged(self, agent_id: str) -> None:
        """An agent's audio is joined: the bot falls silent.

        Raises:
            ZhibanError: HANDOFF_CONFLICT or HANDOFF_ILLEGAL when the handoff is not accepted.
        """
        case = self._case
        if case is None:
            return
        record = await self._services.ledger.get(case.handoff_id)
        if record.state is not HandoffState.BRIDGED:
            await self._services.ledger.move(
                case.handoff_id,
                record.state,
                HandoffState.BRIDGED,
                HandoffReason.AUDIO_JOINED,
                by=agent_id,
            )
        self.mode = CallMode.BRIDGED
        self._silence.close()
        if self._company is not None:
            await self._company.stop()
        await self._speech().interrupt()

    async def agent_lost(self) -> None:
        """The agent's line is gone and did not come back: look for the next one."""
        case = self._case
        if case is None or self.mode is not CallMode.BRIDGED:
            return
        record = await self._services.ledger.get(case.handoff_id)
        if record.state is not HandoffState.BRIDGED:
            return
        await self._services.ledger.move(
            case.handoff_id,
            HandoffState.BRIDGED,
            HandoffState.AGENT_LOST,
            HandoffReason.AGENT_GONE,
            by="gateway",
        )
        self.mode = CallMode.WAITING
        await self._say("agent_lost")
        self._keep_company(case, fresh=False)

    async def return_to_bot(self) -> None:
        """The agent gives the caller back."""
        self.mode = CallMode.BOT
        self._case = None
        self._company = None
        self._reply = DialogueReply()
        await self._say("returned")

    async def hang_up(self, reason: str) -> None:
        """End the call from our side; the leg closes when it sees :attr:`ended`."""
        await self.end(reason)

    # --- turns ----------------------------------------------------------------------------

    async def _take_turns(self) -> None:
        while True:
            turn = await self._turns.get()
            try:
                await self._take_turn(turn)
            except Exception:
                logger.exception("call %s: a turn failed", self.call_id)
                await self._fall_back(turn.text)
            if self._turns.empty():
                await self._speech().turn_done()

    async def _take_turn(self, turn: Turn) -> None:
        number = self._turn_count
        if not turn.text:
            await self._handle_unheard(turn)
            return
        self._unheard = 0
        self._words.append(turn.text)
        if self._watching():
            verdict = self._interceptor.final(turn.text, turn.alternatives)
            if verdict.transfer is not None:
                await self._record_turn(turn, DialogueReply(intent=_intent(verdict.transfer)))
                opened = await self._open_emergency(
                    verdict.transfer, turn.text, "final", turn.voiced_until
                )
                if not opened:
                    # Its interim words have just opened the case; these complete them.
                    await self._tell_company(turn.text)
                return
            if self.mode is CallMode.BOT and verdict.ask is not None:
                await self._record_turn(turn, DialogueReply(intent=_intent(verdict.ask)))
                await self._say(f"confirm_{verdict.ask.kind.value}")
                return
            if verdict.released and len(turn.text) <= _SHORT_ANSWER:
                await self._converse(turn, verdict.released, number)
                return
        if self.mode is CallMode.WAITING:
            await self._record_turn(turn, DialogueReply())
            await self._tell_company(turn.text)
            return
        await self._converse(turn, turn.text, number)

    async def _tell_company(self, text: str) -> None:
        """Add words to the open case, waiting for one that is just being opened."""
        async with self._opening:
            company = self._company
        if company is None:
            return
        if self._cried:
            self._cried = False
            await self._reconsider(text)
        await company.hear(text)

    async def _reconsider(self, text: str) -> None:
        """Correct the kind that the first syllables of a turn gave, now that it is whole."""
        case = self._case
        finding = self._services.spotter.spot(text, final=True)
        if case is None or finding is None or finding.kind.value == case.kind:
            return
        await self._event(
            EventName.EMERGENCY_DETECTED,
            {
                "kind": finding.kind.value,
                "level": finding.level,
                "matched": finding.matched,
                "from": "final",
                "corrects": case.kind,
            },
        )
        await self._opener.correct(case, finding.kind.value, finding.level, text)
        await self._say(f"reassure_{case.kind}", protected=True)

    async def _converse(self, turn: Turn, text: str, number: int) -> None:
        self._turn_ended_at = turn.voiced_until
        thinking = asyncio.create_task(self._think_aloud())
        try:
            reply = await self._services.dialogue.turn(self.call_id, text, self._metadata(turn))
        except ZhibanError as error:
            logger.error("call %s: %s", self.call_id, error.message)
            await self._record_turn(turn, DialogueReply())
            await self._fall_back(text)
            return
        finally:
            thinking.cancel()
        await self._record_turn(turn, reply)
        if self.mode is not CallMode.BOT:
            return
        self._reply = reply
        emergency = reply.emergency
        if emergency and str(emergency.get("kind")) in EMERGENCY_LABELS:
            await self._open_emergency_kind(
                str(emergency["kind"]), 3, text, "classifier", turn.voiced_until, text
            )
            return
        # A newer turn makes these words stale, but what the engine did still stands.
        if number == self._turn_count:
            for sentence in reply.texts:
                await self._speech().say(sentence)
        if reply.handoff:
            await self._request_person(
                str(reply.handoff.get("kind") or "human"),
                str(reply.handoff.get("reason") or HandoffReason.CALLER_ASKED),
                str(reply.handoff.get("ticket_number") or ""),
                text,
                announce=not reply.texts,
            )
        elif reply.end_call:
            self._tasks.append(asyncio.create_task(self._say_goodbye()))

    async def _think_aloud(self) -> None:
        await asyncio.sleep(_THINKING_SECONDS)
        await self._say("thinking")

    async def _say_goodbye(self) -> None:
        await self._speech().wait_quiet()
        await self.hang_up("completed")

    async def _handle_unheard(self, turn: Turn) -> None:
        """Voice without words: say so, at most twice in a row."""
        if self.mode is not CallMode.BOT:
            return
        self._unheard += 1
        if self._interceptor.asking:
            verdict = self._interceptor.silence()
            if verdict.transfer is not None:
                await self._open_emergency(
                    verdict.transfer, verdict.transfer.matched, "final", turn.voiced_until
                )
                return
        if self._unheard <= 2:
            await self._say("not_heard")
        else:
            await self._request_person(
                "human", HandoffReason.NOT_UNDERSTOOD, "", "多次没有听清业主的话"
            )

    async def _handle_silence(self, count: int) -> None:
        if self.mode is not CallMode.BOT or self._speech().busy:
            return
        if self._interceptor.asking:
            verdict = self._interceptor.silence()
            if verdict.transfer is not None:
                now = asyncio.get_running_loop().time()
                await self._open_emergency(verdict.transfer, verdict.transfer.matched, "final", now)
            return
        if count < _SILENCES_BEFORE_GOODBYE:
            await self._say("silence_first" if count == 1 else "silence_second")
            await self._speech().turn_done()
            return
        await self._say("silence_goodbye")
        await self._speech().wait_quiet()
        await self.hang_up("silence")

    # --- the way to a person --------------------------------------------------------------

    def _watching(self) -> bool:
        """Whether emergencies are looked for: always, unless one is open or a person is there."""
        if self.mode is CallMode.BOT:
            return True
        return (
            self.mode is CallMode.WAITING and self._case is not None and not self._case.is_emergency
        )

    def _open_soon(self, finding: Finding, text: str, spoken_at: float) -> None:
        task: asyncio.Task[bool] = asyncio.create_task(self._open_emergency(finding, text, "interim", spoken_at))
        self._openings.add(task)
        task.add_done_callback(self._openings.discard)

    async def _open_emergency(
        self, finding: Finding, text: str, source: str, spoken_at: float
    ) -> bool:
        return await self._open_emergency_kind(
            finding.kind.value, finding.level, finding.matched, source, spoken_at, text
        )

    async def _open_emergency_kind(
        self, kind: str, level: int, matched: str, source: str, spoken_at: float, text: str
    ) -> bool:
        """Open an emergency case; False when one is open already."""
        async with self._opening:
            if not self._watching():
                return False
            loop = asyncio.get_running_loop()
            await self._event(
                EventName.EMERGENCY_DETECTED,
                {
                    "kind": kind,
                    "level": level,
                    "matched": matched,
                    "from": source,
                    "ms_since_spoken": round((loop.time() - spoken_at) * 1000),
                },
            )
            words = [*self._words[-4:]]
            if not words or words[-1] != text:
                words.append(text)
            earlier = self._case
            self.mode = CallMode.WAITING
            self._silence.close()
            await self._speech().interrupt()
            await self._say(f"reassure_{kind}", protected=True)
            case = await self._open_case(kind, level, words)
            if earlier is not None:
                case = await self._opener.raise_to(earlier, case)
            self._case = case
            self._cried = source == "interim"
            if self.mode is CallMode.ENDED:
                # The caller left before the stores answered; they are called back.
                await release_handoff(self._services, case)
                return True
            self._keep_company(case)
        await self._inject_emergency(kind)
        return True

    async def _open_case(self, kind: str, level: int, words: list[str]) -> Case:
        """Open the case; while a store is down, keep the caller and try again."""
        while True:
            try:
                return await self._opener.open_emergency(kind, level, words)
            except Exception:
                logger.exception("call %s: emergency could not be stored yet", self.call_id)
                await self._say("still_ringing")
                await asyncio.sleep(_RETRY_SECONDS)

    async def _request_person(
        self,
        kind: str,
        reason: str,
        ticket_number: str,
        what: str,
        *,
        announce: bool = True,
    ) -> None:
        async with self._opening:
            if self.mode is not CallMode.BOT:
                return
            if kind in EMERGENCY_LABELS:
                case = await self._open_case(kind, 3, self._words[-5:] or [what])
            else:
                case = await self._opener.open_request(
                    kind, reason, ticket_number, self._words[-10:], what
                )
            self._case = case
            self.mode = CallMode.WAITING
            self._silence.close()
            if announce:
                await self._say("transferring")
            self._keep_company(case)

    def _keep_company(self, case: Case, *, fresh: bool = True) -> None:
        self._company = Company(
            self._services, case, self._speech(), self._speech().wait_quiet, questions=fresh
        )
        self._company.start()

    async def _fall_back(self, text: str) -> None:
        """The dialogue engine is down: a person, not silence (KB-024)."""
        if self.mode is CallMode.BOT:
            await self._say("apology_down")
            await self._request_person(
                "human", HandoffReason.DIALOGUE_DOWN, "", text, announce=False
            )

    async def _inject_emergency(self, kind: str) -> None:
        """Let the dialogue know, after acting; it must not ask for fees meanwhile."""
        events = [{"event": "slot", "name": "emergency", "value": kind}]
        try:
            await self._services.dialogue.inject(self.call_id, events)
        except ZhibanError as error:
            logger.warning("call %s: %s", self.call_id, error.message)

    # --- small things ---------------------------------------------------------------------

    def _speech(self) -> Mouth:
        if self._mouth is None:
            raise RuntimeError("the call has not started")
        return self._mouth

    async def _say(self, key: str, *, protected: bool = False) -> None:
        await self._speech().say(self._services.community.phrase(key), protected=protected)

    async def _event(self, name: EventName, data: dict[str, Any]) -> None:
        event = await self._services.timeline.append(self.call_id, name, data)
        self.last_seq = max(self.last_seq, event.seq)

    async def _record_turn(self, turn: Turn, reply: DialogueReply) -> None:
        latencies = turn.latencies()
        if reply.took_ms:
            latencies["dialogue_ms"] = round(reply.took_ms)
        await self._event(
            EventName.CALLER_TURN,
            {
                "text": turn.text,
                "intent": reply.intent,
                "confidence": round(reply.confidence, 3),
                "slots": dict(reply.slots),
                "asr": {"engine": turn.engine, "confidence": round(turn.confidence, 3)},
                "latencies": latencies,
                "mode": self.mode.value,
            },
        )

    def _metadata(self, turn: Turn) -> dict[str, Any]:
        resident = None
        if self._resident is not None:
            resident = {
                "name": self._resident.name,
                "title": self._resident.title,
                "phone": self._resident.phone,
                "building": self._resident.building,
                "unit": self._resident.unit,
                "room": self._resident.room,
                "special_flags": list(self._resident.special_flags),
            }
        return {
            "caller": self.caller,
            "channel": self.channel,
            "resident": resident,
            "asr_confidence": turn.confidence,
            "alternatives": list(turn.alternatives),
        }

    def _silence_seconds(self) -> float:
        return _SILENCE_SECONDS * (_PATIENT_FACTOR if self.patient() else 1.0)

    def _rearm(self) -> None:
        if self.mode is CallMode.BOT and self._mouth is not None and not self._mouth.busy:
            self._silence.arm()


def _intent(finding: Finding) -> str:
    return f"emergency_{finding.kind.value}"
