"""Who may speak to the user agent: networks, and hosts looked up by name."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket

from voice_gateway.sip.settings import SipSettings

logger = logging.getLogger(__name__)

Network = ipaddress.IPv4Network
_LOOPBACK = Network("127.0.0.0/8")


class Peers:
    """The allowed peers.

    Args:
        settings: names them.

    Attributes:
        networks: what they come to now.
    """

    def __init__(self, settings: SipSettings) -> None:
        self._settings = settings
        self._found: dict[str, list[Network]] = {}
        self.networks: list[Network] = []

    async def look_up(self) -> bool:
        """Look the names up again; return whether anything has changed.

        A name that cannot be looked up now keeps the addresses it had.
        """
        loop = asyncio.get_running_loop()
        hosts = self._settings.hosts()
        for host in hosts:
            try:
                found = await loop.getaddrinfo(host, None, family=socket.AF_INET)
            except OSError as error:
                logger.error("sip: %s cannot be looked up: %s", host, error.strerror)
                continue
            self._found[host] = [Network(str(each[4][0])) for each in found]
        named = [network for host in hosts for network in self._found.get(host, ())]
        networks = sorted({*self._settings.networks(), *named})
        if not networks and not hosts:
            networks = [_LOOPBACK]
        changed, self.networks = networks != self.networks, networks
        return changed

    def allows(self, host: str) -> bool:
        """Return whether an address, or a name among the settings, is a peer."""
        if host in self._settings.hosts():
            return True
        try:
            address = ipaddress.IPv4Address(host)
        except ValueError:
            return False
        return any(address in network for network in self.networks)
