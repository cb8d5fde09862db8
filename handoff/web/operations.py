"""The JSON interface of the page: everything an agent does with a case."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from handoff.accounts import Role
from handoff.desk import TakenError
from handoff.outcomes import OUTCOMES
from handoff.presence import Status
from handoff.views import for_viewer
from handoff.web.bodies import bridge, browser_host, done, read_body
from handoff.web.context import CONTEXT, signed_in
from handoff.words import (
    CATEGORIES,
    DECLINE_REASONS,
    FLAGS,
    INVITATIONS,
    KINDS,
    PARTS,
    PRESENCE,
    ROLES,
    STATES,
    TICKET_STATES,
)
from zhiban.calls.calling_back import OUTCOME_WORDS
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.tickets.satisfaction import GRADE_WORDS, SURVEY_WORDS

_COMMANDS = ("hangup",)


def add_operations(app: web.Application) -> None:
    """Add the routes below ``/api``."""
    app.router.add_get("/api/boot", boot)
    app.router.add_get("/api/handoffs", list_open)
    for name, handler in (
        ("accept", accept),
        ("decline", decline),
        ("rejoin", rejoin),
        ("claim", claim),
        ("call_back", call_back),
        ("command", command),
        ("return", return_to_bot),
        ("dispose", dispose),
        ("tick", tick),
        ("edit", edit),
    ):
        app.router.add_post(f"/api/handoffs/{{id}}/{name}", handler)


async def boot(request: web.Request) -> web.Response:
    """What the page needs once: who I am, the anti-forgery token, cards and words."""
    context = request.app[CONTEXT]
    user, session = signed_in(request)
    return web.json_response(
        {
            "me": {"id": user.id, "name": user.name, "role": user.role.value},
            "csrf": session.csrf,
            "now": iso_ms(utc_now()),
            "community": {"name": context.community.name, "company": context.community.company},
            "sop": {
                "default": context.sop.default.to_dict(),
                "kinds": {kind: card.to_dict() for kind, card in context.sop.kinds.items()},
            },
            "actions": _actions(request.app),
            "dials": await context.dials(),
            "statuses": [status.value for status in Status],
            "transfer_roles": [role.value for role in Role if role is not Role.ADMIN],
            "outcomes": {
                key: {"label": outcome.label, "callback": outcome.needs_callback}
                for key, outcome in OUTCOMES.items()
            },
            "words": {
                "kinds": KINDS,
                "states": STATES,
                "roles": ROLES,
                "categories": CATEGORIES,
                "ticket_states": TICKET_STATES,
                "flags": FLAGS,
                "presence": PRESENCE,
                "parts": PARTS,
                "invitations": INVITATIONS,
                "decline_reasons": DECLINE_REASONS,
                "callback_outcomes": OUTCOME_WORDS,
                "grades": GRADE_WORDS,
                "survey_outcomes": {**OUTCOME_WORDS, **SURVEY_WORDS},
            },
        }
    )


async def list_open(request: web.Request) -> web.Response:
    """``GET /api/handoffs``: the open cases, most urgent first."""
    user, _ = signed_in(request)
    board = await request.app[CONTEXT].feed.board()
    return web.json_response({"handoffs": [for_viewer(view, user.id) for view in board]})


async def accept(request: web.Request) -> web.Response:
    """Take the call; 409 tells who was faster."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    try:
        case = await context.desk.accept(request.match_info["id"], user)
    except TakenError as error:
        return _taken(error)
    await context.audit.write(user.id, "accept", case.record.id)
    return await bridge(request, case)


async def rejoin(request: web.Request) -> web.Response:
    """Join a call one has a part in again, after a reload or a lost network."""
    user, _ = signed_in(request)
    return await bridge(
        request, await request.app[CONTEXT].floor.rejoin(request.match_info["id"], user)
    )


async def decline(request: web.Request) -> web.Response:
    """Refuse a ring."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    reason = str((await read_body(request)).get("reason", ""))
    await context.desk.decline(request.match_info["id"], user, reason)
    await context.audit.write(user.id, "decline", request.match_info["id"], {"why": reason})
    return done()


async def claim(request: web.Request) -> web.Response:
    """Take a due call-back on oneself."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    try:
        await context.desk.claim(request.match_info["id"], user)
    except TakenError as error:
        return _taken(error)
    await context.audit.write(user.id, "claim", request.match_info["id"])
    return done()


async def call_back(request: web.Request) -> web.Response:
    """Ring the owner of a claimed call-back; answers with the address of the agent's audio."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    url, call_id = await context.calling_back.begin(
        request.match_info["id"], user, browser_host(request)
    )
    await context.audit.write(user.id, "call_back", request.match_info["id"])
    return web.json_response({"bridge_url": url, "call_id": call_id})


async def command(request: web.Request) -> web.Response:
    """Order the gateway to hang up."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    wanted = (await read_body(request)).get("command")
    if wanted not in _COMMANDS:
        raise ZhibanError("没有这个操作 / unknown command", code=ErrorCode.BAD_MESSAGE)
    await context.desk.command(request.match_info["id"], user, wanted)
    await context.audit.write(user.id, wanted, request.match_info["id"])
    return done()


async def return_to_bot(request: web.Request) -> web.Response:
    """Give the caller back to the bot."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.desk.return_to_bot(request.match_info["id"], user)
    await context.audit.write(user.id, "return_to_bot", request.match_info["id"])
    return done()


async def dispose(request: web.Request) -> web.Response:
    """Record how the case ended."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    body = await read_body(request)
    outcome = str(body.get("outcome", ""))
    await context.casework.dispose(
        request.match_info["id"], user, outcome, str(body.get("notes", ""))
    )
    await context.audit.write(user.id, "dispose", request.match_info["id"], {"outcome": outcome})
    return done()


async def tick(request: web.Request) -> web.Response:
    """Tick a line of the checklist or press a "told" button."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    body = await read_body(request)
    key, ticked = str(body.get("key", "")), bool(body.get("done", True))
    await context.casework.tick(request.match_info["id"], user, key, done=ticked)
    await context.audit.write(
        user.id, "tick" if ticked else "untick", request.match_info["id"], {"key": key}
    )
    return done()


async def edit(request: web.Request) -> web.Response:
    """Correct the ticket's fields."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    changes = (await read_body(request)).get("changes")
    if not isinstance(changes, Mapping):
        raise ZhibanError("缺少 changes / missing", code=ErrorCode.BAD_MESSAGE)
    await context.casework.edit(request.match_info["id"], user, changes)
    await context.audit.write(
        user.id, "edit", request.match_info["id"], {"fields": sorted(changes)}
    )
    return done()


def _actions(app: web.Application) -> list[str]:
    """Return what this process can do with a case: the page shows no other controls."""
    prefix = "/api/handoffs/{id}/"
    paths = (route.resource.canonical for route in app.router.routes() if route.resource)
    return sorted(path.removeprefix(prefix) for path in paths if path.startswith(prefix))


def _taken(error: TakenError) -> web.Response:
    return web.json_response(
        {"error": {"code": error.code.value, "message": error.message, "by": error.by}}, status=409
    )
