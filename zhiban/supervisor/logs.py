"""One log file per child, rotated by size, with phone numbers masked."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from pathlib import Path

from zhiban.masking import mask_text

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LONGEST_LINE = 16_384


class ChildLog:
    """Writes what a child says to ``NAME.log`` and remembers its last lines.

    Args:
        path: the log file; older ones are ``NAME.log.1`` (newest) and so on.
        max_bytes: size at which a new file is begun.
        keep: how many older files are kept.
    """

    def __init__(self, path: Path, *, max_bytes: int = 5_000_000, keep: int = 3) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._last: deque[str] = deque(maxlen=20)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    @property
    def last_words(self) -> str:
        """The last line that says something, shortened for a one-line report."""
        for line in reversed(self._last):
            if line.strip() and not line.startswith((" ", "\t")):
                return line.strip()[:160]
        return self._last[-1].strip()[:160] if self._last else ""

    async def follow(self, reader: asyncio.StreamReader) -> None:
        """Write lines until the child closes its output."""
        rest = b""
        while chunk := await reader.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.write(line.decode(errors="replace"))
            if len(rest) > _LONGEST_LINE:
                self.write(rest.decode(errors="replace"))
                rest = b""
        if rest:
            self.write(rest.decode(errors="replace"))

    def write(self, line: str) -> None:
        """Write one line, masked and without colours; begin a new file where this one is full."""
        clean = mask_text(_ANSI.sub("", line.rstrip("\r")))
        self._last.append(clean)
        try:
            self._file.write(clean + "\n")
            self._file.flush()
            if self._file.tell() >= self._max_bytes:
                self._rotate()
        except OSError:
            # A full disk must not stop the children being read, or they would block on output.
            self._last.append("(日志写不进去，磁盘满了？ / log cannot be written, disk full?)")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._keep, 0, -1):
            older = self.path if number == 1 else self._numbered(number - 1)
            if older.exists():
                older.replace(self._numbered(number))
        self._file = self.path.open("a", encoding="utf-8")

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
