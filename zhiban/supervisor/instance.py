"""One supervisor for one data directory, and where others can read how it is doing."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from zhiban.setup.faults import SetupCode, SetupError
from zhiban.supervisor.service import State


@dataclass(frozen=True)
class ServiceStatus:
    """One service as the status file tells it; seconds are since its start."""

    name: str
    title: str
    state: State
    pid: int | None
    restarts: int
    ready_after_s: float | None
    address: str
    log: str


@dataclass(frozen=True)
class Status:
    """The whole installation; ``started_at`` is UTC, ISO 8601."""

    pid: int
    started_at: str
    services: tuple[ServiceStatus, ...]

    @property
    def all_ready(self) -> bool:
        """Tell whether every service answers."""
        return all(service.state is State.READY for service in self.services)


def _lock_path(data_dir: Path) -> Path:
    return data_dir / "run" / "supervisor.lock"


def status_path(data_dir: Path) -> Path:
    """Return where the status file lies."""
    return data_dir / "run" / "status.json"


@contextmanager
def _hold(path: Path, refusal: str, advice: str) -> Iterator[None]:
    """Hold a lock file with our process id in it; `refusal` is told the holder's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SetupError(
                f"{refusal}: pid {file.read().strip() or '?'}, {path.parent.parent}",
                code=SetupCode.BUSY,
                advice=advice,
                retryable=True,
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for this supervisor.

    Raises:
        SetupError: BUSY, if another one holds it, with its process id.
    """
    advice = (
        "看状态用 zhiban status；另开一份用 --data 和别的端口 / zhiban status shows it; a second "
        "one needs --data and other ports"
    )
    with _hold(_lock_path(data_dir), "已在运行 / already running here", advice):
        try:
            yield
        finally:
            status_path(data_dir).unlink(missing_ok=True)


def only_one_preparing(data_dir: Path) -> AbstractContextManager[None]:
    """Hold the data directory while it is prepared; the services may run meanwhile.

    Raises:
        SetupError: BUSY, if another process is preparing it.
    """
    path = data_dir / "run" / "prepare.lock"
    return _hold(path, "正在准备 / being prepared", "等它完成再试 / wait for it to finish")


def is_running(data_dir: Path) -> bool:
    """Tell whether a supervisor holds the data directory."""
    path = _lock_path(data_dir)
    if not path.exists():
        return False
    with path.open(encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def write_status(data_dir: Path, status: Status) -> None:
    """Write the status file so that a reader never sees half of it."""
    path = status_path(data_dir)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(status), ensure_ascii=False, indent=1), encoding="utf-8")
    temporary.replace(path)


def read_status(data_dir: Path) -> Status | None:
    """Return how the running installation is doing; None if none is running here."""
    if not is_running(data_dir):
        return None
    try:
        raw = json.loads(status_path(data_dir).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    services = tuple(
        ServiceStatus(**{**each, "state": State(each["state"])}) for each in raw["services"]
    )
    return Status(pid=raw["pid"], started_at=raw["started_at"], services=services)
