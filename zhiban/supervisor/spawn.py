"""Starts children so that none outlives the supervisor, however it ends."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable

from zhiban.supervisor.service import Service

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _before_exec(supervisor: int) -> Callable[[], None]:
    def prepare() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != supervisor:  # it died before the call above took effect
                os._exit(1)

    return prepare


async def start(service: Service) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader]:
    """Start a service in a session of its own; return it and its output and errors as one stream.

    A session of its own keeps the terminal's Ctrl-C away from it: the supervisor alone decides
    the order of the end. The pipe is ours, not asyncio's, because asyncio would not call a
    process ended while a grandchild still holds its output open.

    Raises:
        OSError: the program cannot be run.
    """
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *service.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            cwd=service.folder,
            env={**os.environ, **service.env},
            start_new_session=True,
            preexec_fn=_before_exec(os.getpid()),
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    stream = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb", buffering=0)
    )
    return process, stream


def signal_group(group: int, number: int) -> None:
    """Signal a whole process group; nobody being left in it is as good."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass  # all of it has ended already: what was wanted


def end_group(group: int) -> None:
    """End what is left of a process group at once."""
    signal_group(group, signal.SIGKILL)


class Guard:
    """Keeps the guard process informed about which groups are alive."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the guard process."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "zhiban.supervisor.guard",
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    def add(self, group: int) -> None:
        """Have the group ended if this process dies."""
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """The group has ended."""
        self._tell(f"-{group}\n")

    async def stop(self) -> None:
        """End the guard; it ends whatever group is still listed."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        await self._process.wait()
        self._process = None

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(line.encode())
