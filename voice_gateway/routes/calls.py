"""Where calls come in: ``/v1/voice`` for speech, ``/v1/text`` for typed words."""

from __future__ import annotations

import json
import logging
from typing import Any

from aiohttp import WSMsgType, web

from voice_gateway.call.call import Call
from voice_gateway.call.holding import hold_call
from voice_gateway.call.numbers import calling_number
from voice_gateway.call.registry import CallRegistry, new_call_id
from voice_gateway.call.text_call import TextLeg
from voice_gateway.call.voice_call import VoiceLeg
from voice_gateway.links.browser import BrowserLink
from voice_gateway.readiness import Readiness
from voice_gateway.services import Services
from zhiban.access import is_trusted, same_origin

logger = logging.getLogger(__name__)

_START_SECONDS = 10.0
_HEARTBEAT_SECONDS = 3.0
"""A side that is gone without a word is noticed after one and a half of these."""
_LARGEST_MESSAGE = 256 * 1024
_RATES = (8000, 16000)
_ARRIVAL = ("dialled", "sip_call_id", "pbx_call_id")
"""What a trusted link may add to how a call came in."""
_LONGEST_ARRIVAL = 128


class CallRoutes:
    """The two ways in.

    Args:
        services: what calls need.
        registry: calls in progress.
        token: the machine-interface token.
        readiness: whether every protected sentence can be spoken.
    """

    def __init__(
        self, services: Services, registry: CallRegistry, token: str, readiness: Readiness
    ) -> None:
        self._services = services
        self._registry = registry
        self._token = token
        self._readiness = readiness

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/v1/voice", self.voice)
        app.router.add_get("/v1/text", self.text)

    async def voice(self, request: web.Request) -> web.StreamResponse:
        """A caller with a microphone, or a program that plays one.

        The page is open to anyone, as a telephone line is; the number a page claims to call
        from counts only where the machine interfaces are open to it.
        """
        if not same_origin(request):
            raise web.HTTPForbidden(text="请从值班页面拨打 / wrong origin")
        trusted = is_trusted(request, self._services.settings, self._token)
        socket, start = await self._accept(request)
        if start is None:
            return socket
        rate = start.get("sample_rate", 16000)
        if rate not in _RATES:
            return await _refuse(socket, "bad_message", "sample_rate 应为 8000 或 16000")
        if self._readiness.missing_sentences():
            return await _refuse(socket, "not_ready", "固定话术还没有准备好，请运行 zhiban prepare")
        call = self._new_call(start, trusted, str(start.get("channel") or "web"))
        link = BrowserLink(socket, int(rate))
        leg = VoiceLeg(self._services, call, link)
        await link.send_event({"type": "started", "call_id": call.call_id, "sample_rate": rate})
        await hold_call(self._services, self._registry, call, leg, leg.run(), trusted=trusted)
        await link.close(call.end_reason)
        return socket

    async def text(self, request: web.Request) -> web.StreamResponse:
        """A program or a person who types."""
        if not is_trusted(request, self._services.settings, self._token):
            raise web.HTTPUnauthorized(text="需要令牌 / send the token (see README)")
        socket, start = await self._accept(request)
        if start is None:
            return socket
        call = self._new_call(start, True, str(start.get("channel") or "text"))
        leg = TextLeg(call, socket)
        await leg.notify({"type": "started", "call_id": call.call_id})
        await hold_call(self._services, self._registry, call, leg, leg.run(), trusted=True)
        await leg.notify({"type": "ended", "reason": call.end_reason})
        await socket.close()
        return socket

    async def _accept(
        self, request: web.Request
    ) -> tuple[web.WebSocketResponse, dict[str, Any] | None]:
        """Open the socket and read the start message; None when the call was refused."""
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LARGEST_MESSAGE, compress=False
        )
        await socket.prepare(request)
        try:
            message = await socket.receive(timeout=_START_SECONDS)
        except TimeoutError:
            await _refuse(socket, "bad_message", "没有收到 start / no start message")
            return socket, None
        start: Any = None
        if message.type is WSMsgType.TEXT:
            try:
                start = json.loads(message.data)
            except ValueError:
                start = None
        if not isinstance(start, dict) or start.get("type") != "start":
            await _refuse(socket, "bad_message", '第一条应为 {"type":"start",…}')
            return socket, None
        if self._registry.full:
            await _refuse(socket, "busy", "线路全忙，请稍后再拨")
            return socket, None
        return socket, start

    def _new_call(self, start: dict[str, Any], trusted: bool, channel: str) -> Call:
        caller = calling_number(start.get("caller")) if trusted else ""
        arrival = {
            name: str(start[name])[:_LONGEST_ARRIVAL]
            for name in _ARRIVAL
            if trusted and start.get(name)
        }
        return Call(
            self._services,
            call_id=new_call_id(),
            caller=caller,
            channel=channel[:16],
            arrival=arrival,
        )


async def _refuse(socket: web.WebSocketResponse, code: str, message: str) -> web.WebSocketResponse:
    error = {"type": "error", "code": code, "message": message}
    await socket.send_str(json.dumps(error, ensure_ascii=False))
    await socket.send_str(json.dumps({"type": "ended", "reason": code}))
    await socket.close()
    return socket
