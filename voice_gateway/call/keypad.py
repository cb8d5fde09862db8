"""Keys of one call become entries: # ends one, * clears it, 0 alone asks for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from voice_gateway.call.line import CallMode, Line
from zhiban.timeline import EventName

PERSON, END, CLEAR = "0", "#", "*"
ENGINE = "keypad"
"""What stands in a turn's ``engine`` when it was pressed."""
_ALONE_SECONDS = 2.0
"""After a 0, where a number may begin with one: so long it may still be followed by others."""
_ENTRY_SECONDS = 5.0
_PATIENT_FACTOR = 1.6
_LONGEST_ENTRY = 20
_AWAITED = frozenset({"address", "phone", "ticket_number"})
_CHOICES = frozenset({"solved", "grade"})
"""Questions answered by one key, which waits for no other."""


@dataclass(frozen=True)
class KeypadUses:
    """What the call does with keys.

    Attributes:
        entered: takes the digits of a finished entry.
        person: puts the caller through to a person.
        touched: a key was pressed: the caller is there.
    """

    entered: Callable[[str], Awaitable[None]]
    person: Callable[[], Awaitable[None]]
    touched: Callable[[], None]


class Keypad:
    """Takes the keys one by one.

    Args:
        line: the call; only while the bot has it do keys do anything.
        uses: what to do.
    """

    def __init__(self, line: Line, uses: KeypadUses) -> None:
        self._line = line
        self._uses = uses
        self._entry = ""
        self._pause: asyncio.Task[None] | None = None

    async def press(self, key: str) -> None:
        """Take in a key; it is written to the timeline before anything is done."""
        self._stop_waiting()
        continues = bool(self._entry) and key.isdigit()
        # Whoever settles the call later must not take a number's 0 for a wish for a person.
        await self._line.event(
            EventName.DTMF, {"digit": key} | ({"entry": True} if continues else {})
        )
        if self._line.mode is not CallMode.BOT:
            self._entry = ""
            return
        self._uses.touched()
        if key == CLEAR:
            await self._clear()
        elif key == END:
            await self._finish()
        elif key == PERSON and not self._entry and not self._is_awaited():
            await self._uses.person()
        elif key.isdigit() and not self._entry and self._line.reply.expects in _CHOICES:
            await self._line.mouth.interrupt()
            await self._uses.entered(key)
        elif key.isdigit() and (self._entry or self._may_begin()):
            await self._add(key)

    def close(self) -> None:
        """The call is over."""
        self._stop_waiting()
        self._entry = ""

    def _is_awaited(self) -> bool:
        return self._line.reply.expects in _AWAITED

    def _may_begin(self) -> bool:
        return self._is_awaited() or bool(self._line.reply.active_form)

    async def _add(self, key: str) -> None:
        if not self._entry:
            # Who presses keys need not hear the question to its end.
            await self._line.mouth.interrupt()
        self._entry = (self._entry + key)[:_LONGEST_ENTRY]
        self._pause = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        """Nothing more is pressed: that ends an entry too."""
        seconds = _ALONE_SECONDS if self._entry == PERSON else _ENTRY_SECONDS
        await asyncio.sleep(seconds * (_PATIENT_FACTOR if self._line.patient else 1.0))
        self._pause = None
        await self._finish()

    async def _finish(self) -> None:
        entry, self._entry = self._entry, ""
        if not entry or self._line.mode is not CallMode.BOT:
            return
        if entry == PERSON:
            await self._uses.person()
        else:
            await self._uses.entered(entry)

    async def _clear(self) -> None:
        entry, self._entry = self._entry, ""
        if entry:
            await self._line.say("keys_cleared")

    def _stop_waiting(self) -> None:
        pause, self._pause = self._pause, None
        if pause is not None:
            pause.cancel()
