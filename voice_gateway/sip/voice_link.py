"""One connection to a voice endpoint of the gateway, in the voice link's protocol."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from typing import Any

import aiohttp

from voice_gateway.sip.media import RATE
from zhiban.errors import ErrorCode, ZhibanError

_HEARTBEAT_SECONDS = 3.0
"""A gateway that is gone without a word is noticed after one and a half of these."""
_CONNECT_SECONDS = 3.0
_GOODBYE_SECONDS = 3.0


class Heard(StrEnum):
    """What comes from the gateway besides speech."""

    CLEAR = "clear"
    ENDED = "ended"
    LOST = "lost"


class VoiceLink:
    """A call's audio on its way to the gateway and back.

    Args:
        session: carries the machine token.
        url: WebSocket to connect to.
        start: what the start message says besides type and rate.

    Attributes:
        call_id: the gateway's, once connected.
        ended: why the gateway ended the call, or ``""``.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, start: dict[str, str]) -> None:
        self._session = session
        self._url = url
        self._start = start
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.call_id = ""
        self.ended = ""

    async def open(self, *, wait_started: bool = True) -> None:
        """Connect and have the call taken.

        Args:
            wait_started: wait until the gateway says that it has begun the call.

        Raises:
            ZhibanError: DIALOGUE_UNAVAILABLE, retryable: nobody answers, or the lines are busy.
        """
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                self._socket = await self._session.ws_connect(
                    self._url, heartbeat=_HEARTBEAT_SECONDS, max_msg_size=0, compress=0
                )
                await self._say({"type": "start", "sample_rate": RATE, **self._start})
                while wait_started and not self.call_id:
                    self._take_start(await self._socket.receive())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            await self.close()
            raise _unavailable(type(error).__name__) from error
        except ZhibanError:
            await self.close()
            raise

    def _take_start(self, message: aiohttp.WSMessage) -> None:
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise _unavailable("closed")
        body = json.loads(message.data)
        if body.get("type") == "started":
            self.call_id = str(body["call_id"])
        elif body.get("type") in ("error", "ended"):
            raise _unavailable(str(body.get("code") or body.get("reason")))

    async def receive(self) -> bytes | Heard:
        """Return the next speech or what else there is; LOST when the gateway is gone."""
        if self._socket is None:
            return Heard.LOST
        while True:
            try:
                message = await self._socket.receive()
            except (ConnectionError, aiohttp.ClientError):
                return Heard.LOST
            if message.type is aiohttp.WSMsgType.BINARY:
                return bytes(message.data)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return Heard.ENDED if self.ended else Heard.LOST
            body: dict[str, Any] = json.loads(message.data)
            match body.get("type"):
                case "clear":
                    return Heard.CLEAR
                case "ended":
                    self.ended = str(body.get("reason") or "ended")
                    return Heard.ENDED

    async def send(self, pcm: bytes) -> bool:
        """Send speech; False when the gateway is gone."""
        if self._socket is None or self._socket.closed:
            return False
        try:
            await self._socket.send_bytes(pcm)
        except (ConnectionError, aiohttp.ClientError):
            return False
        return True

    async def press(self, digit: str) -> None:
        """Pass a key on."""
        await self._say({"type": "dtmf", "digit": digit})

    async def hang_up(self, cause: str) -> None:
        """Say that the telephone is gone and why, take in the rest, and disconnect."""
        if not self.ended:
            await self._say({"type": "hangup", "cause": cause})
            try:
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    while await self.receive() not in (Heard.ENDED, Heard.LOST):
                        pass
            except TimeoutError:
                pass  # it has been told; it does not have to answer
        await self.close()

    async def close(self) -> None:
        """Disconnect."""
        if self._socket is not None:
            await self._socket.close()

    async def _say(self, body: dict[str, object]) -> None:
        if self._socket is None or self._socket.closed:
            return
        try:
            await self._socket.send_str(json.dumps(body, ensure_ascii=False))
        except (ConnectionError, aiohttp.ClientError):
            return  # receive() tells that it is gone


def _unavailable(why: str) -> ZhibanError:
    return ZhibanError(
        f"语音网关接不了电话：{why} / the gateway does not take the call",
        code=ErrorCode.DIALOGUE_UNAVAILABLE,
        retryable=True,
    )
