"""The dialogue engine alone: real Redis, real actions, real Rasa, as the supervisor runs them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.house import house_settings
from zhiban.settings import Settings
from zhiban.setup.progress import Step
from zhiban.setup.training import train
from zhiban.supervisor.service import Service
from zhiban.supervisor.services import build, lay_out

_PARTS = ("redis", "actions", "rasa")
_READY_SECONDS = 240.0


@dataclass
class DialogueService:
    """A running dialogue engine."""

    settings: Settings
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Base URL of Rasa."""
        return self.settings.rasa

    def call(
        self,
        caller: str = "",
        resident: Mapping[str, Any] | None = None,
        *,
        channel: str = "text",
    ) -> DialogueCall:
        """Begin a conversation."""
        return DialogueCall(self, f"test-{uuid.uuid4().hex[:12]}", caller, resident, channel)

    def stop(self) -> None:
        """Stop everything that was started, the newest first."""
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            process.wait()


@dataclass
class DialogueCall:
    """One caller's conversation over the turn channel."""

    service: DialogueService
    call_id: str
    caller: str
    resident: Mapping[str, Any] | None
    channel: str = "text"
    took_ms: list[float] = field(default_factory=list)

    def press(self, digits: str) -> dict[str, Any]:
        """Send what was pressed on the keypad."""
        return self.say(digits, keys=True)

    def say(self, text: str, *, keys: bool = False) -> dict[str, Any]:
        """Send a turn and return the answer, with all texts joined under ``said``."""
        began = time.perf_counter()
        status, answer = post(
            f"{self.service.url}/webhooks/turn/webhook",
            {
                "call_id": self.call_id,
                "text": text,
                "metadata": {
                    "caller": self.caller,
                    "channel": self.channel,
                    "keys": keys,
                    "resident": dict(self.resident) if self.resident else None,
                },
            },
        )
        self.took_ms.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise AssertionError(f"turn {text!r}: {status} {answer}")
        answer["said"] = "".join(message["text"] for message in answer["messages"])
        return answer

    def start(self, action: str, slots: Mapping[str, Any]) -> dict[str, Any]:
        """Let the bot begin by itself; the answer is that of a turn."""
        status, answer = post(
            f"{self.service.url}/webhooks/turn/start",
            {"call_id": self.call_id, "action": action, "slots": dict(slots)},
        )
        if status != 200:
            raise AssertionError(f"start {action!r}: {status} {answer}")
        answer["said"] = "".join(message["text"] for message in answer["messages"])
        return answer

    def run(self, *texts: str) -> list[dict[str, Any]]:
        """Send several turns."""
        return [self.say(text) for text in texts]

    def inject(self, *events: dict[str, Any]) -> int:
        """Put events into the conversation; return the HTTP status."""
        status, _ = post(
            f"{self.service.url}/webhooks/turn/event",
            {"call_id": self.call_id, "events": list(events)},
        )
        return status


def post(url: str, body: object) -> tuple[int, dict[str, Any]]:
    """Post JSON; an error answer is returned, not raised."""
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def open_dialogue(data_dir: Path, **changes: object) -> DialogueService:
    """Train if the sources changed, start the parts on free ports, wait until they answer.

    The model is shared with the prepared installation, so nothing is trained twice.

    Raises:
        RuntimeError: a part did not get ready; the message ends with its last words.
    """
    settings = house_settings(data_dir, **changes)
    model = asyncio.run(train(Settings.from_env(), Step("训练")))
    lay_out(settings)
    services = {service.name: service for service in build(settings, model)}
    running = DialogueService(settings)
    try:
        for name in _PARTS:
            running.processes.append(_start(services[name], data_dir))
            if name == "redis":
                _wait(services[name], running.processes[-1], data_dir)
        for name, process in zip(_PARTS, running.processes, strict=True):
            _wait(services[name], process, data_dir)
    except BaseException:
        running.stop()
        raise
    return running


def _start(service: Service, data_dir: Path) -> subprocess.Popen[bytes]:
    with (data_dir / f"{service.name}.log").open("wb") as log:
        return subprocess.Popen(
            service.argv,
            cwd=service.folder,
            env={**os.environ, **service.env},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait(service: Service, process: subprocess.Popen[bytes], data_dir: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not asyncio.run(_ready(service)):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = (data_dir / f"{service.name}.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{service.name} did not get ready: {tail}")
        # Other processes tell nothing when they get ready but by answering.
        time.sleep(0.2)


async def _ready(service: Service) -> bool:
    try:
        return await service.probe()
    except (TimeoutError, OSError):
        return False
