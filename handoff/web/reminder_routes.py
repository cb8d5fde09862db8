"""The JSON interface of reminders."""

from __future__ import annotations

from aiohttp import web

from handoff.web.bodies import done as all_right
from handoff.web.bodies import read_body
from handoff.web.context import CONTEXT, signed_in


def add_reminders(app: web.Application) -> None:
    """Add the routes below ``/api/reminders``."""
    app.router.add_post("/api/reminders/{id}/done", done)


async def done(request: web.Request) -> web.Response:
    """Mark a reminder done, with a note of what was told."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    reminder_id = request.match_info["id"]
    note = str((await read_body(request)).get("note", ""))
    await context.timekeeper.done(reminder_id, user, note)
    await context.audit.write(user.id, "reminder_done", reminder_id)
    return all_right()
