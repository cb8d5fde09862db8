"""What the SIP user agent needs to know: ``ZHIBAN_SIP_…``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zhiban.errors import ErrorCode, ZhibanError
from zhiban.settings import read_fields

_TRANSPORTS = ("udp", "tcp", "tls")
_SRTP = {"off": (), "on": ("mediaenc=srtp",), "must": ("mediaenc=srtp-mand",)}
_CODECS = {"pcma": "pcma", "pcmu": "pcmu", "g722": "g722/16000/1", "opus": "opus/48000/2"}
_ACCOUNT = re.compile(r"[^@\s:;<>\"?]+@[^@\s;<>\"?]+")
_HOST = re.compile(r"[\w.-]+(:\d+)?")
_LONGEST_JITTER_MS = 400
_PORTS = re.compile(r"\d{4,5}-\d{4,5}")


@dataclass(frozen=True)
class SipSettings:
    """One user agent; every field is read from ``ZHIBAN_SIP_<FIELD IN CAPITALS>``.

    Attributes:
        listen: IPv4 address and port; 0.0.0.0 takes every interface.
        transport: udp, tcp or tls.
        account: user@domain[:port] to register as; none for a trunk that knows us by address.
        password: of the account.
        auth_user: digest user name, where it is another than the account's.
        register: register the account.
        proxy: host[:port] to send the account's messages to, where that is not its domain.
        trunk: host[:port] that carries numbers we dial; the account's domain by default.
        peers: IPv4 addresses and networks that may call, with commas between them; registrar,
            proxy and trunk always may, this machine itself only where nobody is named.
        srtp: off, on (where the other side can) or must.
        certificate: PEM file with certificate and key, for TLS.
        ca: PEM file of authorities that the other side's certificate is checked against.
        codecs: pcma, pcmu, g722, opus; the first common one is taken.
        max_calls: calls at once, both directions.
        calls_per_second: new calls a second, as many again in one burst.
        rtp_ports: UDP ports of the media, lowest-highest.
        jitter_ms: how long received speech waits for packets that come late; what comes later still
            is lost. A machine that stands still for longer costs words, too much costs patience.
        media_timeout: seconds without a packet from the other side after which it is held to be
            gone; telephones that send nothing in silence need more.
        keep_seconds: how long a caller is kept on the line while the gateway is away; 0 hangs
            up at once, for a PBX that goes on to a person then.
        gateway: base URL of the gateway; the one on this machine by default.
    """

    listen: str = ""
    transport: str = "udp"
    account: str = ""
    password: str = ""
    auth_user: str = ""
    register: bool = True
    proxy: str = ""
    trunk: str = ""
    peers: str = ""
    srtp: str = "off"
    certificate: str = ""
    ca: str = ""
    codecs: str = "pcma,pcmu"
    max_calls: int = 10
    calls_per_second: int = 5
    rtp_ports: str = "10000-20000"
    jitter_ms: int = 60
    media_timeout: int = 3
    keep_seconds: int = 15
    gateway: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> SipSettings:
        """Read the environment.

        Raises:
            ZhibanError: BAD_SETTING, naming the variable and what is expected.
        """
        settings = cls(**read_fields(cls, "ZHIBAN_SIP_", env))
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ZhibanError: BAD_SETTING.
        """
        _want(self.address is not None, "LISTEN", "IPv4:port, 192.168.1.10:5060")
        _want(self.transport in _TRANSPORTS, "TRANSPORT", "udp, tcp or tls")
        _want(not self.account or _ACCOUNT.fullmatch(self.account), "ACCOUNT", "user@domain[:port]")
        for name, value in (("PROXY", self.proxy), ("TRUNK", self.trunk)):
            _want(not value or _HOST.fullmatch(value), name, "host[:port]")
        _want(self.srtp in _SRTP, "SRTP", "off, on or must")
        _want(bool(self.audio_codecs), "CODECS", "pcma, pcmu, g722, opus")
        _want(bool(_PORTS.fullmatch(self.rtp_ports)), "RTP_PORTS", "10000-20000")
        for name, value in (("CERTIFICATE", self.certificate), ("CA", self.ca)):
            _want(not value or Path(value).is_file(), name, "a PEM file")
        _want(self.transport != "tls" or self.certificate, "CERTIFICATE", "a PEM file for TLS")
        _want(self.max_calls > 0, "MAX_CALLS", "1-65535")
        _want(self.calls_per_second > 0, "CALLS_PER_SECOND", "1-65535")
        _want(20 <= self.jitter_ms <= _LONGEST_JITTER_MS, "JITTER_MS", f"20-{_LONGEST_JITTER_MS}")
        _want(self.media_timeout > 0, "MEDIA_TIMEOUT", "1-65535")
        try:
            self.networks()
        except ValueError:
            raise _bad("PEERS", "IPv4 addresses or networks: 10.0.0.5,192.168.1.0/24") from None

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; None where that is no IPv4 address with a port."""
        host, _, port = self.listen.rpartition(":")
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return None
        return (host, int(port)) if port.isdigit() and 0 < int(port) < 65536 else None

    @property
    def user(self) -> str:
        """User part of our own address."""
        return self.account.partition("@")[0] or "zhiban"

    @property
    def domain(self) -> str:
        """Host part of our own address, with a port where one was given."""
        return self.account.partition("@")[2] or self.listen.rpartition(":")[0]

    @property
    def carrier(self) -> str:
        """Host[:port] that carries numbers; ``""`` where only addresses can be dialled."""
        return self.trunk or self.account.partition("@")[2]

    @property
    def registers(self) -> bool:
        """Whether there is an account to register."""
        return bool(self.account) and self.register

    @property
    def audio_codecs(self) -> tuple[str, ...]:
        """The codecs as the stack names them; empty where one is unknown."""
        names = [name.strip().lower() for name in self.codecs.split(",") if name.strip()]
        return tuple(_CODECS[name] for name in names) if set(names) <= set(_CODECS) else ()

    @property
    def account_params(self) -> tuple[str, ...]:
        """Parameters of the account that the stack has no typed name for."""
        # A re-INVITE that adds video breaks strict peers; numbers other than ours come by a trunk.
        return ("video_codecs=none", "catchall=yes", *_SRTP[self.srtp])

    def networks(self) -> list[ipaddress.IPv4Network]:
        """Return the peers that are given by address.

        Raises:
            ValueError: one of them is none.
        """
        given = [peer.strip() for peer in self.peers.split(",") if peer.strip()]
        return [ipaddress.IPv4Network(peer, strict=False) for peer in given]

    def hosts(self) -> list[str]:
        """Return the peers that are given by name or as part of another setting, without ports."""
        named = (self.account.partition("@")[2], self.proxy, self.trunk)
        return [host.partition(":")[0] for host in named if host]


def _want(right: object, name: str, expected: str) -> None:
    if not right:
        raise _bad(name, expected)


def _bad(name: str, expected: str) -> ZhibanError:
    return ZhibanError(
        f"ZHIBAN_SIP_{name}: 应为 {expected} / must be {expected}", code=ErrorCode.BAD_SETTING
    )
