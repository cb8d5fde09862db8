"""``GET /api/recent``: what was closed lately, for looking up."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.views import mask_deeply
from zhiban.handoffs import HandoffState
from zhiban.store.models import Handoff, Ticket

_SHOWN = 30


def add_recent(app: web.Application, engine: AsyncEngine) -> None:
    """Add the route."""

    async def recent(_: web.Request) -> web.Response:
        async with engine.connect() as connection:
            handoffs = await connection.execute(
                select(
                    Handoff.id,
                    Handoff.call_id,
                    Handoff.ticket_number,
                    Handoff.kind,
                    Handoff.level,
                    Handoff.agent_id,
                    Handoff.disposition,
                    Handoff.notes,
                    Handoff.created_at,
                    Handoff.updated_at,
                )
                .where(Handoff.state == HandoffState.CLOSED.value)
                .order_by(Handoff.updated_at.desc())
                .limit(_SHOWN)
            )
            tickets = await connection.execute(
                select(
                    Ticket.number,
                    Ticket.category,
                    Ticket.status,
                    Ticket.urgency,
                    Ticket.building,
                    Ticket.unit,
                    Ticket.room,
                    Ticket.problem,
                    Ticket.call_id,
                    Ticket.satisfaction,
                    (Ticket.phone != "").label("has_phone"),
                    Ticket.created_at,
                )
                .order_by(Ticket.created_at.desc())
                .limit(_SHOWN)
            )
            found = {
                "handoffs": [dict(row) for row in handoffs.mappings()],
                "tickets": [dict(row) for row in tickets.mappings()],
            }
        return web.json_response(mask_deeply(found))

    app.router.add_get("/api/recent", recent)
