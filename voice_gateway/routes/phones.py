"""Where the SIP user agent brings an answered telephone: ``/v1/phones/{leg}``."""

from __future__ import annotations

import json
import logging

from aiohttp import WSMsgType, web

from voice_gateway.links.browser import BrowserLink
from voice_gateway.phones.legs import PhoneLegs
from voice_gateway.phones.link import PhoneLink
from voice_gateway.services import Services
from zhiban.access import is_trusted

logger = logging.getLogger(__name__)

_START_SECONDS = 5.0
_HEARTBEAT_SECONDS = 3.0
_LARGEST_MESSAGE = 64 * 1024
_RATES = (8000, 16000)


class PhoneRoute:
    """Lets in the legs that this process has ordered, each once, from a trusted user agent.

    Args:
        services: settings.
        legs: what was ordered.
        token: the machine-interface token.
    """

    def __init__(self, services: Services, legs: PhoneLegs, token: str) -> None:
        self._services = services
        self._legs = legs
        self._token = token

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/v1/phones/{leg}", self.phone)

    async def phone(self, request: web.Request) -> web.StreamResponse:
        """Hand the leg's audio to whoever ordered it."""
        if not is_trusted(request, self._services.settings, self._token):
            raise web.HTTPUnauthorized(text="需要令牌 / send the token (see README)")
        answered = self._legs.take(request.match_info["leg"])
        if answered is None:
            raise web.HTTPGone(text="没有人等这路电话 / nobody waits for this leg")
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LARGEST_MESSAGE, compress=False
        )
        await socket.prepare(request)
        link = PhoneLink(BrowserLink(socket, await _rate(socket)))
        try:
            await link.send_event({"type": "started", "sample_rate": link.sample_rate})
            reason = await answered(link)
            logger.info("leg %s: %s", request.match_info["leg"], reason)
            await link.close(reason)
        except BaseException:
            await link.close("gateway_stopped")
            raise
        return socket


async def _rate(socket: web.WebSocketResponse) -> int:
    """Read the start message; what cannot be read is a telephone all the same."""
    try:
        message = await socket.receive(timeout=_START_SECONDS)
        start = json.loads(message.data) if message.type is WSMsgType.TEXT else {}
        rate = int(start.get("sample_rate", _RATES[0]))
    except (TimeoutError, ValueError, TypeError, AttributeError):
        logger.error("a telephone's start message could not be read")
        rate = _RATES[0]
    return rate if rate in _RATES else _RATES[0]
