"""What may be set of the Asterisk links, and who is let in."""

from __future__ import annotations

import re
import socket
from dataclasses import fields

import pytest

from tests.support.house import free_ports
from voice_gateway.asterisk.server import AudioSocketServer
from voice_gateway.asterisk.settings import AsteriskSettings
from voice_gateway.sip.settings import SipSettings
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.settings import ROOT

_GOOD = {"ZHIBAN_ASTERISK_PASSWORD": "correct-horse-battery"}


def test_nothing_is_open_without_a_password() -> None:
    settings = AsteriskSettings.from_env({})
    assert (settings.password, settings.listen(), settings.manager()) == ("", None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSWORD", "short"),
        ("USER", "a:b"),
        ("PEERS", "10.0.0.300"),
        ("PEERS", "pbx.example"),
        ("AUDIOSOCKET", "9092"),
        ("AUDIOSOCKET", "127.0.0.1:0"),
        ("AUDIOSOCKET", "pbx:9092"),
        ("AMI", "http://a:b@c"),
        ("AMI", "ami://127.0.0.1:5038"),
        ("AMI", "ami://a:b@127.0.0.1:x"),
        ("MAX_CALLS", "0"),
        ("TRANSFER_CONTEXT", "a,1\nAction: x"),
    ],
)
def test_a_mistake_is_named(name: str, value: str) -> None:
    with pytest.raises(ZhibanError) as refused:
        AsteriskSettings.from_env({**_GOOD, f"ZHIBAN_ASTERISK_{name}": value})
    assert refused.value.code is ErrorCode.BAD_SETTING
    assert f"ZHIBAN_ASTERISK_{name}" in refused.value.message
    if name in ("PASSWORD", "AMI"):
        assert value not in refused.value.message


def test_audiosocket_needs_the_password_that_announcements_use() -> None:
    with pytest.raises(ZhibanError, match="ZHIBAN_ASTERISK_PASSWORD"):
        AsteriskSettings.from_env({"ZHIBAN_ASTERISK_AUDIOSOCKET": "127.0.0.1:9092"})


def test_addresses_are_read() -> None:
    settings = AsteriskSettings.from_env(
        {
            **_GOOD,
            "ZHIBAN_ASTERISK_AUDIOSOCKET": "[::1]:9092",
            "ZHIBAN_ASTERISK_AMI": "amis://zhiban:p%40ss@10.0.0.5",
            "ZHIBAN_ASTERISK_PEERS": "10.0.0.5, 192.168.7.0/24",
        }
    )
    assert settings.listen() == ("::1", 9092)
    manager = settings.manager()
    assert manager is not None
    assert (manager.host, manager.port, manager.tls) == ("10.0.0.5", 5038, True)
    assert (manager.user, manager.secret) == ("zhiban", "p@ss")
    allowed = {host: settings.allows(host) for host in ("10.0.0.5", "192.168.7.9", "192.168.8.9")}
    assert allowed == {"10.0.0.5": True, "192.168.7.9": True, "192.168.8.9": False}
    assert not settings.allows("127.0.0.1")
    assert not settings.allows(None)
    assert not settings.allows("unix")


@pytest.mark.parametrize("settings", [AsteriskSettings, SipSettings])
def test_every_setting_is_in_the_documentation(settings: type) -> None:
    told = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "telephony.md").read_text("utf-8")))
    assert {field.name.upper() for field in fields(settings)} <= told


async def test_a_taken_port_is_told_in_one_line() -> None:
    (port,) = free_ports(1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(ZhibanError, match="ZHIBAN_ASTERISK_AUDIOSOCKET") as refused:
            await AudioSocketServer(None).start("127.0.0.1", port)  # type: ignore[arg-type]
    assert refused.value.code is ErrorCode.BAD_SETTING
