"""The link to Asterisk's AudioSocket, for releases without the WebSocket channel.

TCP; Asterisk connects and plays each frame as it comes, without a queue: so one frame goes out
every 20 ms, silence while the bot is silent (after 2 s of nothing at all Asterisk gives the call
up), and a barge-in only has to drop what waits here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

from voice_gateway.links.audiosocket_frames import KINDS, RATES, Frame, Kind, read_frame
from voice_gateway.links.link import DIGITS, Audio, Digit, Parting, Received
from voice_gateway.links.pacing import FRAME_SECONDS, Pacer
from voice_gateway.links.samples import WholeSamples
from voice_gateway.pipeline.resampling import LiveResampler

logger = logging.getLogger(__name__)

_LAST_WORDS_SECONDS = 0.5
_CLOSE_SECONDS = 1.0


class AudioSocketLink:
    """A media link over an accepted connection of Asterisk.

    Args:
        reader: the UUID has been read.
        writer: the same connection.
        sample_rate: Hz, 8000 or 16000; audio of the other rate is converted.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sample_rate: int
    ) -> None:
        self.sample_rate = sample_rate
        self.parting = Parting.HUNG_UP
        self.cause = ""
        self._reader = reader
        self._writer = writer
        self._kind = KINDS[sample_rate]
        self._gone = False
        self._samples = WholeSamples()
        self._resampler: LiveResampler | None = None
        self._pacer = Pacer(self._write, int(sample_rate * FRAME_SECONDS) * 2)
        self._sending = asyncio.create_task(self._pacer.run())

    async def receive(self) -> AsyncIterator[Received]:
        """Yield speech and digits until Asterisk hangs up or the connection ends."""
        try:
            while True:
                frame = await read_frame(self._reader)
                if frame.kind == Kind.HANGUP:
                    break
                if frame.kind == Kind.ERROR:
                    self.parting = Parting.LOST
                    self.cause = f"asterisk_error_{frame.payload.hex() or 'unknown'}"
                    break
                if frame.kind == Kind.DTMF and frame.payload.decode("latin-1") in DIGITS:
                    yield Digit(frame.payload.decode("latin-1"))
                elif frame.kind in RATES:
                    pcm = self._converted(frame)
                    if pcm:
                        yield Audio(pcm)
                else:
                    logger.debug("audiosocket: frame of type %d passed over", frame.kind)
        except asyncio.IncompleteReadError:
            self.parting, self.cause = Parting.LOST, "asterisk_connection_lost"
        except OSError as error:
            self.parting = Parting.LOST
            silent = isinstance(error, TimeoutError)
            self.cause = "asterisk_silent" if silent else "asterisk_connection_lost"
        self._gone = True

    async def send(self, pcm: bytes) -> bool:
        """Send speech; False when the connection is gone."""
        return await self._pacer.put(pcm)

    async def clear(self) -> None:
        """Drop what has not been sent: Asterisk keeps nothing."""
        await self._pacer.clear()

    async def send_event(self, event: dict[str, object]) -> None:
        """Nothing: the protocol has only audio and hang-up in this direction."""

    async def close(self, reason: str) -> None:
        """Let what has been said be sent, then hang up."""
        if not self._gone:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_SECONDS):
                    await self._pacer.drained()
        self._sending.cancel()
        await asyncio.gather(self._sending, return_exceptions=True)
        await hang_up(self._writer)

    async def _write(self, pcm: bytes) -> None:
        self._writer.write(Frame(self._kind, pcm).encode())
        await self._writer.drain()

    def _converted(self, frame: Frame) -> bytes:
        pcm = self._samples.take(frame.payload)
        if frame.kind == self._kind or not pcm:
            return pcm
        if self._resampler is None:
            self._resampler = LiveResampler(RATES[Kind(frame.kind)], self.sample_rate)
        return self._resampler.convert(pcm)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Send the hang-up frame and close; a connection that is gone already is no failure."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            writer.write(Frame(Kind.HANGUP).encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()
