"""Runs a set-up step that is a program of its own, and ends it when we are interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from zhiban.setup.faults import SetupCode, SetupError
from zhiban.supervisor import spawn
from zhiban.supervisor.logs import ChildLog
from zhiban.supervisor.service import Service


async def _no_probe() -> bool:
    return True


async def run(
    argv: Sequence[str],
    *,
    title: str,
    log: Path,
    folder: Path,
    env: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a program to its end, its output going to a log file.

    Args:
        argv: program and arguments.
        title: the step, named for people.
        log: where its output goes.
        folder: working directory.
        env: variables added to our own.
        on_line: called with each line of output.

    Raises:
        SetupError: STEP_FAILED, with the program's last words and its log.
    """
    service = Service(
        name=log.stem, title=title, argv=tuple(argv), probe=_no_probe, env=env, folder=folder
    )
    lines = _Lines(log, on_line)
    process, output = await spawn.start(service)
    try:
        await lines.follow(output)
        code = await process.wait()
    finally:
        spawn.end_group(process.pid)
        await process.wait()
        lines.close()
    if code != 0:
        raise SetupError(
            f"{title}失败 / failed (exit {code}): {lines.last_words}",
            code=SetupCode.STEP_FAILED,
            advice=f"看日志 / see the log: {log}",
        )


class _Lines(ChildLog):
    """A log that also hands each line on."""

    def __init__(self, path: Path, on_line: Callable[[str], None] | None) -> None:
        super().__init__(path)
        self._on_line = on_line

    def write(self, line: str) -> None:
        """Write the line, then hand it on."""
        super().write(line)
        if self._on_line is not None:
            self._on_line(line)
