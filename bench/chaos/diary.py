"""What callers and agents experienced, written by themselves: the oracle's own witness.

The diary knows nothing of the product but what came over the caller's line.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Entry(StrEnum):
    """What a caller notes."""

    DIALLED = "dialled"
    REFUSED = "refused"
    STARTED = "started"
    SAID = "said"
    HEARD = "heard"
    SOUND = "sound"
    EVENT = "event"
    HUNG_UP = "hung_up"
    DROPPED = "dropped"
    ENDED = "ended"
    LOST = "lost"


@dataclass(frozen=True)
class Line:
    """One line of the diary.

    Attributes:
        at: epoch seconds.
        person: number of the simulated caller, from 1.
        call_id: the call, ``""`` before the gateway has given it one.
        data: text, danger, name of an event…
    """

    at: float
    person: int
    call_id: str
    what: Entry
    data: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return one line of JSON."""
        body = {"at": round(self.at, 3), "person": self.person, "call": self.call_id}
        return json.dumps({**body, "what": self.what.value, **self.data}, ensure_ascii=False)


class Diary:
    """Keeps lines in memory and, as they come, in a file.

    Args:
        path: JSON lines.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self.lines: list[Line] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()

    def note(self, person: int, call_id: str, what: Entry, **data: Any) -> Line:
        """Write down what has just happened."""
        line = Line(time.time(), person, call_id, what, data)
        self.lines.append(line)
        self._file.write(line.to_json() + "\n")
        self._file.flush()
        return line


def by_call(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Return the lines of each call that got an id, in order."""
    calls: dict[str, list[Line]] = {}
    for line in lines:
        if line.call_id:
            calls.setdefault(line.call_id, []).append(line)
    return calls
