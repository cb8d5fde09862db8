"""Settings, numbers, limits, media and logs, without a call."""

from __future__ import annotations

import ipaddress
import logging
from pathlib import Path

import numpy as np
import pytest
from baresip import AudioInfo, AudioNotActive, AudioRestarted, AudioStats

from voice_gateway.sip.limits import Limits, Refusal
from voice_gateway.sip.logs import AddressFilter
from voice_gateway.sip.media import SipMedia
from voice_gateway.sip.numbers import Numbers, numbers_of
from voice_gateway.sip.peers import Peers
from voice_gateway.sip.settings import SipSettings
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.settings import Settings
from zhiban.supervisor import services

_LISTEN = {"ZHIBAN_SIP_LISTEN": "127.0.0.1:5060"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "5060"),
        ("LISTEN", "pbx:5060"),
        ("TRANSPORT", "sctp"),
        ("TRANSPORT", "tls"),  # without a certificate
        ("ACCOUNT", "8000"),
        ("TRUNK", "a b"),
        ("PEERS", "10.0.0.0/33"),
        ("SRTP", "yes"),
        ("CODECS", "gsm"),
        ("RTP_PORTS", "10000"),
        ("CERTIFICATE", "/nowhere.pem"),
        ("JITTER_MS", "5"),
        ("MAX_CALLS", "0"),
        ("MAX_CALLS", "many"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """A fault stops the start with the variable's name."""
    with pytest.raises(ZhibanError) as caught:
        SipSettings.from_env({**_LISTEN, f"ZHIBAN_SIP_{name}": value})
    assert caught.value.code is ErrorCode.BAD_SETTING
    if (name, value) != ("TRANSPORT", "tls"):
        assert f"ZHIBAN_SIP_{name}" in caught.value.message


def test_settings_of_an_extension_and_of_a_trunk() -> None:
    """Whom we are, whom we dial through, who may call."""
    extension = SipSettings.from_env(
        {**_LISTEN, "ZHIBAN_SIP_ACCOUNT": "8000@10.0.0.5:5080", "ZHIBAN_SIP_PASSWORD": "x"}
    )
    assert (extension.user, extension.domain) == ("8000", "10.0.0.5:5080")
    assert (extension.carrier, extension.hosts()) == ("10.0.0.5:5080", ["10.0.0.5"])
    assert extension.registers
    trunk = SipSettings.from_env(
        {**_LISTEN, "ZHIBAN_SIP_TRUNK": "10.1.0.1", "ZHIBAN_SIP_PEERS": "10.2.0.0/30,10.3.0.1"}
    )
    assert not trunk.registers
    assert [str(n) for n in trunk.networks()] == ["10.2.0.0/30", "10.3.0.1/32"]


async def test_who_is_a_peer() -> None:
    """Networks, and hosts of other settings; this machine only where nobody is named."""
    named = Peers(SipSettings(listen="127.0.0.1:5060", trunk="127.0.0.7", peers="10.2.0.0/30"))
    assert await named.look_up()
    assert not await named.look_up()
    assert named.networks == [
        ipaddress.IPv4Network("10.2.0.0/30"),
        ipaddress.IPv4Network("127.0.0.7/32"),
    ]
    assert [named.allows(h) for h in ("10.2.0.3", "10.2.0.4", "127.0.0.7", "127.0.0.1")] == [
        True, False, True, False,
    ]  # fmt: skip
    alone = Peers(SipSettings(listen="127.0.0.1:5060"))
    await alone.look_up()
    assert alone.allows("127.0.0.1")
    assert not alone.allows("10.0.0.1")
    assert not alone.allows("evil.example")


@pytest.mark.parametrize(
    ("headers", "numbers"),
    [
        ({"From": '"Li" <sip:013812345678@10.0.0.5;user=phone>;tag=x'}, ("13812345678", "")),
        ({"From": "sip:8001@10.0.0.5"}, ("8001", "")),
        ({"From": "<sip:anonymous@anonymous.invalid>;tag=1"}, ("", "")),
        (
            {"From": "<sip:anonymous@x>", "P-Asserted-Identity": "<tel:+8613812345678>"},
            ("13812345678", ""),
        ),
        ({"From": "<sip:%2B8613812345678@x>", "To": "<sip:4001@y>"}, ("13812345678", "4001")),
        ({"From": "<sip:1@x>", "To": "<sip:bot@y>", "X-DID": "02161234567"}, ("", "02161234567")),
        ({"From": "<sip:'; DROP@x>"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_numbers_in_headers(headers: dict[str, str], numbers: tuple[str, str]) -> None:
    """The number a resident is known by, however the network writes it."""
    assert numbers_of(headers) == Numbers(*numbers)


def test_limits_count_and_fill_again() -> None:
    """A burst of twice the rate, then the rate; lines come back."""
    now = 0.0
    limits = Limits(calls=5, per_second=2, now=lambda: now)
    assert [limits.take() for _ in range(5)] == [None, None, None, None, Refusal.TOO_FAST]
    now = 1.0
    assert limits.take() is None
    assert limits.take() is Refusal.LINES_BUSY
    limits.release()
    assert limits.take() is None
    assert limits.held == 5


class _Audio:
    """The stack's audio with a small buffer."""

    def __init__(self, rate: int = 8_000, channels: int = 1) -> None:
        self.rate = rate
        self.channels = channels
        self.room = 1_000
        self.sent = bytearray()
        self.received = bytearray()
        self.restarted = False
        self.active = True
        self.ways = (True, True)
        self.flushed = 0
        self.flushing = False

    def info(self) -> AudioInfo:
        """Tell rates."""
        if not self.active:
            raise AudioNotActive("no")
        line = (self.rate, self.channels)
        speaks, hears = self.ways
        return AudioInfo(speaks, hears, *line, 20, *line, len(self.sent), 0, 32_768, 32_768)

    def stats(self) -> AudioStats:
        """Count."""
        buffered = 1 if self.flushing else 0
        return AudioStats(0, 0, 0, self.flushed, buffered or len(self.sent), 0, 0, 0, 0, 0)

    def read(self, max_bytes: int) -> bytes:
        """Give what was received."""
        self._check()
        found, self.received = bytes(self.received), bytearray()
        return found

    def write(self, pcm: bytes) -> int:
        """Take what there is room for."""
        self._check()
        taken = min(len(pcm), self.room)
        self.sent += pcm[:taken]
        self.room -= taken
        return taken

    def flush_tx(self) -> None:
        """Note the wish."""
        self.flushing = True

    def _check(self) -> None:
        if not self.active:
            raise AudioNotActive("no")
        if self.restarted:
            self.restarted = False
            raise AudioRestarted("renegotiated")


def test_what_finds_no_room_is_sent_later() -> None:
    """Nothing is lost between the gateway's pace and the stack's buffer."""
    audio = _Audio()
    media = SipMedia(audio)
    speech = bytes(range(250)) * 8
    media.write(speech[:1_200])
    media.write(speech[1_200:])
    assert bytes(audio.sent) == speech[:1_000]
    audio.room = 5_000
    media.push()
    assert bytes(audio.sent) == speech


def test_speech_before_the_media_waits() -> None:
    """The greeting begins before the telephone has been picked up."""
    audio = _Audio()
    audio.active = False
    media = SipMedia(audio)
    media.write(b"\1\2" * 100)
    assert media.read() == b""
    audio.active = True
    media.push()
    assert bytes(audio.sent) == b"\1\2" * 100


def test_a_flush_takes_nothing_of_the_next_sentence() -> None:
    """The stack flushes at its next packet; what is written meanwhile would go too."""
    audio = _Audio()
    media = SipMedia(audio)
    media.write(b"\1\1" * 100)
    media.clear()
    media.write(b"\2\2" * 100)
    assert bytes(audio.sent) == b"\1\1" * 100
    audio.flushing, audio.flushed = False, 200
    media.push()
    assert bytes(audio.sent[200:]) == b"\2\2" * 100


def test_a_renegotiated_codec_is_followed() -> None:
    """From 8 to 16 kHz in the middle of a call: the link stays at 8 kHz."""
    audio = _Audio()
    audio.room = 100_000
    media = SipMedia(audio)
    media.write(b"\1\0" * 160)
    audio.rate, audio.restarted = 16_000, True
    audio.received += bytes(640)
    assert media.read() == b""
    heard = b""
    for _ in range(10):
        audio.received += bytes(640)
        heard += media.read()
    assert 2_800 <= len(heard) <= 3_520
    before = len(audio.sent)
    for _ in range(10):
        media.write(bytes(320))
    assert 5_600 <= len(audio.sent) - before <= 6_400


@pytest.mark.parametrize("ways", [(True, False), (False, True)])
def test_a_line_of_one_way_is_used_that_way(ways: tuple[bool, bool]) -> None:
    """What can be heard is heard, what can be said is said; the other way may open later."""
    audio = _Audio()
    audio.ways = ways
    media = SipMedia(audio)
    audio.received += b"\1\2" * 100
    media.write(b"\3\4" * 100)
    assert (len(audio.sent), len(media.read())) == (200 * ways[0], 200 * ways[1])
    audio.ways = (True, True)
    media.push()
    assert bytes(audio.sent) == b"\3\4" * 100
    assert media.read() == b"\1\2" * 100 * ways[0]


def test_two_channels_are_one_voice() -> None:
    """Opus is 48 kHz and stereo whoever speaks, and what finds no room is sent later there too."""
    audio = _Audio(48_000, 2)
    media = SipMedia(audio)
    audio.received += np.repeat(
        np.array([1_000, 3_000], dtype="<i2")[None], 48_000, axis=0
    ).tobytes()
    heard = np.frombuffer(media.read(), dtype="<i2")
    assert 7_800 <= len(heard) <= 8_000
    assert np.median(heard) == 2_000
    speech = np.full(1_600, 500, dtype="<i2").tobytes()
    media.write(speech)
    assert len(audio.sent) == 1_000
    assert 0.15 < media.unsent_seconds <= 0.2
    audio.room = 100_000
    media.push()
    both = np.frombuffer(audio.sent, dtype="<i2").reshape(-1, 2)
    assert 9_400 <= len(both) <= 9_600
    assert (both[:, 0] == both[:, 1]).all()
    assert np.median(both) == 500


def test_no_number_in_a_log() -> None:
    """The stack writes addresses of whoever calls."""
    record = logging.LogRecord(
        "baresip", logging.INFO, "", 0, "call from %s", ("sip:02161234567@10.0.0.5",), None
    )
    assert AddressFilter().filter(record)
    assert record.getMessage() == "call from sip:021****4567@10.0.0.5"


def test_the_supervisor_starts_it_where_it_is_configured() -> None:
    """Without an address to listen on there is no telephone."""
    without = services.build(Settings(), Path("unused"))
    assert "sip" not in [service.name for service in without]
    listening = services.build(Settings(sip_listen="127.0.0.1:5060"), Path("unused"))
    (sip,) = [service for service in listening if service.name == "sip"]
    assert sip.after == ("redis", "gateway")
    assert sip.env["ZHIBAN_SIP_LISTEN"] == "127.0.0.1:5060"
