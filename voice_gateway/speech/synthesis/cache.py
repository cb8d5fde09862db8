"""Sentences already spoken: content-addressed WAV files, the fixed ones never dropped."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
import wave
from collections.abc import Iterable
from pathlib import Path

RATES = (8000, 16000, 24000)
"""Hz; what links ask for."""


class SentenceCache:
    """Speech by voice, rate and text.

    Fixed sentences are *pinned*: kept for ever, and held in memory once used. The others are
    dropped, least recently used first, when they outgrow the bound.

    Args:
        folder: made when absent; ``<data_dir>/speech-cache``.
        limit_bytes: bound for what is not pinned.
    """

    def __init__(self, folder: Path, limit_bytes: int = 256 * 1024 * 1024) -> None:
        self._pinned = folder / "pinned"
        self._recent = folder / "recent"
        self._limit = limit_bytes
        self._size: int | None = None
        self._hot: dict[str, bytes] = {}

    def get(self, voice: str, rate: float, sample_rate: int, text: str) -> bytes | None:
        """Return the speech as s16le, or None when it is not there whole."""
        key = _key(voice, rate, sample_rate, text)
        if key in self._hot:
            return self._hot[key]
        pcm = _read(self._pinned / f"{key}.wav", sample_rate)
        if pcm is not None:
            self._hot[key] = pcm
            return pcm
        path = self._recent / f"{key}.wav"
        pcm = _read(path, sample_rate)
        if pcm is not None:
            try:
                os.utime(path)  # its place in the order of use
            except FileNotFoundError:
                pass  # dropped by another process just now; we have the sound
        return pcm

    def put(
        self,
        voice: str,
        rate: float,
        sample_rate: int,
        text: str,
        pcm: bytes,
        *,
        pinned: bool = False,
    ) -> None:
        """Keep a sentence; afterwards it is there whole or not at all.

        Args:
            voice: its name.
            rate: characters a minute.
            sample_rate: Hz.
            text: what was said.
            pcm: mono s16le.
            pinned: whether it is a fixed sentence.

        Raises:
            OSError: the disk is full or may not be written.
        """
        key = _key(voice, rate, sample_rate, text)
        folder = self._pinned if pinned else self._recent
        size = _write(folder / f"{key}.wav", sample_rate, pcm)
        if pinned:
            self._hot[key] = pcm
            return
        if self._size is not None:
            self._size += size
        if self._size is None or self._size > self._limit:
            self._shrink()

    def has_pinned(self, voice: str, rate: float, text: str) -> bool:
        """Whether a fixed sentence is there, whole, at every rate links ask for."""
        return all(self._holds(voice, rate, hertz, text) for hertz in RATES)

    def warm(self, voices: Iterable[str], rate: float, texts: Iterable[str]) -> int:
        """Read fixed sentences into memory; return how many bytes are held now."""
        names = tuple(voices)
        for text in texts:
            for name in names:
                for hertz in RATES:
                    self._holds(name, rate, hertz, text)
        return sum(map(len, self._hot.values()))

    def _holds(self, voice: str, rate: float, sample_rate: int, text: str) -> bool:
        key = _key(voice, rate, sample_rate, text)
        if key not in self._hot:
            pcm = _read(self._pinned / f"{key}.wav", sample_rate)
            if pcm is None:
                return False
            self._hot[key] = pcm
        return True

    def _shrink(self) -> None:
        """Drop the least recently used until a tenth of the bound is free."""
        entries = []
        for path in self._recent.glob("*.wav"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            entries.append((status.st_mtime, status.st_size, path))
        self._size = sum(size for _, size, _ in entries)
        if self._size <= self._limit:
            return
        for _, size, path in sorted(entries):
            path.unlink(missing_ok=True)
            self._size -= size
            if self._size <= self._limit * 0.9:
                break
        for stray in self._recent.glob("*.new"):  # left by a process that died while writing
            if stray.stat().st_mtime < time.time() - 3600:
                stray.unlink(missing_ok=True)


def _key(voice: str, rate: float, sample_rate: int, text: str) -> str:
    return hashlib.sha256(f"{voice}|{rate:g}|{sample_rate}|{text}".encode()).hexdigest()


def _read(path: Path, sample_rate: int) -> bytes | None:
    """Return a file's samples; a damaged file counts as missing."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (
                sample_rate,
                1,
                2,
            ):
                return None
            count = file.getnframes()
            pcm = file.readframes(count)
    except (wave.Error, EOFError):
        return None
    return pcm if pcm and len(pcm) == 2 * count else None


def _write(path: Path, sample_rate: int, pcm: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(pcm)
    data = sound.getvalue()
    handle, name = tempfile.mkstemp(suffix=".new", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return len(data)
