"""The JSON interface of a call in progress: hold, colleagues, passing on, listening in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from handoff.accounts import User
from handoff.floor import FloorDesk
from handoff.web.bodies import bridge, done, read_body
from handoff.web.context import CONTEXT, signed_in


def add_floor(app: web.Application) -> None:
    """Add the routes below ``/api``."""
    for name, handler in (
        ("hold", hold),
        ("invite", invite),
        ("merge", _pressed("merge", FloorDesk.merge)),
        ("complete", _pressed("complete", FloorDesk.complete)),
        ("uninvite", _pressed("uninvite", FloorDesk.uninvite)),
        ("transfer", transfer),
        ("listen", listen),
        ("skip_briefing", skip_briefing),
    ):
        app.router.add_post(f"/api/handoffs/{{id}}/{name}", handler)
    app.router.add_post("/api/invitations/{id}/accept", accept_invitation)
    declined = _pressed("decline_invitation", FloorDesk.decline_invitation)
    app.router.add_post("/api/invitations/{id}/decline", declined)


async def hold(request: web.Request) -> web.Response:
    """Put the caller on hold, or come back."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    on = bool((await read_body(request)).get("on", True))
    await context.floor.hold(request.match_info["id"], user, on=on)
    await context.audit.write(user.id, "hold" if on else "resume", request.match_info["id"])
    return done()


async def invite(request: web.Request) -> web.Response:
    """Ring a colleague."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    body = await read_body(request)
    to, mode = str(body.get("to", "")), str(body.get("mode", ""))
    invitation = await context.floor.invite(request.match_info["id"], user, to, mode)
    await context.audit.write(user.id, "invite", request.match_info["id"], {"to": to, "mode": mode})
    return web.json_response({"ok": True, "invitation": invitation.id})


async def transfer(request: web.Request) -> web.Response:
    """Pass the caller on."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    body = await read_body(request)
    to, role = str(body.get("to", "")), str(body.get("role", ""))
    await context.floor.transfer(request.match_info["id"], user, to, role)
    await context.audit.write(
        user.id, "transfer", request.match_info["id"], {"to": to, "role": role}
    )
    return done()


async def listen(request: web.Request) -> web.Response:
    """Listen in, coach or join; the audit log knows it before a word is heard."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    mode = str((await read_body(request)).get("mode", ""))
    case = await context.floor.listen(request.match_info["id"], user, mode)
    await context.audit.write(user.id, "listen", case.record.id, {"mode": mode})
    return await bridge(request, case)


async def skip_briefing(request: web.Request) -> web.Response:
    """End the briefing."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.floor.skip_briefing(request.match_info["id"], user)
    return done()


async def accept_invitation(request: web.Request) -> web.Response:
    """Come to a colleague's call."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    case = await context.floor.accept_invitation(request.match_info["id"], user)
    await context.audit.write(user.id, "accept_invitation", case.record.id)
    return await bridge(request, case)


def _pressed(name: str, operation: Callable[[FloorDesk, str, User], Awaitable[None]]) -> Handler:
    """Return the route of an operation that needs nothing but its press."""

    async def press(request: web.Request) -> web.Response:
        context = request.app[CONTEXT]
        user, _ = signed_in(request)
        await operation(context.floor, request.match_info["id"], user)
        await context.audit.write(user.id, name, request.match_info["id"])
        return done()

    return press
