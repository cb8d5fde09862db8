"""Plays one caller's script over the real telephone line and keeps their diary."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from bench.chaos.causes import Cause
from bench.chaos.diary import Diary, Entry
from bench.chaos.scripts import Leave, Script, Words
from tests.handoff.support import Cable
from zhiban.callers import TextCaller, VoiceCaller
from zhiban.callers.socket import CallSocket, Event
from zhiban.errors import ZhibanError

Strike = Callable[[Cause, str], Awaitable[None]]
"""Does a blow; told the node that holds the call."""

_DIAL_FOR = 45.0
_DIAL_PAUSE = 1.0
_TURN_SECONDS = 12.0
_SOUND_EVERY = 1.0
_LEAVE_EVENT = {
    Leave.REQUESTED: "handoff.requested",
    Leave.OFFERED: "handoff.offered",
    Leave.ACCEPTED: "handoff.accepted",
    Leave.BRIDGED: "handoff.bridged",
}
_KEPT_DATA = ("text", "state", "reason", "handoff_id", "ticket_number", "number", "kind", "final")


class ChaosCaller:
    """One person with a telephone.

    Args:
        script: what they do.
        nodes: base URL of each gateway node, by name.
        diary: where they write down what happens to them.
        speech: s16le of the cries that are spoken.
        strike: does a blow aimed at this call.
    """

    def __init__(
        self,
        script: Script,
        nodes: Mapping[str, str],
        diary: Diary,
        speech: Mapping[str, bytes],
        strike: Strike,
    ) -> None:
        self._script = script
        self._nodes = nodes
        self._diary = diary
        self._speech = speech
        self._strike = strike
        self._rng = random.Random(f"{script.number}/{script.person}")
        self._call_id = ""
        self._aimed = False
        self._blows: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Call, and call again if the line is lost; returns when the person gives up."""
        for _ in range(1 + self._script.redials):
            if not await self._call():
                break
            await asyncio.sleep(self._rng.uniform(0.5, 4.0))
        if self._blows:
            await asyncio.gather(*self._blows, return_exceptions=True)

    async def _call(self) -> bool:
        """Make one call; return whether the person would dial again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _DIAL_FOR
        names = sorted(self._nodes)
        first = self._script.person % len(names)
        attempt = 0
        while loop.time() < until:
            name = names[(first + attempt) % len(names)]
            attempt += 1
            lost = await self._dial(name)
            if lost is not None:
                return lost
            await asyncio.sleep(_DIAL_PAUSE)
        return False

    async def _dial(self, node: str) -> bool | None:
        """Return None when nobody answered, else whether the line was lost."""
        self._call_id = ""
        self._note(Entry.DIALLED, node=node)
        cable = Cable(self._nodes[node])
        phone = self._phone(await cable.mend())
        try:
            async with asyncio.timeout(20):
                await phone.__aenter__()
        except (ZhibanError, aiohttp.ClientError, OSError, TimeoutError) as error:
            self._note(Entry.REFUSED, why=type(error).__name__)
            await self._hang_up_quietly(phone, cable)
            return None
        if not phone.call_id:
            self._note(Entry.REFUSED, why=phone.ended or "no answer")
            await self._hang_up_quietly(phone, cable)
            return None
        self._call_id = phone.call_id
        self._note(Entry.STARTED, node=node)
        try:
            await self._talk(phone, node, cable)
        finally:
            lost = phone.ended == "lost"
            await self._hang_up_quietly(phone, cable)
        return lost and not self._script.drops

    def _phone(self, url: str) -> CallSocket:
        if self._script.by_voice:
            return _SpeakingCaller(url, self._script.number, self._note)
        return _TypingCaller(url, self._script.number, self._note)

    async def _hang_up_quietly(self, phone: CallSocket, cable: Cable) -> None:
        try:
            async with asyncio.timeout(10):
                await phone.__aexit__(None, None, None)
        except (aiohttp.ClientError, OSError, TimeoutError, AttributeError):
            pass  # the line was gone already: nothing left to hang up
        await cable.cut()

    async def _talk(self, phone: CallSocket, node: str, cable: Cable) -> None:
        await phone.wait_turn(0, 20)
        for words in self._script.words:
            await asyncio.sleep(words.pause)
            if phone.ended:
                break
            await self._say(phone, node, words)
            if self._leaves_at(words):
                await self._leave(phone, cable)
                return
        await phone.wait(lambda: bool(phone.ended), self._script.patience)
        self._finish(phone)

    def _leaves_at(self, words: Words) -> bool:
        last = words is self._script.words[-1]
        decisive = bool(words.danger or words.asks) or last
        return self._script.leave is not Leave.PATIENT and decisive and (bool(words.danger) or last)

    async def _say(self, phone: CallSocket, node: str, words: Words) -> None:
        done = phone.turns_done
        aim = self._script.aim
        self._note(Entry.SAID, text=words.text, danger=words.danger, asks=words.asks)
        try:
            if isinstance(phone, _SpeakingCaller):
                async with asyncio.timeout(_TURN_SECONDS):
                    await phone.speak(self._speech[words.text])
            else:
                await phone.socket.send_json({"type": "say", "text": words.text})
        except (ConnectionError, TimeoutError, aiohttp.ClientError):
            return  # the reader notices too and ends the call
        if aim is not None and words.danger and not self._aimed:
            self._aimed = True
            blow = asyncio.create_task(self._blow(aim.after, aim.cause, node))
            self._blows.add(blow)
        if words.danger and self._script.leave is not Leave.PATIENT:
            return  # the reason to leave may come before the turn is over
        await phone.wait_turn(done, _TURN_SECONDS)

    async def _blow(self, after: float, cause: Cause, node: str) -> None:
        await asyncio.sleep(after)
        await self._strike(cause, node)

    async def _leave(self, phone: CallSocket, cable: Cable) -> None:
        """Hang up, or let the line break, when the script says so."""
        event = _LEAVE_EVENT.get(self._script.leave)
        if event is not None:
            await phone.wait(
                lambda: bool(phone.ended) or any(e["name"] == event for e in phone.events),
                self._script.patience,
            )
        await asyncio.sleep(self._script.leave_after)
        if phone.ended:
            self._finish(phone)
        elif self._script.drops:
            self._note(Entry.DROPPED)
            await cable.cut()
            await phone.wait(lambda: bool(phone.ended), 5)
        else:
            self._finish(phone)

    def _finish(self, phone: CallSocket) -> None:
        match phone.ended:
            case "":
                self._note(Entry.HUNG_UP)
            case "lost":
                self._note(Entry.LOST)
            case reason:
                self._note(Entry.ENDED, reason=reason)

    def _note(self, what: Entry, **data: Any) -> None:
        self._diary.note(self._script.person, self._call_id, what, **data)


class _TypingCaller(TextCaller):
    """Writes down every line it reads."""

    def __init__(self, gateway: str, number: str, note: Callable[..., None]) -> None:
        super().__init__(gateway, caller=number, on_event=lambda e: _note_event(note, e))
        self._note = note

    def handle_message(self, body: Event) -> None:
        super().handle_message(body)
        if body["type"] == "bot":
            self._note(Entry.HEARD, text=body["text"])


class _SpeakingCaller(VoiceCaller):
    """Writes down what it hears: that there is sound, about once a second."""

    def __init__(self, gateway: str, number: str, note: Callable[..., None]) -> None:
        super().__init__(gateway, caller=number, on_event=lambda e: _note_event(note, e))
        self._note = note
        self._noted_at = 0.0

    def handle_binary(self, data: bytes) -> None:
        self.first_heard_at = None
        super().handle_binary(data)
        self._note_sound(self.first_heard_at)

    def _note_sound(self, at: float | None) -> None:
        if at is not None and at - self._noted_at > _SOUND_EVERY:
            self._noted_at = at
            self._note(Entry.SOUND)


def _note_event(note: Callable[..., None], event: Event) -> None:
    data = {name: event["data"][name] for name in _KEPT_DATA if name in event["data"]}
    note(Entry.EVENT, name=event["name"], **data)
