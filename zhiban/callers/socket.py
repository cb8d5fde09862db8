"""What both programmed callers share: the connection, its messages, its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

import aiohttp

from zhiban.errors import ErrorCode, ZhibanError

Event = dict[str, Any]


class CallSocket:
    """A call over a WebSocket of the gateway.

    Args:
        url: WebSocket URL.
        start: the start message.
        token: machine-interface token, where one is needed.
        on_event: gets every timeline event as it arrives.
    """

    def __init__(
        self,
        url: str,
        start: Event,
        *,
        token: str = "",
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._url = url
        self._start = start
        self._token = token
        self._on_event = on_event
        self._session: aiohttp.ClientSession | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self.socket: aiohttp.ClientWebSocketResponse
        self.call_id = ""
        self.events: list[Event] = []
        self.turns_done = 0
        self.ended = ""

    async def __aenter__(self) -> Self:
        """Dial.

        Raises:
            ZhibanError: CALL_UNKNOWN-free plain messages: nobody answers, or the call is refused.
        """
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self._session = aiohttp.ClientSession(headers=headers)
        try:
            self.socket = await self._session.ws_connect(self._url, max_msg_size=0)
            await self.socket.send_str(json.dumps(self._start, ensure_ascii=False))
        except aiohttp.ClientError as error:
            await self._session.close()
            raise ZhibanError(
                f"打不通 {self._url}：{error}。值班系统启动了吗？(zhiban up)",
                code=ErrorCode.STORE_UNAVAILABLE,
                retryable=True,
            ) from error
        self._reader = asyncio.create_task(self._read())
        await self.wait(lambda: bool(self.call_id or self.ended), 15.0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Hang up, take in the last events, and disconnect."""
        if not self.ended and not self.socket.closed:
            await self.socket.send_str('{"type": "hangup"}')
            await self.wait(lambda: bool(self.ended), 5.0)
        await self.socket.close()
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def wait(self, true: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition on what has arrived holds; False when it does not in time."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(true)
        except TimeoutError:
            return False
        return True

    async def wait_event(self, name: str, seconds: float, *, after: int = 0) -> Event | None:
        """Wait for an event by name, beyond the first ``after`` events; None if none comes."""

        def found() -> Event | None:
            return next((e for e in self.events[after:] if e["name"] == name), None)

        await self.wait(lambda: found() is not None, seconds)
        return found()

    async def wait_turn(self, done_before: int, seconds: float = 30.0) -> bool:
        """Wait until the bot has finished one more turn, or the call has ended."""
        return await self.wait(lambda: self.turns_done > done_before or bool(self.ended), seconds)

    def handle_binary(self, data: bytes) -> None:
        """Take in speech; for the voice caller."""

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self.handle_binary(message.data)
                continue
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            body = json.loads(message.data)
            self._handle(body)
            async with self._changed:
                self._changed.notify_all()
        self.ended = self.ended or "lost"
        async with self._changed:
            self._changed.notify_all()

    def _handle(self, body: Event) -> None:
        match body["type"]:
            case "started":
                self.call_id = body["call_id"]
            case "turn_done":
                self.turns_done += 1
            case "event":
                event = {k: v for k, v in body.items() if k != "type"}
                self.events.append(event)
                self._on_event(event)
            case "ended":
                self.ended = body["reason"]
            case _:
                self.handle_message(body)

    def handle_message(self, body: Event) -> None:
        """Take in any other message."""
