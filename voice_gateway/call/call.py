"""One call from ring to end: what comes in goes to the part that deals with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from voice_gateway.call.answering import Answering
from voice_gateway.call.handover import Handover
from voice_gateway.call.keypad import ENGINE, Keypad, KeypadUses
from voice_gateway.call.leaving import keep_what_waits
from voice_gateway.call.line import CallMode, Line
from voice_gateway.call.mouth import Mouth
from voice_gateway.call.silence import SilenceWatch
from voice_gateway.call.surveying import SurveyBegun, Surveying
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.emergency.case import Case
from voice_gateway.emergency.cry import Cry
from voice_gateway.emergency.interceptor import Interceptor
from voice_gateway.pipeline.frames import Turn
from voice_gateway.pipeline.speaking import Said
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.calls.release import release_handoff
from zhiban.clock import iso_ms, utc_now
from zhiban.handoffs import HandoffReason, HandoffRecord
from zhiban.masking import mask_phone
from zhiban.timeline import EventName, TimelineEvent

logger = logging.getLogger(__name__)

_SILENCE_SECONDS = 8.0
_PATIENT_FACTOR = 1.6
_ANSWER_SECONDS = 3.0
_SETTLE_SECONDS = 10.0
"""Longest wait for the stores at the end of a call; what they miss is settled afterwards."""
_CANCEL_SECONDS = 2.0


@dataclass(frozen=True)
class CalledBack:
    """An owner who has picked up.

    Attributes:
        case: what the agent calls about.
        picked_up: gives the case this call, once it is registered; False when it has moved on.
        ready: told that the agent may join.
    """

    case: Case
    picked_up: Callable[[], Awaitable[bool]]
    ready: Callable[[], None]


class Call:
    """A call, by voice or by text.

    Args:
        services: what outlives the call.
        call_id: unique.
        caller: calling number that can be trusted, or ``""``.
        channel: web, text, sip…
        arrival: what else is known of how it came in: the number dialled, say.
        called_back: how to go on with an owner whom an agent has called.
        survey: what to ask an owner whom the bot has called.
    """

    def __init__(
        self,
        services: Services,
        *,
        call_id: str,
        caller: str,
        channel: str,
        arrival: Mapping[str, str] | None = None,
        called_back: CalledBack | None = None,
        survey: SurveyBegun | None = None,
    ) -> None:
        self._services = services
        self._called_back = called_back
        self._survey = survey
        self._arrival = dict(arrival or {})
        self._line = Line(services, call_id=call_id, caller=caller, channel=channel)
        self._interceptor = Interceptor(services.spotter)
        self._handover = Handover(self._line)
        self._surveying = Surveying(self._line)
        self._answering = Answering(self._line, self._handover, self._interceptor, self.end)
        self._silence = SilenceWatch(self._silence_seconds, self._answering.silent)
        self._keypad = Keypad(
            self._line, KeypadUses(self._entered, self._wants_person, self._silence.heard)
        )
        self._answers: asyncio.Task[None] | None = None
        self._info: dict[str, str] = {}
        self.registered = False

    @property
    def call_id(self) -> str:
        """Its id."""
        return self._line.call_id

    @property
    def pbx_id(self) -> str:
        """The PBX's own id of it, or ``""``."""
        return self._arrival.get("pbx_call_id", "")

    @property
    def mode(self) -> CallMode:
        """Who is with the caller."""
        return self._line.mode

    @property
    def ended(self) -> asyncio.Event:
        """Set when the call is over and everything of it is stored."""
        return self._line.ended

    @property
    def given_back(self) -> asyncio.Event:
        """Set while the agent's leg has to let go: the caller is the bot's again."""
        return self._line.given_back

    @property
    def end_reason(self) -> str:
        """Why it ended."""
        return self._line.end_reason

    @property
    def last_seq(self) -> int:
        """Number of the newest event written by this process."""
        return self._line.last_seq

    @property
    def handoff_id(self) -> str:
        """The open handoff, or ``""``."""
        return self._handover.case.handoff_id if self._handover.case else ""

    def expects(self) -> str:
        """What kind of answer the recogniser should listen for."""
        if self.mode is CallMode.WAITING and self._handover.company is not None:
            return self._handover.company.expects
        if self._interceptor.asking:
            return "yes_no"
        return self._line.reply.expects if self.mode is CallMode.BOT else "open"

    def patient(self) -> bool:
        """Whether this caller gets more time."""
        return self._line.patient

    async def start(self, mouth: Mouth) -> None:
        """Register the call, greet, and begin to answer."""
        line = self._line
        line.mouth = mouth
        known = {"caller": line.caller, "channel": line.channel}
        heard_by = {"recogniser": self._services.recogniser.name}
        await line.event(EventName.CALL_STARTED, {**known, **self._arrival, **heard_by})
        self._info = known | {
            "node": self._services.settings.gateway_url,
            "started_at": iso_ms(utc_now()),
        }
        await self.register()
        logger.info("call %s started, caller %s", self.call_id, mask_phone(line.caller))
        self._answers = asyncio.create_task(self._answering.run())
        if self._called_back is not None:
            # Only a case that is this call's may be settled with it.
            if await self._called_back.picked_up():
                await self._handover.called_back(self._called_back.case)
                self._called_back.ready()
            else:
                await self.end("case_moved")
        elif self._survey is not None:
            self._surveying.note(self._survey)
            line.reply = self._survey.opening
            for sentence in line.reply.texts:
                await mouth.say(sentence)
        elif not await self._handover.resume():
            await line.say("greeting")
        await mouth.turn_done()

    async def register(self) -> None:
        """Note that this node holds the call; without Redis that is made up for later."""
        redis = self._services.redis
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await redis.hset(redis_keys.call_info(self.call_id), mapping=self._info)
                await redis.sadd(redis_keys.ACTIVE_CALLS, self.call_id)
            self.registered = True
        except (RedisError, OSError) as error:
            logger.error("call %s: not registered: %s", self.call_id, type(error).__name__)

    async def take_back(self) -> None:
        """Go on with a call that others settled because they took this node for dead.

        Raises:
            Exception: a store fails.
        """
        redis = self._services.redis
        if self.mode is CallMode.ENDED or not self.registered:
            return
        if not await redis.sismember(redis_keys.ACTIVE_CALLS, self.call_id):
            await self.register()
            known = {"caller": self._line.caller, "channel": self._line.channel}
            await self._line.event(EventName.CALL_STARTED, {**known, "resumed": True})
        await self._handover.ring_again()

    async def _unregister(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._services.redis.srem(redis_keys.ACTIVE_CALLS, self.call_id)
        except (RedisError, OSError) as error:
            logger.error("call %s: still registered: %s", self.call_id, type(error).__name__)

    async def end(self, reason: str, cause: str = "") -> None:
        """Finish, whoever wants it; the leg closes when it sees :attr:`ended`. Idempotent.

        Everything that is still open is kept, then the timeline is closed.

        Args:
            reason: who ended it, or what.
            cause: what the line saw of it, for whoever looks for the fault.
        """
        line = self._line
        if line.mode is CallMode.ENDED:
            return
        was, line.mode = line.mode, CallMode.ENDED
        line.end_reason = reason
        self._silence.close()
        self._keypad.close()
        if self._answers is not None and self._answers is not asyncio.current_task():
            self._answers.cancel()
            await asyncio.wait({self._answers}, timeout=_CANCEL_SECONDS)
        await self._handover.stop()
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                await self._settle(was)
        except Exception:
            logger.exception("call %s: could not settle what was open", self.call_id)
            line.unkept = True
        seen = {"cause": cause} if cause else {}
        await line.event(EventName.CALL_ENDED, {"reason": reason, "with": was.value, **seen})
        if not line.unkept:
            await self._unregister()
        logger.info("call %s ended: %s", self.call_id, reason)
        line.ended.set()

    async def _settle(self, was: CallMode) -> None:
        cry = None if was is CallMode.BRIDGED else self._unheeded()
        if cry is not None:
            await self._handover.open_emergency(cry)
        case = self._handover.case
        if case is not None and was is not CallMode.BRIDGED:
            await release_handoff(self._services, case.handoff_id)
        await self._surveying.settle()
        await keep_what_waits(self._line)

    def _unheeded(self) -> Cry | None:
        """Return the emergency that the end of the call kept from being opened, if any."""
        for turn in self._answering.left_over():
            verdict = self._interceptor.final(turn.text, turn.alternatives)
            finding = verdict.transfer or verdict.ask
            if finding is not None:
                return Cry.of(finding, turn.text, "final", turn.voiced_until)
        # Hanging up is no clear no to the closed question either.
        asked = self._interceptor.silence().transfer
        now = asyncio.get_running_loop().time()
        return None if asked is None else Cry.of(asked, asked.matched, "final", now)

    # --- what the caller does -------------------------------------------------------------

    async def hear_interim(
        self, text: str, alternatives: tuple[str, ...], spoken_at: float
    ) -> None:
        """Words of a turn in progress; an emergency among them acts now."""
        await self._line.event(EventName.CALLER_INTERIM, {"text": text, "final": False})
        if self._handover.watching:
            verdict = self._interceptor.interim(text, alternatives)
            if verdict.transfer is not None:
                self._silence.close()
                self._handover.open_soon(Cry.of(verdict.transfer, text, "interim", spoken_at))

    async def hear_turn(self, turn: Turn) -> None:
        """A finished turn."""
        if self.mode is CallMode.ENDED:
            return
        if turn.text:
            # Durable before anything is done with it.
            await self._line.event(EventName.CALLER_INTERIM, {"text": turn.text, "final": True})
            self._silence.understood()
        if self.mode is CallMode.BRIDGED or self._line.was_said_to_agent(turn):
            await self._line.record_turn(turn, DialogueReply())
        elif turn.over_bot:
            await self._line.record_turn(turn, DialogueReply(intent="backchannel"))
            self._rearm()
        else:
            self._answering.put(turn)

    async def hear_digit(self, digit: str) -> None:
        """A key press: 0 asks for a person at any time, digits answer where speech fails."""
        await self._keypad.press(digit)

    async def _entered(self, digits: str) -> None:
        now = asyncio.get_running_loop().time()
        await self.hear_turn(Turn(digits, engine=ENGINE, voiced_until=now))

    async def _wants_person(self) -> None:
        await self._handover.request_person("human", HandoffReason.CALLER_ASKED, "", "按键要求人工")

    async def hear_barge_in(self, text: str) -> None:
        """The caller cut the bot short."""
        await self._line.event(EventName.BARGE_IN, {"text": text})

    def voice_active(self, active: bool) -> None:
        """The caller began or stopped making a voice."""
        if active:
            self._silence.heard()
        else:
            self._rearm()

    # --- what the bot does ----------------------------------------------------------------

    async def said(self, said: Said) -> None:
        """A piece of the bot's speech began to play."""
        data: dict[str, Any] = {
            "text": said.text,
            "source": said.source,
            "first_audio_ms": round(said.first_audio_ms),
        }
        line = self._line
        if line.answered_turn_at:
            since = asyncio.get_running_loop().time() - line.answered_turn_at
            data["after_caller_ms"] = round(since * 1000)
            line.answered_turn_at = 0.0
        await line.event(EventName.BOT_SAID, data)

    async def bot_quiet(self) -> None:
        """Everything the bot had to say has been said."""
        self._rearm()

    # --- what the desk does ---------------------------------------------------------------

    async def follow(self, event: TimelineEvent) -> None:
        """An event of this call, from whichever process."""
        await self._handover.follow(event)

    async def bridged(self, agent_id: str) -> None:
        """An agent's audio is joined.

        Raises:
            ZhibanError: the handoff is not this agent's any more.
        """
        self._silence.close()
        await self._handover.bridged(agent_id)

    async def agent_lost(self) -> None:
        """The agent's line is gone and did not come back."""
        await self._handover.agent_lost()

    async def briefing(self, agent_id: str) -> None:
        """An agent is told what it is about before the caller is joined.

        Raises:
            ZhibanError: the handoff is not this agent's any more.
        """
        await self._handover.briefing(agent_id)

    async def let_go(self, record: HandoffRecord) -> None:
        """The agent passed the caller on, or was given up: somebody else is being looked for."""
        await self._handover.let_go(record)

    async def tell(self, key: str) -> None:
        """Say a fixed sentence that nothing interrupts, and return when it has been said."""
        await self._line.say(key, protected=True)
        await self._line.mouth.wait_quiet()

    async def return_to_bot(self) -> None:
        """The agent gives the caller back."""
        await self._handover.give_back()

    async def take_survey(self, ticket_number: str, by: str) -> None:
        """The agent leaves, and the bot asks the owner how satisfied they are.

        Args:
            ticket_number: what about.
            by: the agent.
        """
        # While it begins the owner still counts as the agent's: their words are no answer yet.
        opening = await self._surveying.begin(ticket_number, by)
        await self._handover.give_back(opening or DialogueReply())
        mouth = self._line.mouth
        if opening is None:
            await self._line.say("farewell")
            await mouth.wait_quiet()
            await self.end("completed")
            return
        await mouth.turn_done()

    def _silence_seconds(self) -> float:
        return _SILENCE_SECONDS * (_PATIENT_FACTOR if self.patient() else 1.0)

    def _rearm(self) -> None:
        if self.mode is CallMode.BOT and not self._line.mouth.busy:
            self._silence.arm()
