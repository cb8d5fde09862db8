"""The read API of calls and tickets, mounted by gateway and desk alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban.errors import ErrorCode, ZhibanError
from zhiban.redis_client import RedisClient
from zhiban.tickets.service import TicketService
from zhiban.timeline.follow import read_call

Allowed = Callable[[web.Request], Awaitable[bool]]


def add_read_api(
    app: web.Application,
    *,
    redis: RedisClient,
    engine: AsyncEngine,
    tickets: TicketService,
    allowed: Allowed,
) -> None:
    """Add ``GET /api/calls/{id}`` and ``GET /api/tickets/{number}``.

    Args:
        app: the application to add to.
        redis: newest events.
        engine: older events.
        tickets: the ticket store.
        allowed: decides on each request; a refusal answers 401.
    """

    async def get_call(request: web.Request) -> web.Response:
        if not await allowed(request):
            return refuse(
                401, ErrorCode.ACCESS_DENIED, "需要登录或令牌 / sign in or send the token"
            )
        call_id = request.match_info["id"]
        events = await read_call(call_id, redis, engine)
        if not events:
            return refuse(404, ErrorCode.CALL_UNKNOWN, "没有这通电话 / no such call")
        filed = await tickets.of_call(call_id)
        return web.json_response(
            {
                "call_id": call_id,
                "events": [event.to_dict() for event in events],
                "tickets": [ticket["number"] for ticket in filed],
            }
        )

    async def get_ticket(request: web.Request) -> web.Response:
        if not await allowed(request):
            return refuse(
                401, ErrorCode.ACCESS_DENIED, "需要登录或令牌 / sign in or send the token"
            )
        try:
            return web.json_response(await tickets.get(request.match_info["number"]))
        except ZhibanError as error:
            return refuse(404, error.code, error.message)

    app.router.add_get("/api/calls/{id}", get_call)
    app.router.add_get("/api/tickets/{number}", get_ticket)


def refuse(status: int, code: ErrorCode, message: str) -> web.Response:
    """Return the one shape of error answers."""
    return web.json_response({"error": {"code": code.value, "message": message}}, status=status)
