"""Surveys from the page: ``POST /api/handoffs/{id}/survey``, ``POST /api/tickets/{number}/survey``."""

from __future__ import annotations

from aiohttp import web

from handoff.web.bodies import done
from handoff.web.context import CONTEXT, signed_in


def add_surveys(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/api/handoffs/{id}/survey", hand_over)
    app.router.add_post("/api/tickets/{number}/survey", call)


async def hand_over(request: web.Request) -> web.Response:
    """Leave the call to the bot's questions."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.surveys.hand_over(request.match_info["id"], user)
    await context.audit.write(user.id, "survey", request.match_info["id"])
    return done()


async def call(request: web.Request) -> web.Response:
    """Have the bot ring the owner of a finished ticket."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    number = request.match_info["number"]
    call_id = await context.surveys.call(number, user)
    await context.audit.write(user.id, "survey_call", number)
    return web.json_response({"call_id": call_id})
