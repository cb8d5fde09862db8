"""Who decodes next: finals before interim decodes, one model for every call."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

Job = Callable[[], Callable[[], T]]
"""Called on the event loop when its turn comes; returns the blocking work, so that it sees the
newest audio."""


class Priority(IntEnum):
    """Smaller goes first."""

    FINAL = 0
    PARTIAL = 1


class DecodeQueue:
    """Runs blocking decodes on worker threads, finals first, in order of arrival otherwise.

    A decode that has begun is not interrupted, so a final waits for at most one other decode
    per worker.

    Args:
        workers: decodes at a time; one per model replica.
    """

    def __init__(self, workers: int = 1) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._free = workers
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, Job[Any], asyncio.Future[Any]]] = []

    def finals_waiting(self) -> bool:
        """Whether a final is waiting for its turn."""
        return any(p == Priority.FINAL and not f.done() for p, _, _, f in self._waiting)

    async def run(self, job: Job[T], priority: Priority) -> T:
        """Run a job when its turn comes and return its result.

        Cancelling the caller before its turn takes the job out of the queue.

        Raises:
            Exception: whatever the work raised.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), job, future))
        self._start()
        return await future

    def close(self) -> None:
        """Drop what waits and stop the workers."""
        for *_, future in self._waiting:
            future.cancel()
        self._waiting.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        while self._free and self._waiting:
            _, _, job, future = heapq.heappop(self._waiting)
            if future.done():
                continue  # its caller was cancelled
            try:
                work = job()
            except Exception as error:
                future.set_exception(error)
                continue
            self._free -= 1
            running = asyncio.get_running_loop().run_in_executor(self._pool, work)
            running.add_done_callback(partial(self._finish, future))

    def _finish(self, future: asyncio.Future[T], done: asyncio.Future[T]) -> None:
        self._free += 1
        error = None if done.cancelled() else done.exception()
        if not future.done():
            if done.cancelled():
                future.cancel()
            elif error is not None:
                future.set_exception(error)
            else:
                future.set_result(done.result())
        self._start()
