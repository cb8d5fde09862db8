"""The way from the bot to a person and back: cases, company while it rings, bridge."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bot.language.danger import spot_in_turn
from voice_gateway.call.leaving import keep_what_waits
from voice_gateway.call.line import CallMode, Line
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.emergency.case import Case
from voice_gateway.emergency.company import Company
from voice_gateway.emergency.cry import Cry
from voice_gateway.emergency.opening import CaseOpener
from zhiban.calls.release import release_handoff
from zhiban.calls.report import EmergencyReport
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.timeline import EventName, TimelineEvent

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 2.0
_FORGET: tuple[dict[str, Any], ...] = (
    {"event": "active_loop", "name": None},
    {"event": "slot", "name": "requested_slot", "value": None},
    {"event": "slot", "name": "matters", "value": None},
)


class Handover:
    """Finds a person for one call.

    Args:
        line: the call's shared state.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._opener = CaseOpener(line.services, line.call_id, line.caller, line.resident)
        self._lock = asyncio.Lock()
        self._openings: set[asyncio.Task[bool]] = set()
        self._cried = False
        self.case: Case | None = None
        self.company: Company | None = None

    @property
    def watching(self) -> bool:
        """Whether emergencies are looked for: always, unless one is open or a person is there."""
        if self._line.mode is CallMode.BOT:
            return True
        case = self.case
        return self._line.mode is CallMode.WAITING and case is not None and not case.is_emergency

    async def resume(self) -> bool:
        """Join a caller in danger who calls again to their open case; False when there is none."""
        line = self._line
        try:
            case = await self._opener.resume()
        except Exception:
            # The case is still due to be called back; the bot listens meanwhile.
            logger.exception("call %s: open cases could not be looked up", line.call_id)
            return False
        if case is None:
            return False
        async with self._lock:
            self.case = case
            line.mode = CallMode.WAITING
            await line.say("case_known", protected=True)
            self._keep_company(case, fresh=not case.card.get("advice"))
        return True

    async def called_back(self, case: Case) -> None:
        """The owner of a case was called back and has picked up: an agent is just joining."""
        async with self._lock:
            self.case = case
            self._line.mode = CallMode.WAITING
            self._keep_company(case, fresh=False)

    async def ring_again(self) -> None:
        """Others took this node for dead and settled its calls: a caller who waits is rung for."""
        line, case = self._line, self.case
        if case is None or line.mode is not CallMode.WAITING:
            return
        async with self._lock:
            self.case = await self._opener.ring_again(case)
            self._keep_company(self.case, fresh=False)

    def open_soon(self, cry: Cry) -> None:
        """Open an emergency in a task of its own: a slow store must not stop the audio."""
        self._opening(cry)

    async def open_emergency(self, cry: Cry) -> bool:
        """Say the reassurance, store the case, keep company; False when one is open already.

        Goes on to its end even when whoever waits for it is cancelled because the call ends.
        """
        return await asyncio.shield(self._opening(cry))

    def _opening(self, cry: Cry) -> asyncio.Task[bool]:
        task = asyncio.create_task(self._open_emergency(cry))
        self._openings.add(task)
        task.add_done_callback(self._openings.discard)
        return task

    async def _open_emergency(self, cry: Cry) -> bool:
        line = self._line
        async with self._lock:
            # Words heard before a hang-up count even if their turn comes after it.
            left = line.over and (self.case is None or not self.case.is_emergency)
            if not (self.watching or left):
                return False
            since = (asyncio.get_running_loop().time() - cry.spoken_at) * 1000
            await line.event(
                EventName.EMERGENCY_DETECTED,
                {
                    "kind": cry.kind,
                    "level": cry.level,
                    "matched": cry.matched,
                    "from": cry.source,
                    "ms_since_spoken": round(since),
                },
            )
            words = line.words[-4:]
            if not words or words[-1] != cry.text:
                words.append(cry.text)
            report = self._opener.report(cry.kind, cry.level, words, cry.facts)
            with line.services.spool.held(report):
                if not left:
                    line.mode = CallMode.WAITING
                    await line.mouth.interrupt()
                    await line.say(f"reassure_{cry.kind}", protected=True)
                self.case = case = await self._store(report)
            self._cried = cry.source == "interim"
            if line.over:
                # The caller left before the stores answered; they are called back.
                await release_handoff(line.services, case.handoff_id)
                await self._keep_the_rest(cry.kind)
                return True
            self._keep_company(case)
        await self._tell_dialogue({"event": "slot", "name": "emergency", "value": cry.kind})
        await self._keep_the_rest(cry.kind)
        return True

    async def request_person(
        self, kind: str, reason: str, ticket_number: str, what: str, *, announce: bool = True
    ) -> None:
        """Ask for a person without an emergency.

        Args:
            kind: ``human``, ``manager`` or an emergency kind.
            reason: a :class:`HandoffReason` value.
            ticket_number: the ticket it is about, if one was filed.
            what: the matter, for the card.
            announce: whether to say that the call is being put through.
        """
        line = self._line
        cry = Cry.of_classifier({"kind": kind}, what, asyncio.get_running_loop().time())
        if cry is not None:
            await self.open_emergency(cry)
            return
        while (case := await self._requested(kind, reason, ticket_number, what)) is None:
            # Between two tries an emergency may have the lock.
            await self._excuse("apology_down")
        if case.handoff_id:
            if announce:
                await line.say("transferring")
            await self._keep_the_rest(kind)

    async def hear(self, text: str) -> None:
        """Add words to the open case, waiting for one that is just being opened."""
        async with self._lock:
            company = self.company
        if company is None:
            return
        whole, self._cried = self._cried, False
        if whole:
            await self._reconsider(text)
        await company.hear(text)
        if whole and self.case is not None:
            # The cry rang before the turn was over; the rest of it may be about something else.
            self._line.unanswered.append(text)
            await self._keep_the_rest(self.case.kind)

    async def follow(self, event: TimelineEvent) -> None:
        """Pass on what the desk does while it rings."""
        if self.company is not None and self._line.mode is CallMode.WAITING:
            await self.company.follow(event)

    async def bridged(self, agent_id: str) -> None:
        """An agent's audio is joined: the bot falls silent.

        Raises:
            ZhibanError: HANDOFF_CONFLICT or HANDOFF_ILLEGAL when the handoff is not accepted.
        """
        line, case = self._line, self.case
        if case is None:
            return
        record = await line.services.ledger.get(case.handoff_id)
        if record.state is not HandoffState.BRIDGED:
            await line.services.ledger.move(
                case.handoff_id,
                record.state,
                HandoffState.BRIDGED,
                HandoffReason.AUDIO_JOINED,
                by=agent_id,
            )
        line.mode = CallMode.BRIDGED
        line.given_back.clear()
        await self.stop()
        await line.mouth.interrupt()

    async def briefing(self, agent_id: str) -> None:
        """The agent is told what it is about; the caller still has company.

        Raises:
            ZhibanError: HANDOFF_CONFLICT or HANDOFF_ILLEGAL when the handoff is not accepted.
        """
        if self.case is not None:
            await self._line.services.ledger.move(
                self.case.handoff_id,
                HandoffState.ACCEPTED,
                HandoffState.BRIEFING,
                HandoffReason.WHISPER,
                by=agent_id,
            )

    async def agent_lost(self) -> None:
        """The agent's line is gone and did not come back: look for the next one."""
        line, case = self._line, self.case
        if case is None or line.over:
            return
        record = await line.services.ledger.get(case.handoff_id)
        if record.state not in (HandoffState.BRIEFING, HandoffState.BRIDGED):
            return
        await line.services.ledger.move(
            case.handoff_id,
            record.state,
            HandoffState.AGENT_LOST,
            HandoffReason.AGENT_GONE,
            by="gateway",
        )
        await self._wait_again("agent_lost")

    async def let_go(self, record: HandoffRecord) -> None:
        """The caller was passed on, or given up by the desk: keep company while it rings."""
        await self._wait_again("agent_lost" if record.agent_id else "passed_on")

    async def _wait_again(self, phrase: str) -> None:
        line, case = self._line, self.case
        if case is None or line.mode is not CallMode.BRIDGED:
            return
        line.mode = CallMode.WAITING
        await line.say(phrase)
        self._keep_company(case, fresh=False)

    async def give_back(self, reply: DialogueReply | None = None) -> None:
        """The agent gives the caller back to the bot.

        Args:
            reply: what the bot begins with; by default it asks what else it can do.
        """
        line = self._line
        self.case = self.company = None
        line.reply = reply or DialogueReply()
        line.mode = CallMode.BOT
        line.bot_since = asyncio.get_running_loop().time()
        line.given_back.set()
        if reply is None:
            await line.say("returned")
            return
        for sentence in reply.texts:
            await line.mouth.say(sentence)

    async def stop(self) -> None:
        """Stop keeping company."""
        if self.company is not None:
            await self.company.stop()

    async def _store(self, report: EmergencyReport) -> Case:
        """Store the case; while a store is down, keep the caller and try again."""
        while True:
            try:
                return await self._opener.open_emergency(report)
            except Exception:
                logger.exception("call %s: emergency not stored yet", self._line.call_id)
                await self._excuse("still_ringing")

    async def _requested(
        self, kind: str, reason: str, ticket_number: str, what: str
    ) -> Case | None:
        """Store a request and keep company; None while a store is down.

        An empty case says that there is nothing to request any more.
        """
        line = self._line
        async with self._lock:
            if line.mode is not CallMode.BOT:
                return Case(kind, 0, "", "")
            try:
                self.case = await self._opener.open_request(
                    kind, reason, ticket_number, line.words[-10:], what
                )
            except Exception:
                logger.exception("call %s: request not stored yet", line.call_id)
                line.unkept = True
                return None
            line.unkept = False
            line.mode = CallMode.WAITING
            self._keep_company(self.case)
            return self.case

    async def _excuse(self, phrase: str) -> None:
        """Let the caller hear that somebody is there while a store is down."""
        if not self._line.over and not self._line.mouth.busy:
            await self._line.say(phrase)
        await asyncio.sleep(_RETRY_SECONDS)

    async def _reconsider(self, text: str) -> None:
        """Correct the kind that the first syllables of a turn gave, now that it is whole."""
        line, case = self._line, self.case
        finding = spot_in_turn(line.services.spotter, text)
        if case is None or finding is None or finding.kind.value == case.kind:
            return
        await line.event(
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
        await line.say(f"reassure_{case.kind}", protected=True)

    async def _keep_the_rest(self, kind: str) -> None:
        """File what else was told, now that somebody is rung; the dialogue forgets it."""
        try:
            busy = await keep_what_waits(self._line, kind=kind)
        except Exception:
            # The caller must be kept company all the same; it is filed from the timeline later.
            logger.exception("call %s: not everything told was filed", self._line.call_id)
            self._line.unkept = True
            return
        if busy:
            await self._tell_dialogue(*_FORGET)

    async def _tell_dialogue(self, *events: dict[str, Any]) -> None:
        """Let the dialogue know, after acting: a form in progress must not go on."""
        try:
            await self._line.services.dialogue.inject(self._line.call_id, list(events))
        except ZhibanError as error:
            logger.warning("call %s: %s", self._line.call_id, error.message)

    def _keep_company(self, case: Case, *, fresh: bool = True) -> None:
        mouth = self._line.mouth
        self.company = Company(self._line.services, case, mouth, mouth.wait_quiet, questions=fresh)
        self.company.start()
