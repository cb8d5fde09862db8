"""The JSON interface of a call in progress: hold, colleagues, passing on, listening in."""

from __future__ import annotations

from aiohttp import web

from handoff.web.bodies import bridge, done, read_body
from handoff.web.context import CONTEXT, signed_in


def add_floor(app: web.Application) -> None:
    """Add the routes below ``/api``."""
    for name, handler in (
        ("hold", hold),
        ("invite", invite),
        ("merge", merge),
        ("complete", complete),
        ("uninvite", uninvite),
        ("transfer", transfer),
        ("listen", listen),
        ("skip_briefing", skip_briefing),
    ):
        app.router.add_post(f"/api/handoffs/{{id}}/{name}", handler)
    app.router.add_post("/api/invitations/{id}/accept", accept_invitation)
    app.router.add_post("/api/invitations/{id}/decline", decline_invitation)


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


async def merge(request: web.Request) -> web.Response:
    """Make a consultation a three-way call."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.floor.merge(request.match_info["id"], user)
    await context.audit.write(user.id, "merge", request.match_info["id"])
    return done()


async def complete(request: web.Request) -> web.Response:
    """Leave the caller with the invited person."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.floor.complete(request.match_info["id"], user)
    await context.audit.write(user.id, "complete", request.match_info["id"])
    return done()


async def uninvite(request: web.Request) -> web.Response:
    """Stop ringing, drop the third person, or leave as one."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.floor.uninvite(request.match_info["id"], user)
    await context.audit.write(user.id, "uninvite", request.match_info["id"])
    return done()


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


async def decline_invitation(request: web.Request) -> web.Response:
    """Do not come."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.floor.decline_invitation(request.match_info["id"], user)
    await context.audit.write(user.id, "decline_invitation", request.match_info["id"])
    return done()
