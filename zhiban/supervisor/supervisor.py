"""Runs all services together: starts them in order, keeps them running, ends them together."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from zhiban.supervisor import instance, ports, spawn
from zhiban.supervisor.child import Child, Report
from zhiban.supervisor.service import RestartPolicy, Service


class Supervisor(AbstractAsyncContextManager["Supervisor"]):
    """Supervises services for as long as its ``async with`` block lasts.

    Entering checks the ports and starts everything; leaving stops everything.

    Args:
        services: in order of preference; `Service.after` decides what waits for what.
        data_dir: holds ``log/`` and ``run/status.json``.
        report: called with each report; must not block.
        policy: restart and probe intervals.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        data_dir: Path,
        report: Callable[[Report], None],
        policy: RestartPolicy | None = None,
    ) -> None:
        self._services = services
        self._data_dir = data_dir
        self._say = report
        self._policy = policy or RestartPolicy()
        self._guard = spawn.Guard()
        self._children: dict[str, Child] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds")

    async def __aenter__(self) -> Supervisor:
        """Start every service.

        Raises:
            SetupError: PORT_BUSY, before anything was started.
        """
        ports.check(self._services)
        (self._data_dir / "run").mkdir(parents=True, exist_ok=True)
        await self._guard.start()
        for service in _in_order(self._services):
            self._children[service.name] = Child(
                service,
                self._known(service.after),
                self._known(service.yields_to),
                self._guard,
                self._data_dir / "log",
                self._policy,
                self._on_report,
            )
        self._write_status()
        self._tasks = [asyncio.create_task(child.run()) for child in self._children.values()]
        for task in self._tasks:
            # A child's task ends before it is told to only by a fault of ours: end everything.
            task.add_done_callback(lambda _: self._stop.set())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every service and wait until all of them are gone."""
        for child in self._children.values():
            child.stop()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._guard.stop()
        for end in ends:
            if isinstance(end, Exception) and error is None:
                raise end

    def child(self, name: str) -> Child:
        """Return one supervised service."""
        return self._children[name]

    async def wait_ready(self, names: Iterable[str] | None = None) -> None:
        """Wait until these services (all by default) have become ready."""
        for name in self._children if names is None else names:
            await self._children[name].ready.wait()

    def request_stop(self) -> None:
        """Make `until_stopped` return."""
        self._stop.set()

    async def until_stopped(self) -> None:
        """Wait for SIGINT, SIGTERM, SIGHUP or `request_stop`."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self._stop.set)
        try:
            await self._stop.wait()
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _known(self, names: Iterable[str]) -> list[Child]:
        return [self._children[name] for name in names if name in self._children]

    def _on_report(self, report: Report) -> None:
        self._write_status()
        self._say(report)

    def _write_status(self) -> None:
        status = instance.Status(
            pid=os.getpid(),
            started_at=self._started_at,
            services=tuple(
                instance.ServiceStatus(
                    name=child.service.name,
                    title=child.service.title,
                    state=child.state,
                    pid=child.pid,
                    restarts=child.restarts,
                    ready_after_s=child.ready_after_s,
                    address=child.service.address,
                    log=str(child.log.path),
                )
                for child in self._children.values()
            ),
        )
        try:
            instance.write_status(self._data_dir, status)
        except OSError:
            return  # a full disk must not end the supervision; `zhiban status` shows the last one


def _in_order(services: Sequence[Service]) -> list[Service]:
    """Return the services so that each follows those it waits for.

    Raises:
        ValueError: two services wait for each other.
    """
    names = {service.name for service in services}
    left, done = list(services), list[Service]()
    while left:
        placed = {service.name for service in done}
        free = [s for s in left if placed.issuperset(names & {*s.after, *s.yields_to})]
        if not free:
            raise ValueError(f"services wait for each other: {[s.name for s in left]}")
        done += free
        left = [service for service in left if service not in free]
    return done
