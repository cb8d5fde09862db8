"""One SIP call as the rest of the process sees it: its end, its keys, its audio."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from enum import StrEnum

from baresip import BaresipError, Call, DigitEvent, Event, StackEvent

from voice_gateway.links.link import DIGITS
from voice_gateway.sip.media import SipMedia

_STATUS = re.compile(r"(\d{3})\b\s*(.*)")
_NO_MEDIA = "rtp stream error"


class SipCause(StrEnum):
    """Why a SIP call ended, as ``call.ended`` tells it."""

    BYE = "bye"
    CANCELLED = "cancelled"
    """The caller gave up while it was ringing."""
    NO_MEDIA = "no_media"
    """No packet came any more: a telephone that crashed, or lost its network."""
    SIGNALLING = "signalling"
    """An answer of its signalling was missing or wrong."""
    STOPPED = "user_agent_stopped"


class Telephone:
    """A call of the stack.

    Args:
        call: incoming or being dialled.
        missed: its events so far.

    Attributes:
        media: its audio.
        digits: keys that were pressed.
        established: set when it has been answered.
        rang: it said that it rings.
        early_media: audio came before it was answered.
        closed: set when it is over.
    """

    def __init__(self, call: Call, missed: Sequence[StackEvent] = ()) -> None:
        self._call = call
        self._text = ""
        self._unconfirmed = False
        self.media = SipMedia(call.audio)
        self.digits: asyncio.Queue[str] = asyncio.Queue()
        self.established = asyncio.Event()
        self.closed = asyncio.Event()
        self.changed = asyncio.Event()
        self.rang = False
        self.early_media = False
        call.on(self._on_event)
        call.on_dtmf(self._on_digit)
        for event in missed:
            self._on_event(event)

    @property
    def sip_call_id(self) -> str:
        """The SIP Call-ID."""
        return self._call.call_id or ""

    @property
    def status(self) -> tuple[int, str]:
        """The final SIP status and its words, once it is over; 0 without one."""
        found = _STATUS.match(self._text)
        return (int(found[1]), found[2]) if found else (0, self._text)

    @property
    def cause(self) -> SipCause:
        """Why it is over."""
        if self._text == _NO_MEDIA:
            return SipCause.NO_MEDIA
        if self._unconfirmed:
            return SipCause.SIGNALLING
        if not self.established.is_set():
            return SipCause.CANCELLED
        return SipCause.SIGNALLING if self.status[0] else SipCause.BYE

    @property
    def quality(self) -> str:
        """How its media went, for the log, once it is over."""
        stats = self._call.final_stats
        if stats is None:
            return "no media"
        return (
            f"received {stats.rx_packets} packets, lost {stats.rx_lost}, late {stats.jbuf_late}, "
            f"missing {stats.jbuf_lost}, overflow {stats.jbuf_overflow}, skew {stats.jbuf_skew_ms} ms, "
            f"jitter {stats.rx_jitter_ms:.0f} ms, skipped {stats.audio_rx_discarded_bytes} bytes; "
            f"sent {stats.tx_packets}, starved {stats.audio_tx_starved_frames}"
        )

    async def answer(self, seconds: float) -> bool:
        """Answer; False when it is over, or nothing confirms it within so many seconds."""
        try:
            await self._call.answer()
            async with asyncio.timeout(seconds):
                await first_of(self.established, self.closed)
        except BaresipError:
            return False
        except TimeoutError:
            self._unconfirmed = True
            await self.hang_up()
            return False
        return not self.closed.is_set()

    async def refuse(self) -> None:
        """Answer 486."""
        try:
            await self._call.reject()
        except BaresipError:
            return  # gone already

    async def hang_up(self) -> None:
        """End it."""
        if self.closed.is_set():
            return
        try:
            await self._call.hangup()
        except BaresipError:
            return  # gone already

    async def press(self, digits: str) -> None:
        """Send keys; skipped on a call that is over."""
        try:
            await self._call.send_dtmf(digits)
        except (BaresipError, ValueError):
            return

    def _on_event(self, event: StackEvent) -> None:
        match event.event:
            case Event.CALL_RINGING:
                self.rang = True
            case Event.CALL_PROGRESS:
                self.early_media = True
            case Event.CALL_ESTABLISHED:
                self.established.set()
            case Event.CALL_CLOSED:
                self._text = (event.text or "").strip()
                self.closed.set()
        self.changed.set()

    def _on_digit(self, pressed: DigitEvent) -> None:
        if pressed.digit in DIGITS:
            self.digits.put_nowait(pressed.digit)


async def first_of(*events: asyncio.Event) -> None:
    """Return when one of them is set."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
