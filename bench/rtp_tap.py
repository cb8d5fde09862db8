"""Listens to a telephone's packets on loopback: when did it last speak, when was it spoken to?

The kernel's own time stamps are taken, so neither this program nor the telephone can be late.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Self

import click
import numpy as np

_ETH_P_IP = 0x0800
_SO_TIMESTAMPNS = 35
_STAMP = struct.Struct("@qq")
_LARGEST = 2_048
_UDP = 17
_RTP_HEADER = 12
_PCMU, _PCMA = 0, 8
VOICED_PEAK = 400
"""Samples beyond this (of 32 767) count as voice, as for callers of the browser link."""


def _alaw_peak(code: int) -> int:
    """Return the size of a sample of A-law."""
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = (mantissa << 4) + 8
    return size if exponent == 0 else (size + 0x100) << (exponent - 1)


def _ulaw_peak(code: int) -> int:
    """Return the size of a sample of µ-law."""
    code = ~code & 0xFF
    return ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84


_PEAKS = {
    _PCMA: np.array([_alaw_peak(code) for code in range(256)]),
    _PCMU: np.array([_ulaw_peak(code) for code in range(256)]),
}


@dataclass
class RtpTap:
    """Watches the speech of the one telephone whose media is in a range of ports.

    Attributes:
        ports: of the telephone, not of the user agent.
        voiced_at: when the telephone last sent a voiced sample, in seconds of the wall clock.
        answered_at: when it got the first voiced sample after that.
    """

    ports: range
    voiced_at: float | None = None
    answered_at: float | None = None
    _socket: socket.socket | None = None

    def __enter__(self) -> Self:
        """Begin to listen.

        Raises:
            click.ClickException: this user may not.
        """
        try:
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
        except PermissionError:
            raise click.ClickException("packets are seen by root only (CAP_NET_RAW)") from None
        tap.bind(("lo", _ETH_P_IP))
        tap.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        tap.setblocking(False)
        asyncio.get_running_loop().add_reader(tap, self._read)
        self._socket = tap
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop listening."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    @property
    def latency_ms(self) -> float | None:
        """From the last voiced sample sent to the first received; None without both."""
        if self.voiced_at is None or self.answered_at is None:
            return None
        return (self.answered_at - self.voiced_at) * 1000

    def _read(self) -> None:
        assert self._socket is not None
        while True:
            try:
                packet, extra, _, source = self._socket.recvmsg(_LARGEST, 64)
            except BlockingIOError:
                return
            # Loopback shows each packet twice: as it goes out, and as it comes in.
            if source[2] == socket.PACKET_HOST and extra:
                seconds, nanoseconds = _STAMP.unpack(extra[0][2])
                self.take(packet, seconds + nanoseconds / 1e9)

    def take(self, packet: bytes, at: float) -> None:
        """Note an IPv4 packet if it is voiced speech of the telephone."""
        head = (packet[0] & 15) * 4
        speech = packet[head + 8 + _RTP_HEADER :]
        if packet[9] != _UDP or not speech or packet[head + 8] >> 6 != 2:
            return
        sent_from, sent_to = struct.unpack_from("!HH", packet, head)
        peaks = _PEAKS.get(packet[head + 9] & 0x7F)
        if peaks is None or int(peaks[np.frombuffer(speech, dtype=np.uint8)].max()) <= VOICED_PEAK:
            return
        if sent_from in self.ports:
            self.voiced_at, self.answered_at = at, None
        elif sent_to in self.ports and self.answered_at is None:
            self.answered_at = at
