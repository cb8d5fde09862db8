"""The frames of AudioSocket: type (1 byte), length (2 bytes, big endian), payload."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from enum import IntEnum

_HEADER = struct.Struct(">BH")
UUID_BYTES = 16


class Kind(IntEnum):
    """Types of frames that are spoken here; other sample rates have others."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO_8K = 0x10
    AUDIO_16K = 0x12
    ERROR = 0xFF


RATES = {Kind.AUDIO_8K: 8000, Kind.AUDIO_16K: 16000}
KINDS = {rate: kind for kind, rate in RATES.items()}


@dataclass(frozen=True)
class Frame:
    """A frame as it came; `kind` may be a number that :class:`Kind` does not know."""

    kind: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """Return it as it goes over the wire.

        In one piece: Asterisk waits only 5 ms for a payload behind its header.
        """
        return _HEADER.pack(self.kind, len(self.payload)) + self.payload


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """Return the next frame.

    Raises:
        asyncio.IncompleteReadError: the connection ended.
        OSError: it was torn.
    """
    kind, length = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    return Frame(kind, await reader.readexactly(length))
