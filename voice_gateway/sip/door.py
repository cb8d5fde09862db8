"""Answers strangers: 403 and a line in the log, and nothing they can use."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import time
from dataclasses import dataclass
from typing import cast

from voice_gateway.sip.packet_filter import beside, divert
from voice_gateway.sip.peers import Peers

logger = logging.getLogger(__name__)

_ANSWERS_PER_SECOND = 50
_LOG_SECONDS = 60.0
_REMEMBERED = 1_000
_LONGEST = 8_192
_READ_SECONDS = 5.0
_COPIED = ("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq")


@dataclass
class _Stranger:
    logged_at: float
    since: int = 0


class Door:
    """Stands beside the stack's socket and gets what is not from a peer.

    Args:
        kind: datagrams or connections.
        address: the stack's.
        peers: who may pass.
        secured: connections are TLS; they are only closed.

    Attributes:
        refused: messages of strangers so far.
    """

    def __init__(
        self,
        kind: socket.SocketKind,
        address: tuple[str, int],
        peers: Peers,
        *,
        secured: bool = False,
    ) -> None:
        self._socket = beside(kind, address)
        self._kind = kind
        self._peers = peers
        self._secured = secured
        self._strangers: dict[str, _Stranger] = {}
        self._second = 0
        self._answered = 0
        self._end: asyncio.BaseTransport | asyncio.Server | None = None
        self.refused = 0
        self.let_pass()

    async def open(self) -> None:
        """Begin to answer."""
        loop = asyncio.get_running_loop()
        if self._kind == socket.SOCK_DGRAM:
            self._end, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self), sock=self._socket
            )
        else:
            self._end = await asyncio.start_server(self._connected, sock=self._socket)

    def let_pass(self) -> None:
        """Take over who the peers are now."""
        divert(self._socket, self._peers.networks)

    def close(self) -> None:
        """Stop answering."""
        if self._end is not None:
            self._end.close()

    def answer(self, message: bytes, host: str) -> bytes | None:
        """Note a stranger's message; return what to answer, if anything."""
        self.refused += 1
        head = message.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
        method = head[0].split(b" ", 1)[0].decode("ascii", "replace")[:16]
        self._log(method, host)
        if not head[0].endswith(b" SIP/2.0") or method == "ACK" or not self._may_answer():
            return None
        lines = [b"SIP/2.0 403 Forbidden"]
        for line in head[1:]:
            name = line.split(b":", 1)[0].strip().lower().decode("ascii", "replace")
            if name in _COPIED:
                tag = f";tag={secrets.token_hex(4)}".encode()
                lines.append(line + tag if name in ("to", "t") and b"tag=" not in line else line)
        return b"\r\n".join([*lines, b"Content-Length: 0", b"", b""])

    def _may_answer(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._answered = second, 0
        self._answered += 1
        return self._answered <= _ANSWERS_PER_SECOND

    def _log(self, method: str, host: str) -> None:
        """Name each stranger once a minute, with how often they tried."""
        now = time.monotonic()
        stranger = self._strangers.get(host)
        if stranger is not None and now - stranger.logged_at < _LOG_SECONDS:
            stranger.since += 1
            return
        before = stranger.since if stranger else 0
        if len(self._strangers) >= _REMEMBERED:
            self._strangers.clear()
        self._strangers[host] = _Stranger(now)
        shown = method if method.isalpha() else "?"
        logger.warning(
            "sip: %s from %s refused: not an allowed peer (%d more before)", shown, host, before
        )

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = str(writer.get_extra_info("peername", ("?",))[0])
        try:
            async with asyncio.timeout(_READ_SECONDS):
                message = b"" if self._secured else await reader.readuntil(b"\r\n\r\n")
                answer = self.answer(message[:_LONGEST], host)
                if answer:
                    writer.write(answer)
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self._log("?", host)
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    """Datagrams in, answers out."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a stranger."""
        answer = self._door.answer(data[:_LONGEST], addr[0])
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)
