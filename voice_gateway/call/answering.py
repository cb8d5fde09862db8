"""Takes the caller's turns one at a time and answers them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from voice_gateway.call.handover import Handover
from voice_gateway.call.keypad import ENGINE as KEYPAD
from voice_gateway.call.line import CallMode, Line
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.emergency.cry import Cry
from voice_gateway.emergency.interceptor import Interceptor
from voice_gateway.pipeline.frames import Turn
from zhiban.errors import ZhibanError
from zhiban.handoffs import HandoffReason

logger = logging.getLogger(__name__)

_THINKING_SECONDS = 1.5
_SILENCES_BEFORE_GOODBYE = 3
_UNHEARD_BEFORE_KEYS = 2
_UNHEARD_BEFORE_PERSON = 3
_WITHOUT_KEYS = ("web",)
_SHORT_ANSWER = 6
"""A no of up to this many characters says nothing else; a longer one is answered itself."""


class Answering:
    """The bot's side of the conversation.

    Args:
        line: the call's shared state.
        handover: the way to a person.
        interceptor: the emergency watch.
        hang_up: ends the call with a reason.
    """

    def __init__(
        self,
        line: Line,
        handover: Handover,
        interceptor: Interceptor,
        hang_up: Callable[[str], Awaitable[None]],
    ) -> None:
        self._line = line
        self._handover = handover
        self._interceptor = interceptor
        self._hang_up = hang_up
        self._turns: asyncio.Queue[Turn] = asyncio.Queue()
        self._in_hand: Turn | None = None
        self._newest = 0
        self._unheard = 0
        self._goodbye: asyncio.Task[None] | None = None

    def put(self, turn: Turn) -> None:
        """Queue a finished turn."""
        self._newest += 1
        self._turns.put_nowait(turn)

    async def run(self) -> None:
        """Answer turns until cancelled; a turn that fails leads to a person, not to silence."""
        while True:
            turn = self._in_hand = await self._turns.get()
            try:
                await self._take(turn)
            except Exception:
                logger.exception("call %s: a turn failed", self._line.call_id)
                await self._fall_back(turn.text)
            self._in_hand = None
            if self._turns.empty():
                await self._line.mouth.turn_done()

    def left_over(self) -> list[Turn]:
        """Return the turns that the end of the call cut off, the one in hand first."""
        turns = [] if self._in_hand is None else [self._in_hand]
        while not self._turns.empty():
            turn = self._turns.get_nowait()
            turns.append(turn)
            if turn.text:
                self._line.words.append(turn.text)
                self._line.unanswered.append(turn.text)
        self._in_hand = None
        return [turn for turn in turns if turn.text]

    async def silent(self, count: int) -> None:
        """The caller has said nothing for a while, for the ``count``-th time in a row."""
        line = self._line
        if line.mode is not CallMode.BOT or line.mouth.busy:
            return
        if await self._unanswered():
            return
        if count < _SILENCES_BEFORE_GOODBYE:
            await line.say("silence_first" if count == 1 else "silence_second")
            await line.mouth.turn_done()
            return
        await line.say("silence_goodbye")
        await line.mouth.wait_quiet()
        await self._hang_up("silence")

    async def _take(self, turn: Turn) -> None:
        line = self._line
        number = self._newest
        if not turn.text:
            await self._not_heard()
            return
        self._unheard = 0
        line.words.append(turn.text)
        if line.mode is CallMode.BOT:
            line.unanswered.append(turn.text)
        # Pressed digits are no cry, but no clear no to the closed question either.
        heard = turn.engine != KEYPAD or self._interceptor.asking
        if self._handover.watching and heard and await self._intercepted(turn, number):
            return
        if line.mode is CallMode.WAITING:
            await line.record_turn(turn, DialogueReply())
            await self._handover.hear(turn.text)
            return
        await self._converse(turn, turn.text, number)

    async def _intercepted(self, turn: Turn, number: int) -> bool:
        """Deal with a turn that concerns an emergency; False when it does not."""
        line = self._line
        with_bot = line.mode is CallMode.BOT
        verdict = self._interceptor.final(
            turn.text,
            turn.alternatives,
            answering=with_bot and line.reply.wants_detail,
            # Whoever waits for a person already is not asked: what they cry is passed on.
            confidence=turn.confidence if with_bot else 1.0,
        )
        if verdict.transfer is not None:
            intent = f"emergency_{verdict.transfer.kind.value}"
            await line.record_turn(turn, DialogueReply(intent=intent))
            if line.mode is CallMode.WAITING:
                line.unanswered = [turn.text]
            cry = Cry.of(verdict.transfer, turn.text, "final", turn.voiced_until)
            if not await self._handover.open_emergency(cry):
                # Its interim words have just opened the case; these complete them.
                await self._handover.hear(turn.text)
            return True
        if with_bot and verdict.ask is not None:
            intent = f"emergency_{verdict.ask.kind.value}"
            await line.record_turn(turn, DialogueReply(intent=intent))
            await line.say(f"confirm_{verdict.ask.kind.value}")
            return True
        if verdict.released and len(turn.text) <= _SHORT_ANSWER:
            await self._converse(turn, verdict.released, number)
            return True
        return False

    async def _converse(self, turn: Turn, text: str, number: int) -> None:
        line = self._line
        line.answered_turn_at = turn.voiced_until
        thinking = asyncio.create_task(self._think_aloud())
        try:
            reply = await line.services.dialogue.turn(line.call_id, text, line.metadata(turn))
        except ZhibanError as error:
            logger.error("call %s: %s", line.call_id, error.message)
            await line.record_turn(turn, DialogueReply())
            await self._fall_back(text)
            return
        finally:
            thinking.cancel()
        await line.record_turn(turn, reply)
        if line.mode is not CallMode.BOT:
            return
        line.reply = reply
        line.unanswered = [words for words in line.unanswered if words not in (text, turn.text)]
        if reply.emergency:
            cry = Cry.of_classifier(reply.emergency, text, turn.voiced_until)
            if cry is not None:
                await self._handover.open_emergency(cry)
                return
        # A newer turn makes these words stale, but what the engine did still stands.
        if number == self._newest:
            for sentence in reply.texts:
                await line.mouth.say(sentence)
        if reply.handoff:
            await self._handover.request_person(
                str(reply.handoff.get("kind") or "human"),
                str(reply.handoff.get("reason") or HandoffReason.CALLER_ASKED),
                str(reply.handoff.get("ticket_number") or ""),
                text,
                announce=not reply.texts,
            )
        elif reply.end_call:
            self._goodbye = asyncio.create_task(self._say_goodbye())

    async def _think_aloud(self) -> None:
        await asyncio.sleep(_THINKING_SECONDS)
        await self._line.say("thinking")

    async def _say_goodbye(self) -> None:
        await self._line.mouth.wait_quiet()
        await self._hang_up("completed")

    async def _not_heard(self) -> None:
        """Voice without words: say so twice, then a person."""
        if self._line.mode is not CallMode.BOT:
            return
        self._unheard += 1
        if await self._unanswered():
            return
        if self._unheard < _UNHEARD_BEFORE_PERSON:
            await self._line.say(self._keys_wanted() or "not_heard")
        else:
            await self._handover.request_person(
                "human", HandoffReason.NOT_UNDERSTOOD, "", "多次没有听清业主的话"
            )

    def _keys_wanted(self) -> str:
        """Return the sentence that asks for the keypad, after two misses; ``""`` where none helps."""
        line = self._line
        if self._unheard < _UNHEARD_BEFORE_KEYS or line.channel in _WITHOUT_KEYS:
            return ""
        if line.reply.expects == "phone":
            return "keys_phone"
        room = line.reply.expects == "address" and line.reply.slots.get("building")
        return "keys_room" if room else ""

    async def _unanswered(self) -> bool:
        """The closed question met no clear no: put through; False when none was open."""
        verdict = self._interceptor.silence()
        if verdict.transfer is None:
            return False
        now = asyncio.get_running_loop().time()
        finding = verdict.transfer
        await self._handover.open_emergency(Cry.of(finding, finding.matched, "final", now))
        return True

    async def _fall_back(self, text: str) -> None:
        """The dialogue engine is down: a person, not silence (KB-024)."""
        if self._line.mode is CallMode.BOT:
            # The ticket behind the request keeps the words.
            self._line.unanswered = []
            await self._line.say("apology_down")
            await self._handover.request_person(
                "human", HandoffReason.DIALOGUE_DOWN, "", text, announce=False
            )
