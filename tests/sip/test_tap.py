"""The bench's ear on the wire, with packets made by hand."""

from __future__ import annotations

import struct

import pytest

from bench.rtp_tap import RtpTap

_PHONE, _AGENT = 20_000, 12_000
_LOUD, _SILENT = bytes([0x2A]) * 160, bytes([0xD5]) * 160  # of A-law


def _packet(source: int, target: int, speech: bytes, *, kind: int = 8, protocol: int = 17) -> bytes:
    """Return an IPv4 packet that carries RTP."""
    head = bytes([0x45]) + bytes(8) + bytes([protocol]) + bytes(10)
    udp = struct.pack("!HHHH", source, target, 20 + len(speech), 0)
    return head + udp + bytes([0x80, kind]) + bytes(10) + speech


def test_from_the_last_voiced_sample_sent_to_the_first_received() -> None:
    """What is heard before the caller has finished, and silence, do not count."""
    tap = RtpTap(range(20_000, 25_000))
    tap.take(_packet(_PHONE, _AGENT, _LOUD), 1.0)
    tap.take(_packet(_AGENT, _PHONE, _LOUD), 1.5)
    tap.take(_packet(_PHONE, _AGENT, _LOUD), 2.0)
    assert tap.latency_ms is None
    tap.take(_packet(_PHONE, _AGENT, _SILENT), 2.02)
    tap.take(_packet(_AGENT, _PHONE, _SILENT), 2.1)
    tap.take(_packet(_AGENT, _PHONE, _LOUD), 2.75)
    tap.take(_packet(_AGENT, _PHONE, _LOUD), 2.77)
    assert tap.latency_ms == pytest.approx(750)


@pytest.mark.parametrize(
    "packet",
    [
        _packet(_AGENT, _AGENT + 2, _LOUD),
        _packet(_AGENT, _PHONE, _LOUD, kind=101),
        _packet(_AGENT, _PHONE, _LOUD, protocol=6),
        _packet(_AGENT, _PHONE, b""),
    ],
)
def test_other_packets_are_nobodys_voice(packet: bytes) -> None:
    """Other calls, keys, other protocols."""
    tap = RtpTap(range(20_000, 25_000), voiced_at=1.0)
    tap.take(packet, 2.0)
    assert tap.answered_at is None
