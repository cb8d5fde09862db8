"""Progress of long steps, several at a time, on a terminal or in a log.

On a terminal one live line names every running step with its seconds; in a log each step has a
line when it starts, one every 20 s while it lasts and one when it ends.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_LOG_EVERY_S = 20.0
_LIVE_EVERY_S = 0.2
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Step:
    """One long step; `note` says where it stands."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.note = ""
        self.started = time.monotonic()
        self.reported = self.started

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.started


class Progress:
    """Prints the progress of steps; safe to use from several threads.

    Args:
        stream: where to print; its being a terminal decides the manner.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._live = self._stream.isatty()
        self._lock = threading.Lock()
        self._running: list[Step] = []
        self._done: list[tuple[str, float]] = []
        self._ticker: threading.Thread | None = None
        self._wake = threading.Event()

    @property
    def figures(self) -> list[tuple[str, float]]:
        """Title and seconds of each finished step, in the order they ended."""
        with self._lock:
            return list(self._done)

    def say(self, line: str) -> None:
        """Print a line of its own."""
        with self._lock:
            self._print(line)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while the block runs; a failing block is marked ✗ and raises on."""
        step = Step(title)
        with self._lock:
            self._running.append(step)
            if not self._live:
                self._print(f"… {title}")
            if self._ticker is None:
                self._ticker = threading.Thread(target=self._tick, daemon=True)
                self._ticker.start()
        try:
            yield step
        except BaseException:
            self._end(step, "✗")
            raise
        self._end(step, "✓")

    def _end(self, step: Step, mark: str) -> None:
        with self._lock:
            self._running.remove(step)
            note = f" ({step.note})" if step.note and mark == "✓" else ""
            self._print(f"{mark} {step.title}{note}  {step.seconds:.1f} s")
            if mark == "✓":
                self._done.append((step.title, step.seconds))
            if not self._running:
                self._ticker = None
                self._wake.set()
                self._wake = threading.Event()

    def _tick(self) -> None:
        wake = self._wake
        turn = 0
        while not wake.wait(_LIVE_EVERY_S):
            turn += 1
            with self._lock:
                if self._live and self._running:
                    self._stream.write("\r\x1b[2K" + self._live_line(turn))
                    self._stream.flush()
                elif not self._live:
                    for step in self._running:
                        if time.monotonic() - step.reported >= _LOG_EVERY_S:
                            step.reported = time.monotonic()
                            self._print(f"… {step.title} {step.note} {step.seconds:.0f} s")

    def _live_line(self, turn: int) -> str:
        parts = [f"{s.title} {s.note} {s.seconds:.0f}s".replace("  ", " ") for s in self._running]
        return f"{_SPINNER[turn % len(_SPINNER)]} " + " · ".join(parts)

    def _print(self, line: str) -> None:
        if self._live:
            self._stream.write("\r\x1b[2K")
        self._stream.write(line + "\n")
        self._stream.flush()
