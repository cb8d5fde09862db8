"""Where an agent's browser joins a call: ``/v1/agent?handoff=…&token=…``.

Guests, listeners and coaches, who do not own the call, add ``&agent=<id>``.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging

from aiohttp import web

from voice_gateway.call.agent_leg import AgentLeg
from voice_gateway.call.registry import CallRegistry, Held
from voice_gateway.conference.loss import report_lost
from voice_gateway.links.browser import BrowserLink
from voice_gateway.links.link import MediaLink
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.errors import ZhibanError

logger = logging.getLogger(__name__)

AGENT_RATE = 16000
_HEARTBEAT_SECONDS = 3.0
GRACE_SECONDS = 5.0
_LARGEST_MESSAGE = 64 * 1024


def agent_socket() -> web.WebSocketResponse:
    """Return the socket of an agent's browser, not yet prepared."""
    return web.WebSocketResponse(
        heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LARGEST_MESSAGE, compress=False
    )


class AgentRoute:
    """Checks the one-use token that the desk gave out and joins the two.

    Args:
        services: engines and stores.
        registry: calls in progress on this node.
    """

    def __init__(self, services: Services, registry: CallRegistry) -> None:
        self._services = services
        self._registry = registry
        self._graces: dict[tuple[str, str], asyncio.Task[None]] = {}

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/v1/agent", self.agent)

    async def agent(self, request: web.Request) -> web.StreamResponse:
        """Join an accepted handoff."""
        handoff_id = request.query.get("handoff", "")
        agent_id = await self.redeem(
            handoff_id, request.query.get("agent", ""), request.query.get("token", "")
        )
        if agent_id is None:
            raise web.HTTPForbidden(text="接听凭证无效或已过期")
        held = self._registry.by_handoff(handoff_id)
        if held is None:
            raise web.HTTPGone(text="业主已经不在线上")
        socket = agent_socket()
        await socket.prepare(request)
        link = BrowserLink(socket, AGENT_RATE)
        await link.send_event({"type": "ready", "sample_rate": AGENT_RATE})
        waiting = self._graces.pop((handoff_id, agent_id), None)
        if waiting is not None:
            waiting.cancel()
        await self.attend(held, link, handoff_id, agent_id)
        return socket

    async def attend(
        self,
        held: Held,
        link: MediaLink,
        handoff_id: str,
        agent_id: str,
        *,
        briefed: bool = False,
    ) -> None:
        """Keep an agent in a call until their line, their part or the call ends."""
        leg = AgentLeg(self._services, held, link, agent_id, briefed=briefed)
        try:
            await leg.run()
        except ZhibanError as error:
            await link.close(error.code.value)
            return
        if held.call.ended.is_set():
            await link.close(held.call.end_reason)
        elif held.call.given_back.is_set():
            await link.close("returned")
        elif leg.who.dropped.is_set():
            await link.close(leg.who.why)
        else:
            await link.close("agent_gone")
            self._grant_grace(held, handoff_id, agent_id)

    async def redeem(self, handoff_id: str, guest_id: str, token: str) -> str | None:
        """Return the agent the token was given to, and use it up."""
        if not handoff_id or not token:
            return None
        raw = await self._services.redis.getdel(redis_keys.bridge_token(handoff_id, guest_id))
        if raw is None:
            return None
        issued = json.loads(raw)
        if not hmac.compare_digest(str(issued["token"]).encode(), token.encode()):
            return None
        return str(issued["agent_id"])

    def _grant_grace(self, held: Held, handoff_id: str, agent_id: str) -> None:
        """A reload takes a second or two; only then is the agent lost."""

        async def wait() -> None:
            await asyncio.sleep(GRACE_SECONDS)
            await report_lost(held.conference, handoff_id, agent_id)

        key = (handoff_id, agent_id)
        task = self._graces[key] = asyncio.create_task(wait())
        task.add_done_callback(
            lambda done: self._graces.pop(key) if self._graces.get(key) is done else None
        )
