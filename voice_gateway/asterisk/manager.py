"""A small client of Asterisk's manager interface (AMI), for moving a caller in the dialplan."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from voice_gateway.asterisk.settings import AmiAddress
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.masking import mask_text

_SECONDS = 5.0
_LONGEST_LINE = 8192
_BANNER = b"Asterisk Call Manager"
_GONE = ("No such channel", "Channel does not exist", "Channel not specified")

Packet = dict[str, str]


class ManagerClient:
    """Orders to a PBX; each comes over a connection of its own.

    Args:
        address: where the manager interface is.
    """

    def __init__(self, address: AmiAddress) -> None:
        self._address = address

    async def redirect(self, channel: str, context: str, extension: str) -> None:
        """Move a channel to the first step of an extension.

        Raises:
            ZhibanError: CHANNEL_UNKNOWN: it is gone; PBX_REFUSED: the user or the order is not
                allowed; PBX_UNAVAILABLE: nobody answers, or not like a manager interface.
        """
        await self._act("Redirect", Channel=channel, Context=context, Exten=extension, Priority="1")

    async def _act(self, action: str, **fields: str) -> None:
        try:
            async with asyncio.timeout(_SECONDS), self._connected() as line:
                credentials = {"Username": self._address.user, "Secret": self._address.secret}
                answer = await line.ask("Login", Events="off", **credentials)
                _check(answer, "Login")
                _check(await line.ask(action, **fields), action)
        except (OSError, EOFError, ssl.SSLError, ValueError) as error:
            raise ZhibanError(
                f"AMI {self._address.host}:{self._address.port}: {type(error).__name__}",
                code=ErrorCode.PBX_UNAVAILABLE,
                retryable=True,
            ) from error

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[_Line]:
        reader, writer = await asyncio.open_connection(
            self._address.host,
            self._address.port,
            ssl=ssl.create_default_context() if self._address.tls else None,
            limit=_LONGEST_LINE,
        )
        try:
            if not (await reader.readline()).startswith(_BANNER):
                raise ValueError("no manager interface")
            yield _Line(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class _Line:
    """One logged-in connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, action: str, **fields: str) -> Packet:
        """Send an action and return its own response; events between are passed over."""
        own = secrets.token_hex(4)
        lines = {"Action": action, "ActionID": own, **fields}
        for value in lines.values():
            if "\r" in value or "\n" in value:
                raise ZhibanError("AMI: a value with a line break", code=ErrorCode.BAD_MESSAGE)
        packet = "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        self._writer.write(packet.encode())
        await self._writer.drain()
        while True:
            answer = await self._read()
            if "Response" in answer and answer.get("ActionID", own) == own:
                return answer

    async def _read(self) -> Packet:
        packet: Packet = {}
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            text = line.decode(errors="replace").strip()
            if not text:
                if packet:
                    return packet
                continue
            name, _, value = text.partition(":")
            packet[name] = value.strip()


def _check(answer: Packet, action: str) -> None:
    if answer.get("Response") == "Success":
        return
    said = answer.get("Message", "")
    gone = any(said.startswith(words) for words in _GONE)
    raise ZhibanError(
        f"AMI {action}: {mask_text(said[:80])}",
        code=ErrorCode.CHANNEL_UNKNOWN if gone else ErrorCode.PBX_REFUSED,
    )
