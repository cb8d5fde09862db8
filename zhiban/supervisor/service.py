"""What the supervisor needs to know of one process, and the states it goes through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Probe = Callable[[], Awaitable[bool]]
"""Asks once whether the service answers; never raises, and returns within a few seconds."""


class State(StrEnum):
    """Where a service stands."""

    WAITING = "waiting"
    """For another service to become ready first."""
    STARTING = "starting"
    READY = "ready"
    UNRESPONSIVE = "unresponsive"
    """Runs, but did not answer its last health probe."""
    BACKOFF = "backoff"
    """Crashed; will be started again."""
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Port:
    """A TCP port a service listens on.

    Attributes:
        host: address it binds.
        number: port number.
        setting: the setting that changes it, named for the person who finds it busy.
    """

    host: str
    number: int
    setting: str


@dataclass(frozen=True)
class Service:
    """One supervised process.

    Attributes:
        name: short name, also of its log file.
        title: what people call it.
        argv: program and arguments.
        probe: tells whether it answers.
        env: variables added to the supervisor's own environment.
        folder: working directory.
        after: names of services that must be ready before this one is started.
        yields_to: names of services that get the processor first: this one is started when
            they are ready, or `yields_for_s` after it could have been.
        yields_for_s: see `yields_to`.
        ports: ports it listens on.
        address: where people find it, if it has a page for them.
        ready_within_s: seconds after which a start counts as failed.
        grace_s: seconds between SIGTERM and SIGKILL when stopping.
        hung_after_s: seconds without an answer after which it is restarted.
    """

    name: str
    title: str
    argv: tuple[str, ...]
    probe: Probe
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    after: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()
    yields_for_s: float = 15.0
    ports: tuple[Port, ...] = ()
    address: str = ""
    ready_within_s: float = 180.0
    grace_s: float = 10.0
    hung_after_s: float = 60.0


@dataclass(frozen=True)
class RestartPolicy:
    """How often and how patiently a crashed service is started again.

    Attributes:
        first_s: pause before the first restart, in seconds.
        longest_s: the pause doubles up to this.
        steady_s: a service that ran this long has its count of crashes forgotten.
        loop_after: this many crashes in a row are called a crash loop.
        probe_every_s: health probe interval while starting.
        watch_every_s: health probe interval once ready.
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    steady_s: float = 60.0
    loop_after: int = 5
    probe_every_s: float = 0.1
    watch_every_s: float = 10.0

    def pause(self, crashes: int) -> float:
        """Return the pause in seconds before the restart after that many crashes in a row."""
        return min(self.longest_s, self.first_s * 2.0 ** min(crashes - 1, 16))
