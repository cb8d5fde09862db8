"""Records a call as stereo WAV: the caller left, what the caller heard right."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

_WRITE_SECONDS = 2.0


class CallRecorder:
    """Writes while the call runs; a crash loses at most two seconds.

    The caller's steady stream is the clock: each chunk of it is paired with as much of the
    other side as has been sent, or silence.

    Args:
        path: the file, in a folder readable by its owner only.
        sample_rate: Hz.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = wave.open(str(path), "wb")  # noqa: SIM115 - closed in close()
        self._file.setnchannels(2)
        self._file.setsampwidth(2)
        self._file.setframerate(sample_rate)
        self._threshold = int(_WRITE_SECONDS * sample_rate) * 2
        self._caller = bytearray()
        self._other = bytearray()
        self._writing: asyncio.Task[None] | None = None

    def heard(self, pcm: bytes) -> None:
        """Add speech of the caller."""
        self._caller.extend(pcm)
        self._other.extend(bytes(max(0, len(self._caller) - len(self._other))))
        if len(self._caller) >= self._threshold and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write())

    def said(self, pcm: bytes) -> None:
        """Add speech that was sent to the caller."""
        self._other.extend(pcm)

    async def close(self) -> None:
        """Write the rest and finish the file."""
        if self._writing is not None:
            await self._writing
        self._caller.extend(bytes(max(0, len(self._other) - len(self._caller))))
        await self._write()
        await asyncio.to_thread(self._file.close)

    async def _write(self) -> None:
        size = len(self._caller)
        left = bytes(self._caller)
        right = bytes(self._other[:size]).ljust(size, b"\0")
        del self._caller[:size]
        del self._other[:size]
        await asyncio.to_thread(self._file.writeframes, _interleave(left, right))


def _interleave(left: bytes, right: bytes) -> bytes:
    """Return stereo s16le from two mono channels of equal length."""
    stereo = bytearray(len(left) * 2)
    stereo[0::4], stereo[1::4] = left[0::2], left[1::2]
    stereo[2::4], stereo[3::4] = right[0::2], right[1::2]
    return bytes(stereo)
