"""``/ws``: presence by an open socket, the board pushed, one call's events followed."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from typing import Any

import aiohttp
from aiohttp import web
from redis.exceptions import RedisError

from handoff.accounts import User
from handoff.feed import Subscriber
from handoff.presence import REFRESH_SECONDS, Status
from handoff.sessions import COOKIE
from handoff.views import mask_deeply
from handoff.web.context import CONTEXT, Context, signed_in
from zhiban.access import same_origin
from zhiban.api import refuse
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode
from zhiban.timeline import follow_call

logger = logging.getLogger(__name__)

_PING_SECONDS = 6.0
_LARGEST_MESSAGE = 16_384
SIGNED_OUT = 4401
"""Close code of a socket whose sign-in is over."""


class OpenSockets:
    """Sockets this process holds, and how many of each user."""

    def __init__(self) -> None:
        self.sockets: set[web.WebSocketResponse] = set()
        self.by_user: Counter[str] = Counter()

    async def close(self) -> None:
        """Send every page to another desk process, or to this one once it is back."""
        for socket in list(self.sockets):
            await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)


OPEN_SOCKETS = web.AppKey("open_sockets", OpenSockets)


async def serve_socket(request: web.Request) -> web.StreamResponse:
    """Serve one page until it closes, signs out, or stops answering pings."""
    if not same_origin(request):
        return refuse(403, ErrorCode.ACCESS_DENIED, "来源不符 / wrong origin")
    user, _ = signed_in(request)
    socket = web.WebSocketResponse(heartbeat=_PING_SECONDS, max_msg_size=_LARGEST_MESSAGE)
    await socket.prepare(request)
    page = _Page(request, socket, user)
    open_sockets = request.app[OPEN_SOCKETS]
    open_sockets.sockets.add(socket)
    try:
        await page.serve()
    finally:
        open_sockets.sockets.discard(socket)
    return socket


class _Page:
    """One open page."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, user: User) -> None:
        self._context: Context = request.app[CONTEXT]
        self._open = request.app[OPEN_SOCKETS].by_user
        self._cookie = request.cookies.get(COOKIE)
        self._socket = socket
        self._user = user
        self._watching: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        user, presence = self._user, self._context.presence
        here = await presence.arrive(user.id, user.name, user.role.value)
        self._open[user.id] += 1
        subscriber = self._context.feed.subscribe(user.id)
        self._context.timekeeper.arrive(subscriber, user)
        await self._send({"type": "hello", "me": user.id, "status": here.status.value})
        tasks = [
            asyncio.create_task(self._push(subscriber)),
            asyncio.create_task(self._stay(subscriber)),
        ]
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._take(message.data)
        finally:
            self._context.feed.unsubscribe(subscriber)
            self._context.timekeeper.leave(subscriber)
            if self._watching is not None:
                tasks.append(self._watching)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._open[user.id] -= 1
            if self._open[user.id] <= 0:
                del self._open[user.id]
                await presence.leave(user.id)

    async def _push(self, subscriber: Subscriber) -> None:
        while True:
            await self._send(await subscriber.queue.get())

    async def _stay(self, subscriber: Subscriber) -> None:
        """Confirm presence while the socket answers and the session holds."""
        while True:
            try:
                async with asyncio.timeout(REFRESH_SECONDS):
                    await subscriber.overrun.wait()
                logger.warning("page of %s does not keep up", self._user.id)
                await self._socket.close(code=aiohttp.WSCloseCode.TRY_AGAIN_LATER)
                return
            except TimeoutError:
                pass
            try:
                if await self._context.sessions.find(self._cookie) is None:
                    await self._socket.close(code=SIGNED_OUT)
                    return
                await self._context.presence.confirm(self._user.id)
                await self._send({"type": "alive", "now": iso_ms(utc_now())})
            except (RedisError, OSError) as error:
                logger.error("presence not confirmed: %s", type(error).__name__)

    async def _take(self, text: str) -> None:
        try:
            message = json.loads(text)
            match message:
                case {"type": "status", "status": str(wanted)}:
                    await self._context.presence.choose(self._user.id, Status(wanted))
                case {"type": "watch", "call_id": str(call_id)}:
                    self._watch(call_id)
                case _:
                    raise ValueError("unknown message")
        except ValueError:
            await self._send(
                {
                    "type": "error",
                    "code": ErrorCode.BAD_MESSAGE.value,
                    "message": "消息无法识别 / unknown message",
                }
            )

    def _watch(self, call_id: str) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        if call_id:
            self._watching = asyncio.create_task(self._follow(call_id))

    async def _follow(self, call_id: str) -> None:
        """Send a call's events from its beginning, then as they come."""
        try:
            async for event in follow_call(call_id, self._context.redis, until_end=False):
                content = event.to_dict()
                if not self._context.feed.concerns(self._user.id, call_id):
                    content = mask_deeply(content)
                await self._send({"type": "event", "event": content})
        except (RedisError, OSError) as error:
            logger.error("transcript of a call: %s", type(error).__name__)
            await self._send({"type": "watch_lost", "call_id": call_id})

    async def _send(self, message: dict[str, Any]) -> None:
        if not self._socket.closed:
            await self._socket.send_str(json.dumps(message, ensure_ascii=False))
