"""One supervised process through its life: start, ready, watched, crashed, started again."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from zhiban.supervisor import spawn
from zhiban.supervisor.logs import ChildLog
from zhiban.supervisor.service import RestartPolicy, Service, State


class Change(StrEnum):
    """What a report is about."""

    STARTED = "started"
    READY = "ready"
    CRASHED = "crashed"
    CRASH_LOOP = "crash_loop"
    HUNG = "hung"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Report:
    """One thing worth a line on the terminal."""

    service: Service
    change: Change
    text: str


class Child:
    """Keeps one service running until it is told to stop.

    Args:
        service: what to run.
        before: children that must be ready before the first start.
        first: children given the processor before this one.
        guard: told about every process group that is alive.
        log_dir: folder of the log files.
        policy: restart and probe intervals.
        report: called with each report; must not block.
    """

    def __init__(
        self,
        service: Service,
        before: Sequence[Child],
        first: Sequence[Child],
        guard: spawn.Guard,
        log_dir: Path,
        policy: RestartPolicy,
        report: Callable[[Report], None],
    ) -> None:
        self.service = service
        self.state = State.WAITING
        self.pid: int | None = None
        self.restarts = 0
        self.ready_after_s: float | None = None
        self.ready = asyncio.Event()
        self.log = ChildLog(log_dir / f"{service.name}.log")
        self._before = before
        self._first = first
        self._guard = guard
        self._policy = policy
        self._report = report
        self._stop = asyncio.Event()
        self._crashes = 0

    async def run(self) -> None:
        """Run the service, again and again, until `stop`; returns when the process is gone."""
        try:
            await self._unless_stopped(self._wait_for_others())
            while not self._stop.is_set():
                begun = time.monotonic()
                reason = await self._one_life()
                if reason is None:
                    break
                if time.monotonic() - begun >= self._policy.steady_s:
                    self._crashes = 0
                self._crashes += 1
                self.restarts += 1
                await self._back_off(reason)
        finally:
            self.state = State.STOPPED
            self._tell(Change.STOPPED, "已停止 / stopped")
            self.log.close()

    def stop(self) -> None:
        """Ask the service to end; `run` returns once it has."""
        self._stop.set()

    async def _wait_for_others(self) -> None:
        for child in self._before:
            await child.ready.wait()
        try:
            async with asyncio.timeout(self.service.yields_for_s):
                for child in self._first:
                    await child.ready.wait()
        except TimeoutError:
            return  # long enough: a service that stays away must not keep this one away

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for the work or for `stop`, whichever is first."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            stop.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    async def _one_life(self) -> str | None:
        """Start the process and wait for its end; return why it crashed, None if stopped."""
        self.state = State.STARTING
        self._tell(Change.STARTED, "启动中 / starting")
        begun = time.monotonic()
        try:
            process, output = await spawn.start(self.service)
        except OSError as error:
            missing = self.service.argv[0] if self.service.folder.is_dir() else self.service.folder
            return f"无法运行 / cannot be run: {error.strerror}: {missing}"
        self.pid = process.pid
        self._guard.add(process.pid)
        reading = asyncio.create_task(self.log.follow(output))
        watching = asyncio.create_task(self._watch(begun))
        ending = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({watching, ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if self._stop.is_set():
                self.state = State.STOPPING
                await self._end(process)
                return None
            if ending.done():
                spawn.end_group(process.pid)  # grandchildren hold the output open
                await asyncio.wait({reading}, timeout=1.0)
                return _how_it_ended(process.returncode, self.log.last_words)
            reason = watching.result()
            await self._end(process)
            return reason
        finally:
            self.ready.clear()
            for task in (watching, stopping, ending):
                task.cancel()
            if process.returncode is None:
                spawn.end_group(process.pid)
                await process.wait()
            spawn.end_group(process.pid)
            self._guard.remove(process.pid)
            await asyncio.wait({reading}, timeout=1.0)
            reading.cancel()
            await asyncio.gather(watching, stopping, ending, reading, return_exceptions=True)
            self.pid = None

    async def _watch(self, begun: float) -> str:
        """Wait until ready, then go on asking; return what is wrong when the answers cease."""
        service = self.service
        while not await service.probe():
            if time.monotonic() - begun > service.ready_within_s:
                return f"{service.ready_within_s:.0f} 秒内未就绪 / not ready in time"
            await asyncio.sleep(self._policy.probe_every_s)
        self.ready_after_s = time.monotonic() - begun
        self.state = State.READY
        self.ready.set()
        self._tell(Change.READY, f"就绪 / ready  {self.ready_after_s:.1f} s  {service.address}")
        answered = time.monotonic()
        while True:
            await asyncio.sleep(self._policy.watch_every_s)
            if await service.probe():
                answered = time.monotonic()
                self.state = State.READY
                continue
            self.state = State.UNRESPONSIVE
            silence = time.monotonic() - answered
            if silence > service.hung_after_s:
                self._tell(Change.HUNG, f"{silence:.0f} 秒无应答 / no answer, restarting it")
                return "无应答 / hung"

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """SIGTERM, a grace period, SIGKILL; for the whole group."""
        spawn.signal_group(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(self.service.grace_s):
                await process.wait()
        except TimeoutError:
            self.log.write(f"[supervisor] did not stop within {self.service.grace_s:.0f} s: killed")
            spawn.end_group(process.pid)
            await process.wait()

    async def _back_off(self, reason: str) -> None:
        pause = self._policy.pause(self._crashes)
        self.state = State.BACKOFF
        self.log.write(f"[supervisor] {reason}; next start in {pause:.1f} s")
        if self._crashes == self._policy.loop_after:
            self._tell(
                Change.CRASH_LOOP,
                f"反复崩溃 {self._crashes} 次，仍会每 {self._policy.longest_s:.0f} 秒内重试，"
                f"但需要人来看 / crash loop, needs a person: {reason}；日志 / log: {self.log.path}",
            )
        else:
            self._tell(
                Change.CRASHED,
                f"{reason}；{pause:.1f} 秒后第 {self.restarts} 次重启 / restarting；"
                f"日志 / log: {self.log.path}",
            )
        await self._unless_stopped(asyncio.sleep(pause))

    def _tell(self, change: Change, text: str) -> None:
        self._report(Report(self.service, change, text))


def _how_it_ended(code: int | None, last_words: str) -> str:
    """Return one line on a process's end: signal or exit code, and its last words."""
    if code is not None and code < 0:
        try:
            how = f"被信号 {signal.Signals(-code).name} 终止 / killed"
        except ValueError:
            how = f"被信号 {-code} 终止 / killed"
    else:
        how = f"退出，代码 / exit {code}"
    return f"{how}: {last_words}" if last_words else how
