"""A small stand-in for Asterisk's manager interface."""

from __future__ import annotations

import asyncio
from contextlib import suppress

Packet = dict[str, str]


class Manager:
    """Takes orders of one user about the channels it has.

    Args:
        channels: names of the channels there are.
        may: classes of actions the user may use.

    Attributes:
        orders: what was carried out, in order.
        banner: what it says first.
        answers: whether it answers at all.
    """

    def __init__(self, channels: set[str], *, may: frozenset[str] = frozenset({"call"})) -> None:
        self.channels = channels
        self.may = may
        self.orders: list[Packet] = []
        self.banner = b"Asterisk Call Manager/11.0.0\r\n"
        self.answers = True
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writer.write(self.banner)
        known = False
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                lines = raw.decode().strip().split("\r\n")
                packet = dict(line.split(": ", 1) for line in lines)
                if not self.answers:
                    continue
                if packet["Action"] == "Login":
                    known = packet["Secret"] == "secret" and packet["Username"] == "zhiban"
                    said = "Authentication accepted" if known else "Authentication failed"
                    self._answer(writer, packet, "Success" if known else "Error", said)
                    if not known:
                        break
                    writer.write(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
                elif not known:
                    self._answer(writer, packet, "Error", "Permission denied")
                else:
                    self._carry_out(writer, packet)
                await writer.drain()
        writer.close()

    def _carry_out(self, writer: asyncio.StreamWriter, packet: Packet) -> None:
        # An event and another's answer may come before the own one.
        writer.write(b"Event: Newexten\r\nChannel: PJSIP/x\r\nResponse-Like: Success\r\n\r\n")
        writer.write(b"Response: Error\r\nActionID: another\r\nMessage: Not yours\r\n\r\n")
        name = packet.get("Channel", "")
        if packet["Action"] != "Redirect":
            self._answer(writer, packet, "Error", "Invalid/unknown command")
        elif "call" not in self.may:
            self._answer(writer, packet, "Error", "Permission denied")
        elif name not in self.channels:
            self._answer(writer, packet, "Error", f"Channel does not exist: {name}")
        else:
            self.orders.append(packet)
            self._answer(writer, packet, "Success", "Redirect successful")

    def _answer(
        self, writer: asyncio.StreamWriter, packet: Packet, response: str, message: str
    ) -> None:
        own = f"ActionID: {packet['ActionID']}\r\n"
        writer.write(f"Response: {response}\r\n{own}Message: {message}\r\n\r\n".encode())
