"""Makes a call of this house out of one that Asterisk brings, whichever link carries it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from voice_gateway.asterisk.arrivals import Arrival, Arrivals
from voice_gateway.asterisk.manager import ManagerClient
from voice_gateway.asterisk.settings import AsteriskSettings
from voice_gateway.call.call import Call
from voice_gateway.call.holding import hold_call
from voice_gateway.call.numbers import calling_number
from voice_gateway.call.registry import CallRegistry, new_call_id
from voice_gateway.call.voice_call import VoiceLeg
from voice_gateway.links.link import MediaLink
from voice_gateway.readiness import Readiness
from voice_gateway.services import Services
from zhiban.errors import ErrorCode, ZhibanError

logger = logging.getLogger(__name__)


class AsteriskCalls:
    """The calls that came by Asterisk.

    Args:
        services: what calls need.
        registry: all calls of this process.
        readiness: whether every protected sentence can be spoken.
        settings: limits, and where transfers go.
    """

    def __init__(
        self,
        services: Services,
        registry: CallRegistry,
        readiness: Readiness,
        settings: AsteriskSettings,
    ) -> None:
        self.arrivals = Arrivals()
        self.settings = settings
        self._services = services
        self._registry = registry
        self._readiness = readiness
        self._held: dict[str, tuple[Call, Arrival]] = {}
        self._places: list[str] = []
        address = settings.manager()
        self._manager = ManagerClient(address) if address is not None else None

    def refusal(self) -> str:
        """Return why no call can be taken now: ``busy``, ``not_ready``, or ``""``."""
        if self._registry.full or len(self._places) >= self.settings.max_calls:
            return "busy"
        return "not_ready" if self._readiness.missing_sentences() else ""

    def is_here(self, pbx_id: str) -> bool:
        """Return whether a call with Asterisk's id is in progress or about to be."""
        return pbx_id in self._places

    def was_meant(self, pbx_id: str) -> bool:
        """Return whether a call of this node, by whichever link, ended because it was over."""
        return self._registry.ends.was_meant(pbx_id)

    @contextmanager
    def place(self, arrival: Arrival) -> Iterator[None]:
        """Keep a place for a call from before its audio is open until it is over."""
        self._places.append(arrival.pbx_id)
        try:
            yield
        finally:
            self._places.remove(arrival.pbx_id)

    async def take(self, arrival: Arrival, link: MediaLink, channel: str) -> None:
        """Hold a call, which has its place, from its first word to the hang-up.

        Args:
            arrival: what Asterisk said of it.
            link: its audio, open.
            channel: ``asterisk`` or ``audiosocket``, for the timeline.
        """
        known = {"dialled": arrival.dialled, "pbx_call_id": arrival.pbx_id}
        call = Call(
            self._services,
            call_id=new_call_id(),
            caller=calling_number(arrival.caller),
            channel=channel,
            arrival={name: value for name, value in known.items() if value},
        )
        self._held[call.call_id] = (call, arrival)
        try:
            leg = VoiceLeg(self._services, call, link)
            await hold_call(self._services, self._registry, call, leg, leg.run(), trusted=True)
        finally:
            del self._held[call.call_id]
            await link.close(call.end_reason)

    async def transfer(self, call_id: str, extension: str) -> None:
        """Move a caller to an extension of the PBX; what is open of the call stays open.

        An emergency that nobody has taken is called back: the PBX tells nobody whether the
        extension answered.

        Raises:
            ZhibanError: CALL_UNKNOWN: no such call came by Asterisk to this node;
                PBX_UNAVAILABLE, PBX_REFUSED, CHANNEL_UNKNOWN: see ManagerClient.redirect. The
                caller is where they were, then.
        """
        known = self._held.get(call_id)
        if known is None:
            raise ZhibanError("通话不在本机 / no such call here", code=ErrorCode.CALL_UNKNOWN)
        call, arrival = known
        if self._manager is None or not arrival.channel:
            raise ZhibanError(
                "没有配置 ZHIBAN_ASTERISK_AMI，不能转接 / no manager interface",
                code=ErrorCode.PBX_UNAVAILABLE,
            )
        await self._manager.redirect(arrival.channel, self.settings.transfer_context, extension)
        logger.info("call %s: moved to extension %s", call_id, extension)
        await call.end("transferred", f"extension_{extension}")
