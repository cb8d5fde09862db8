"""What the links to an Asterisk need to know: ``ZHIBAN_ASTERISK_…``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from zhiban.errors import ErrorCode, ZhibanError
from zhiban.settings import read_fields

_SHORTEST_PASSWORD = 12
_CONTEXT = re.compile(r"[\w-]{1,79}")
_AMI_PORT = 5038


@dataclass(frozen=True)
class AmiAddress:
    """Where Asterisk's manager interface answers, and as whom."""

    host: str
    port: int
    tls: bool
    user: str
    secret: str


@dataclass(frozen=True)
class AsteriskSettings:
    """Every field is read from ``ZHIBAN_ASTERISK_<FIELD IN CAPITALS>``.

    Attributes:
        user: name in the Basic authentication of the WebSocket and of the dialplan's requests.
        password: of it, 12 characters or more; empty closes the Asterisk links.
        peers: addresses and networks an Asterisk may come from, with commas between them.
        max_calls: calls of Asterisk at once; one more is refused, and the dialplan goes on.
        audiosocket: address and port to listen on for AudioSocket, 192.168.1.10:9092; none if
            empty.
        ami: manager interface, for transfers: ami[s]://user:secret@host:port; none if empty.
        transfer_context: the dialplan's context in which the extensions of transfers are.
    """

    user: str = "zhiban"
    password: str = ""
    peers: str = "127.0.0.0/8,::1"
    max_calls: int = 10
    audiosocket: str = ""
    ami: str = ""
    transfer_context: str = "zhiban-handoff"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> AsteriskSettings:
        """Read the environment.

        Raises:
            ZhibanError: BAD_SETTING, naming the variable and what is expected.
        """
        settings = cls(**read_fields(cls, "ZHIBAN_ASTERISK_", env))
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ZhibanError: BAD_SETTING.
        """
        long_enough = not self.password or len(self.password) >= _SHORTEST_PASSWORD
        _want(long_enough, "PASSWORD", f"{_SHORTEST_PASSWORD} characters or more")
        _want(bool(self.user) and ":" not in self.user, "USER", "a name without a colon")
        _want(self.max_calls > 0, "MAX_CALLS", "1 or more")
        _want(bool(_CONTEXT.fullmatch(self.transfer_context)), "TRANSFER_CONTEXT", "a context")
        _want(not self.audiosocket or bool(self.password), "PASSWORD", "given with AUDIOSOCKET")
        try:
            self.networks()
        except ValueError:
            raise _bad("PEERS", "addresses or networks: 10.0.0.5,192.168.1.0/24") from None
        try:
            self.listen()
        except ValueError:
            raise _bad("AUDIOSOCKET", "address:port, 192.168.1.10:9092") from None
        try:
            self.manager()
        except ValueError:
            raise _bad("AMI", "ami[s]://user:secret@host:port") from None

    def networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """Return where an Asterisk may come from.

        Raises:
            ValueError: an entry is no address.
        """
        given = [peer.strip() for peer in self.peers.split(",") if peer.strip()]
        return [ipaddress.ip_network(peer, strict=False) for peer in given]

    def allows(self, host: str | None) -> bool:
        """Return whether an Asterisk may come from an address."""
        try:
            address = ipaddress.ip_address(host or "")
        except ValueError:
            return False
        return any(address in network for network in self.networks())

    def listen(self) -> tuple[str, int] | None:
        """Return address and port for AudioSocket; None where it is not offered.

        Raises:
            ValueError: it is no address with a port.
        """
        if not self.audiosocket:
            return None
        host, _, port = self.audiosocket.rpartition(":")
        address = ipaddress.ip_address(host.strip("[]"))
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(port)
        return str(address), int(port)

    def manager(self) -> AmiAddress | None:
        """Return where the manager interface is; None where there is none.

        Raises:
            ValueError: it is no such address.
        """
        if not self.ami:
            return None
        parts = urlsplit(self.ami)
        if parts.scheme not in ("ami", "amis") or not parts.hostname or not parts.username:
            raise ValueError(parts.scheme)
        return AmiAddress(
            parts.hostname,
            parts.port or _AMI_PORT,
            parts.scheme == "amis",
            unquote(parts.username),
            unquote(parts.password or ""),
        )


def _bad(name: str, expected: str) -> ZhibanError:
    return ZhibanError(
        f"ZHIBAN_ASTERISK_{name}: 应为 {expected} / must be {expected}", code=ErrorCode.BAD_SETTING
    )


def _want(right: bool, name: str, expected: str) -> None:
    if not right:
        raise _bad(name, expected)
