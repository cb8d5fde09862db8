"""Where Asterisk comes in: its audio, and what its dialplan asks."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import re
from collections.abc import Callable

from aiohttp import web

from voice_gateway.asterisk.arrivals import Arrival
from voice_gateway.asterisk.calls import AsteriskCalls
from voice_gateway.links.asterisk_websocket import SUBPROTOCOL, AsteriskWebSocketLink
from zhiban.errors import ErrorCode, ZhibanError

logger = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 2.0
"""A vanished Asterisk is noticed after one and a half of these."""
_CLOSE_SECONDS = 2.0
_LARGEST_MESSAGE = 64 * 1024
_EXTENSION = re.compile(r"[0-9*#]{1,24}")
_STATUS = {
    ErrorCode.CALL_UNKNOWN: 404,
    ErrorCode.CHANNEL_UNKNOWN: 410,
    ErrorCode.PBX_REFUSED: 502,
    ErrorCode.PBX_UNAVAILABLE: 503,
}


class AsteriskRoutes:
    """The routes of the Asterisk links; without a password in the settings there are none.

    Args:
        calls: takes the calls.
        is_trusted: whether a request may use the machine interfaces.
    """

    def __init__(self, calls: AsteriskCalls, is_trusted: Callable[[web.Request], bool]) -> None:
        self._calls = calls
        self._settings = calls.settings
        self._is_trusted = is_trusted

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        if not self._settings.password:
            return
        app.router.add_get("/v1/asterisk/media", self.media)
        app.router.add_post("/v1/asterisk/calls", self.announce)
        app.router.add_get("/v1/asterisk/done", self.done)
        app.router.add_post("/v1/asterisk/transfer", self.transfer)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """The audio of a call (chan_websocket); refused before the upgrade, so nobody answers."""
        self._let_in(request)
        arrival = Arrival.of(dict(request.query))
        if not arrival.pbx_id:
            raise web.HTTPBadRequest(text="v(call=…) missing")
        if self._calls.is_here(arrival.pbx_id):
            raise web.HTTPConflict(text="this call is here already")
        self._make_room()
        if SUBPROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", ""):
            raise web.HTTPUpgradeRequired(text="WebSocket, subprotocol media")
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            heartbeat=_HEARTBEAT_SECONDS,
            timeout=_CLOSE_SECONDS,
            max_msg_size=_LARGEST_MESSAGE,
            compress=False,
        )
        with self._calls.place(arrival):
            await socket.prepare(request)
            try:
                link = await AsteriskWebSocketLink.open(socket)
            except ZhibanError as error:
                logger.error("%s", error.message)
                await socket.close()
                return socket
            await self._calls.take(arrival, link, "asterisk")
        return socket

    async def announce(self, request: web.Request) -> web.Response:
        """Announce a call that comes by AudioSocket; the answer is the UUID to connect with."""
        self._let_in(request)
        self._make_room()
        form = await request.post()
        arrival = Arrival.of({name: str(value) for name, value in form.items()})
        if not arrival.pbx_id:
            raise web.HTTPBadRequest(text="call=… missing")
        return web.Response(text=str(self._calls.arrivals.announce(arrival)))

    async def done(self, request: web.Request) -> web.Response:
        """Say whether a call's end was meant: ``1``, else ``0``."""
        self._let_in(request)
        meant = self._calls.was_meant(request.query.get("call", ""))
        return web.Response(text="1" if meant else "0")

    async def transfer(self, request: web.Request) -> web.Response:
        """Move a caller to an extension: ``{"call_id","extension"}``."""
        if not self._is_trusted(request):
            raise web.HTTPUnauthorized(text="需要令牌 / send the token (see README)")
        try:
            body = await request.json()
            call_id, extension = str(body["call_id"]), str(body["extension"])
        except (json.JSONDecodeError, KeyError, TypeError):
            raise web.HTTPBadRequest(text='{"call_id","extension"}') from None
        if not _EXTENSION.fullmatch(extension):
            raise web.HTTPBadRequest(text="extension: 1-24 digits, * or #")
        try:
            await self._calls.transfer(call_id, extension)
        except ZhibanError as error:
            answer = {"code": error.code.value, "message": error.message}
            return web.json_response(answer, status=_STATUS.get(error.code, 500))
        return web.json_response({"call_id": call_id, "extension": extension})

    def _let_in(self, request: web.Request) -> None:
        """Check address and password.

        Raises:
            web.HTTPForbidden: the address is not Asterisk's.
            web.HTTPUnauthorized: the password is not.
        """
        if not self._settings.allows(request.remote):
            logger.warning("asterisk: %s turned away", request.remote)
            raise web.HTTPForbidden(text="not a peer (ZHIBAN_ASTERISK_PEERS)")
        wanted = f"{self._settings.user}:{self._settings.password}".encode()
        given = _credentials(request.headers.get("Authorization", ""))
        if not hmac.compare_digest(given, wanted):
            logger.warning("asterisk: wrong password from %s", request.remote)
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="zhiban"'})

    def _make_room(self) -> None:
        """Check that a call can be taken.

        Raises:
            web.HTTPServiceUnavailable: it cannot; the dialplan goes on to a person.
        """
        refusal = self._calls.refusal()
        if refusal:
            logger.warning("asterisk: refused: %s", refusal)
            raise web.HTTPServiceUnavailable(text=refusal)


def _credentials(header: str) -> bytes:
    """Return ``user:password`` of a Basic authentication; empty for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return b""
