"""A whole house on free ports with data of its own: every process real, under the supervisor."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from zhiban.settings import ROOT, Settings
from zhiban.supervisor import services
from zhiban.supervisor.instance import read_status
from zhiban.supervisor.supervisor import Supervisor

_READY_SECONDS = 240.0
_STOP_SECONDS = 30.0
_SHARED = ("models", "rasa-models", "speech-cache")


def free_ports(count: int) -> list[int]:
    """Return ports that are free now; all are held open until the last is known."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def free_port() -> int:
    """Return one port that is free now."""
    return free_ports(1)[0]


def house_settings(data_dir: Path, **changes: object) -> Settings:
    """Return settings for a house of its own that shares models with the prepared one."""
    ports = free_ports(6)
    settings = Settings(
        data_dir=data_dir,
        gateway_port=ports[0],
        desk_port=ports[1],
        voice_port=ports[2],
        actions_port=ports[3],
        rasa_port=ports[4],
        redis_port=ports[5],
        online_voice=False,
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


@dataclass
class House:
    """A running house."""

    settings: Settings
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def gateway(self) -> str:
        """Base URL of the gateway."""
        return f"http://127.0.0.1:{self.settings.gateway_port}"

    @property
    def desk(self) -> str:
        """Base URL of the desk."""
        return f"http://127.0.0.1:{self.settings.desk_port}"

    def pid_of(self, service: str) -> int | None:
        """Return the process id of a service; None while it does not run."""
        status = read_status(self.settings.data_dir)
        if status is None:
            return None
        return next((each.pid for each in status.services if each.name == service), None)

    def kill(self, service: str) -> None:
        """Kill a service as ``kill -9`` does; the supervisor starts it again.

        Raises:
            RuntimeError: it does not run.
        """
        pid = self.pid_of(service)
        if pid is None:
            raise RuntimeError(f"{service} does not run")
        os.kill(pid, signal.SIGKILL)

    def wait_ready(self) -> None:
        """Wait until a call would be answered by every part.

        Raises:
            RuntimeError: one part does not get ready; the message ends with the last words.
        """
        urls = [
            f"{self.gateway}/health",
            f"{self.desk}/health",
            f"{self.settings.rasa}/webhooks/turn/health",
            f"{self.settings.actions}/health",
            f"{self.settings.voice}/health",
        ]
        if self.settings.sip_listen:
            urls.append(f"http://127.0.0.1:{self.settings.sip_health_port}/health")
        deadline = time.monotonic() + _READY_SECONDS
        while urls:
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the house did not get ready ({urls[0]}): {tail}")
            if _answers(urls[0]):
                urls.pop(0)
            else:
                # Other processes tell nothing when they get ready but by answering.
                time.sleep(0.2)

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def open_house(data_dir: Path, **changes: object) -> House:
    """Start a house and wait until a call would be answered by every part of it.

    Raises:
        RuntimeError: it did not get ready; the message ends with its last words.
    """
    settings = house_settings(data_dir, **changes)
    _share_models(data_dir)
    log = data_dir / "house.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "zhiban", "up"],
            cwd=ROOT,
            env={**os.environ, **settings.to_env(), "NO_COLOR": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    house = House(settings, process, log)
    try:
        house.wait_ready()
    except BaseException:
        house.stop()
        raise
    return house


@dataclass(frozen=True)
class Nodes:
    """Further gateway nodes of a house.

    Attributes:
        urls: base URL by name: ``gateway-2``, ``gateway-3``…
        supervisor: keeps them running.
    """

    urls: dict[str, str]
    supervisor: Supervisor

    def pid_of(self, name: str) -> int | None:
        """Return the process id of a node; None while it does not run."""
        return self.supervisor.child(name).pid


@asynccontextmanager
async def further_gateways(house: House, count: int) -> AsyncIterator[Nodes]:
    """Run more gateway nodes over the house's stores, as a larger site would, until the end."""
    wanted, urls = [], {}
    for number, port in enumerate(free_ports(count), start=2):
        settings = replace(
            house.settings,
            gateway_port=port,
            redis_url=house.settings.redis,
            rasa_url=house.settings.rasa,
            actions_url=house.settings.actions,
            voice_url=house.settings.voice,
        )
        gateway = services.build(settings, Path("unused"))[0]
        wanted.append(replace(gateway, name=f"gateway-{number}"))
        urls[f"gateway-{number}"] = f"http://127.0.0.1:{port}"
    folder = house.settings.data_dir / "nodes"
    async with Supervisor(wanted, data_dir=folder, report=lambda _: None) as supervisor:
        await supervisor.wait_ready()
        yield Nodes(urls, supervisor)


def _share_models(data_dir: Path) -> None:
    prepared = Settings.from_env().data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "run").mkdir(exist_ok=True)
    for name in _SHARED:
        (prepared / name).mkdir(parents=True, exist_ok=True)
        (data_dir / name).symlink_to(prepared / name)
    for stamp in (prepared / "run").glob("*.stamp"):
        shutil.copy(stamp, data_dir / "run")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
