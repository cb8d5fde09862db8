"""The TCP server that Asterisk's AudioSocket connects to."""

from __future__ import annotations

import asyncio
import logging
import socket
import uuid

from voice_gateway.asterisk.arrivals import Arrival
from voice_gateway.asterisk.calls import AsteriskCalls
from voice_gateway.links.audiosocket import AudioSocketLink, hang_up
from voice_gateway.links.audiosocket_frames import UUID_BYTES, Kind, read_frame
from zhiban.errors import ErrorCode, ZhibanError

logger = logging.getLogger(__name__)

_RATE = 8000
_UUID_SECONDS = 2.0
_MOST_UNKNOWN = 20
"""Connections that may be open without having said whose they are."""
_SILENT_MS = 4000
"""What the kernel gives a far side that acknowledges nothing, while 50 frames a second go out."""


class AudioSocketServer:
    """Accepts connections from the allowed peers, each for one announced call.

    Args:
        calls: takes them.
    """

    def __init__(self, calls: AsteriskCalls) -> None:
        self._calls = calls
        self._server: asyncio.Server | None = None
        self._unknown = 0
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            ZhibanError: BAD_SETTING: the address is taken, or not of this machine.
        """
        try:
            self._server = await asyncio.start_server(self._accept, host, port)
        except OSError as error:
            raise ZhibanError(
                f"ZHIBAN_ASTERISK_AUDIOSOCKET {host}:{port}: {error.strerror}",
                code=ErrorCode.BAD_SETTING,
            ) from error
        logger.info("audiosocket: listening on %s:%d", host, port)

    async def close(self) -> None:
        """Take no more calls and wait until the present ones, which have been ended, are closed."""
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        peer = str((writer.get_extra_info("peername") or ("",))[0])
        if not self._calls.settings.allows(peer) or self._unknown >= _MOST_UNKNOWN:
            logger.warning("audiosocket: %s turned away", peer)
            writer.transport.abort()
            return
        _watch(writer)
        try:
            arrival = await self._identify(reader, peer)
            if arrival is None:
                await hang_up(writer)
                return
            with self._calls.place(arrival):
                link = AudioSocketLink(reader, writer, _RATE)
                await self._calls.take(arrival, link, "audiosocket")
        except Exception:
            logger.exception("audiosocket: a call broke off")
            writer.transport.abort()

    async def _identify(self, reader: asyncio.StreamReader, peer: str) -> Arrival | None:
        """Return whose audio this is; None for a connection nobody announced."""
        self._unknown += 1
        try:
            async with asyncio.timeout(_UUID_SECONDS):
                frame = await read_frame(reader)
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            logger.warning("audiosocket: %s did not say which call it is", peer)
            return None
        finally:
            self._unknown -= 1
        if frame.kind != Kind.UUID or len(frame.payload) != UUID_BYTES:
            logger.warning("audiosocket: %s does not begin with a UUID", peer)
            return None
        arrival = self._calls.arrivals.take(uuid.UUID(bytes=frame.payload))
        refusal = self._calls.refusal()
        if arrival is None or refusal:
            logger.warning("audiosocket: refused: %s", refusal or "unknown uuid")
            return None
        return arrival


def _watch(writer: asyncio.StreamWriter) -> None:
    """Let the kernel end a connection whose far side has vanished, and send frames at once."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MS)
