"""The room of one call: carries speech from everybody to everybody who is to hear it.

A listener with one audible speaker gets the speech the moment it arrives. With two or more it
is mixed on a 20 ms clock.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from voice_gateway.conference.matrix import Situation, Voice, hears
from voice_gateway.conference.mixer import FRAME_SECONDS, Mixer
from voice_gateway.conference.outlet import Deliver, Outlet
from voice_gateway.pipeline.resampling import LiveResampler
from zhiban.floor import Part


@dataclass
class _Seat:
    """Somebody in the room.

    Attributes:
        part: what they are; None for a generated voice, which hears nothing.
        mixer: set while they hear two or more.
    """

    key: str
    voice: Voice
    rate: int
    part: Part | None = None
    outlet: Outlet | None = None
    mixer: Mixer | None = None
    hears: set[str] = field(default_factory=set)


class Room:
    """Seats and the ways between them. Speech is mono s16le at the rate of each seat."""

    def __init__(self) -> None:
        self.situation = Situation.BRIEFING
        self._seats: dict[str, _Seat] = {}
        self._resamplers: dict[tuple[str, str], LiveResampler] = {}
        self._clock: asyncio.Task[None] | None = None

    def seat(self, key: str, part: Part, sample_rate: int, deliver: Deliver) -> None:
        """Let a person in.

        Args:
            key: who; a second time replaces the first.
            part: what they are.
            sample_rate: Hz of their leg.
            deliver: how they are sent speech.
        """
        self.leave(key)
        outlet = Outlet(deliver, sample_rate)
        self._seats[key] = _Seat(key, Voice(part.value), sample_rate, part, outlet)
        self._arrange()

    def seat_voice(self, voice: Voice, sample_rate: int) -> None:
        """Let a generated voice be heard; its key is its name."""
        self.leave(voice.value)
        self._seats[voice.value] = _Seat(voice.value, voice, sample_rate)
        self._arrange()

    def leave(self, key: str) -> None:
        """Let somebody go; nothing happens if they are gone."""
        seat = self._seats.pop(key, None)
        if seat is None:
            return
        if seat.outlet is not None:
            seat.outlet.close()
        self._resamplers = {pair: r for pair, r in self._resamplers.items() if key not in pair}
        self._arrange()

    def arrange(self, situation: Situation, parts: dict[str, Part]) -> None:
        """Change the situation, and what people are in it.

        Args:
            situation: what is going on.
            parts: keys of seats and their parts; others keep theirs.
        """
        self.situation = situation
        for key, part in parts.items():
            if key in self._seats:
                self._seats[key].part, self._seats[key].voice = part, Voice(part.value)
        self._arrange()

    def hear(self, key: str, pcm: bytes) -> None:
        """Take in speech of somebody and pass it on at once, or to the mixing clock."""
        source = self._seats.get(key)
        if source is None or not pcm:
            return
        for listener in self._seats.values():
            if key not in listener.hears or listener.outlet is None:
                continue
            converted = self._converted(source, listener, pcm)
            if not converted:
                continue
            if listener.mixer is None:
                listener.outlet.put(converted)
            else:
                listener.mixer.put(key, converted)

    def clear(self, key: str) -> None:
        """Drop speech that somebody has not been sent yet."""
        seat = self._seats.get(key)
        if seat is not None and seat.outlet is not None:
            seat.outlet.clear()

    def close(self) -> None:
        """Let everybody go."""
        for key in list(self._seats):
            self.leave(key)

    def _converted(self, source: _Seat, listener: _Seat, pcm: bytes) -> bytes:
        if source.rate == listener.rate:
            return pcm
        pair = (source.key, listener.key)
        if pair not in self._resamplers:
            self._resamplers[pair] = LiveResampler(source.rate, listener.rate)
        return self._resamplers[pair].convert(pcm)

    def _arrange(self) -> None:
        for listener in self._seats.values():
            wanted = hears(self.situation, listener.part) if listener.part else frozenset()
            listener.hears = {
                seat.key
                for seat in self._seats.values()
                if seat.voice in wanted and seat is not listener
            }
            if len(listener.hears) < 2:
                listener.mixer = None
            else:
                listener.mixer = listener.mixer or Mixer(listener.rate)
                listener.mixer.keep(listener.hears)
        mixing = any(seat.mixer is not None for seat in self._seats.values())
        if mixing and self._clock is None:
            self._clock = asyncio.create_task(self._tick())
        elif not mixing and self._clock is not None:
            self._clock.cancel()
            self._clock = None

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for seat in self._seats.values():
                pcm = seat.mixer.pull() if seat.mixer is not None else None
                if pcm is not None and seat.outlet is not None:
                    seat.outlet.put(pcm)
            due += FRAME_SECONDS
            # After a stall the clock catches up: the speech has arrived meanwhile.
            await asyncio.sleep(max(0.0, due - loop.time()))
