"""Where an agent's browser waits for an owner who is called back: ``/v1/callback?handoff=…&token=…``."""

from __future__ import annotations

from aiohttp import web

from voice_gateway.call.registry import CallRegistry
from voice_gateway.links.browser import BrowserLink
from voice_gateway.phones.callback import OwnerCall
from voice_gateway.phones.link import PhoneLink
from voice_gateway.routes.agents import AGENT_RATE, AgentRoute, agent_socket
from voice_gateway.services import Services
from zhiban import redis_keys
from zhiban.calls.calling_back import CallBack, CallbackOutcome
from zhiban.handoffs import HandoffRecord

_PURPOSE = "callback"


class CallbackRoute:
    """Dials once the agent's audio is open, and joins them when the owner picks up.

    Args:
        services: engines and stores.
        registry: calls in progress on this node.
        agents: checks tokens, and keeps the agent in the call.
    """

    def __init__(self, services: Services, registry: CallRegistry, agents: AgentRoute) -> None:
        self._services = services
        self._registry = registry
        self._agents = agents

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/v1/callback", self.callback)

    async def callback(self, request: web.Request) -> web.StreamResponse:
        """Call the owner of a claimed call-back."""
        handoff_id = request.query.get("handoff", "")
        token = request.query.get("token", "")
        agent_id = await self._agents.redeem(handoff_id, _PURPOSE, token)
        if agent_id is None:
            raise web.HTTPForbidden(text="回拨凭证无效或已过期")
        fields = await self._services.redis.hgetall(redis_keys.handoff(handoff_id))
        dialled = CallBack.of(fields)
        if dialled is None or dialled.by != agent_id:
            raise web.HTTPGone(text="这次回拨已经取消")
        socket = agent_socket()
        await socket.prepare(request)
        link = PhoneLink(BrowserLink(socket, AGENT_RATE))
        await link.send_event({"type": "ready", "sample_rate": AGENT_RATE})
        record = HandoffRecord.from_hash(fields)
        owner = OwnerCall(self._services, self._registry, record, dialled)
        held = await owner.ring(link)
        if isinstance(held, CallbackOutcome):
            await link.close(f"callback_{held.value}")
        else:
            await self._agents.attend(held, link, handoff_id, agent_id, briefed=True)
        return socket
