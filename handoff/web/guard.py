"""Middlewares: sign-in before everything, anti-forgery on every POST, browser protections."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from handoff.accounts import User
from handoff.sessions import COOKIE
from handoff.web.context import CONTEXT, SESSION, USER
from zhiban.access import same_origin
from zhiban.api import refuse
from zhiban.errors import ErrorCode, ZhibanError

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PUBLIC = ("/health", "/login", "/static/", "/shared/", "/favicon.ico")
_OWN_CHECK = ("/api/calls/", "/api/tickets/")
"""Read by machines too: the read API asks ``allowed`` itself."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STATUS = {
    ErrorCode.HANDOFF_UNKNOWN: 404,
    ErrorCode.TICKET_UNKNOWN: 404,
    ErrorCode.CALL_UNKNOWN: 404,
    ErrorCode.HANDOFF_CONFLICT: 409,
    ErrorCode.HANDOFF_ILLEGAL: 409,
    ErrorCode.ACCESS_DENIED: 403,
    ErrorCode.BAD_MESSAGE: 400,
    ErrorCode.NO_LINE: 503,
    ErrorCode.TICKET_INCOMPLETE: 400,
}


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the browser protections to every answer, refusals included."""
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(_HEADERS)
        raise
    if not response.prepared:
        response.headers.update(_HEADERS)
        if request.path.startswith(("/static/", "/shared/")):
            # Pages load their modules by plain name: always ask whether they changed.
            response.headers["Cache-Control"] = "no-cache"
        else:
            response.headers["Cache-Control"] = "no-store"
    return response


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn typed errors into the one shape of error answers."""
    try:
        return await handler(request)
    except ZhibanError as error:
        return refuse(_STATUS.get(error.code, 500), error.code, error.message)


@web.middleware
async def sign_in_first(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only signed-in people through, and only pages of our own post anything."""
    context = request.app[CONTEXT]
    session = await context.sessions.find(request.cookies.get(COOKIE))
    user: User | None = await context.accounts.get(session.user_id) if session else None
    request[USER], request[SESSION] = user, session if user else None
    if request.path.startswith(_PUBLIC):
        return await handler(request)
    if request.method in ("GET", "HEAD") and request.path.startswith(_OWN_CHECK):
        return await handler(request)
    if user is None or session is None:
        if request.path.startswith(("/api/", "/ws")):
            return refuse(401, ErrorCode.ACCESS_DENIED, "请先登录 / sign in first")
        raise web.HTTPSeeOther("/login")
    if request.method not in ("GET", "HEAD"):
        given = request.headers.get("X-CSRF-Token", "")
        if not given and request.content_type == "application/x-www-form-urlencoded":
            given = str((await request.post()).get("csrf", ""))
        if not same_origin(request) or not session.accepts(given):
            logger.warning("refused a forged or stale POST to %s", request.path)
            return refuse(403, ErrorCode.ACCESS_DENIED, "页面已过期，请刷新后重试 / bad CSRF token")
    return await handler(request)
