"""``/wallboard``: the leaders' page, its data, and its socket (which is no presence at a desk)."""

from __future__ import annotations

import asyncio
import json
import logging

import aiohttp
import aiohttp_jinja2
from aiohttp import web
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from handoff.accounts import User
from handoff.feed import Subscriber
from handoff.floor import LEADING
from handoff.sessions import COOKIE
from handoff.wallboard import Wallboard
from handoff.web.context import CONTEXT, signed_in
from handoff.web.socket import OPEN_SOCKETS, SIGNED_OUT
from zhiban.access import same_origin
from zhiban.api import refuse
from zhiban.errors import ErrorCode, ZhibanError

logger = logging.getLogger(__name__)

WALLBOARD = web.AppKey("wallboard", Wallboard)

_PING_SECONDS = 6.0
_REFRESH_SECONDS = 4.0
_PACE_SECONDS = 0.4
"""A burst of changes is one message."""


def add_wallboard(app: web.Application, wallboard: Wallboard) -> None:
    """Add page, data and socket."""
    app[WALLBOARD] = wallboard
    app.router.add_get("/wallboard", _page)
    app.router.add_get("/api/wallboard", _snapshot)
    app.router.add_get("/ws/wallboard", _socket)


def leading(request: web.Request) -> User:
    """Return who asks, if they lead.

    Raises:
        ZhibanError: ACCESS_DENIED.
    """
    user, _ = signed_in(request)
    if user.role not in LEADING:
        raise ZhibanError("只有班长、经理和管理员可以查看", code=ErrorCode.ACCESS_DENIED)
    return user


async def _page(request: web.Request) -> web.Response:
    user, session = signed_in(request)
    if user.role not in LEADING:
        raise web.HTTPSeeOther("/")
    return aiohttp_jinja2.render_template(
        "wallboard.html",
        request,
        {"user": user, "csrf": session.csrf, "community": request.app[CONTEXT].community},
    )


async def _snapshot(request: web.Request) -> web.Response:
    leading(request)
    return web.json_response(await request.app[WALLBOARD].snapshot())


async def _socket(request: web.Request) -> web.StreamResponse:
    """Push the board whenever something changes, and every few seconds."""
    if not same_origin(request):
        return refuse(403, ErrorCode.ACCESS_DENIED, "来源不符 / wrong origin")
    user = leading(request)
    context, open_sockets = request.app[CONTEXT], request.app[OPEN_SOCKETS]
    socket = web.WebSocketResponse(heartbeat=_PING_SECONDS)
    await socket.prepare(request)
    open_sockets.sockets.add(socket)
    subscriber = context.feed.subscribe(user.id)
    pushing = asyncio.create_task(_push(request, socket, subscriber))
    try:
        async for _ in socket:
            pass  # the board only listens; reading notices the end and answers pings
    finally:
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)
        context.feed.unsubscribe(subscriber)
        open_sockets.sockets.discard(socket)
    return socket


async def _push(
    request: web.Request, socket: web.WebSocketResponse, subscriber: Subscriber
) -> None:
    context, wallboard = request.app[CONTEXT], request.app[WALLBOARD]
    while not socket.closed:
        try:
            if await context.sessions.find(request.cookies.get(COOKIE)) is None:
                await socket.close(code=SIGNED_OUT)
                return
            board = await wallboard.snapshot()
            message = {"type": "wallboard", **board}
            await socket.send_str(json.dumps(message, ensure_ascii=False))
        except (RedisError, SQLAlchemyError) as error:
            logger.error("wallboard: %s", type(error).__name__)
        except (ConnectionError, aiohttp.ClientError):
            return  # the page is gone
        await asyncio.sleep(_PACE_SECONDS)
        await _changed(subscriber)


async def _changed(subscriber: Subscriber) -> None:
    """Wait for any change, or until it is time to look again; forget what else is queued."""
    try:
        async with asyncio.timeout(_REFRESH_SECONDS):
            await subscriber.queue.get()
    except TimeoutError:
        return
    while not subscriber.queue.empty():
        subscriber.queue.get_nowait()
