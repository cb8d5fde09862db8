"""How long something takes, in processor time: other programs on the machine do not count."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def cpu_ms(work: Callable[[str], T], text: str) -> tuple[T, float]:
    """Return what the work returns, and the milliseconds this thread spent on it."""
    began = time.thread_time_ns()
    result = work(text)
    return result, (time.thread_time_ns() - began) / 1e6
