"""The SIP user agent under test, as the process it is."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.house import free_ports
from zhiban.settings import ROOT

TOKEN = "token-of-the-tests"


def free_sip_port() -> int:
    """Return an even port, free for datagrams and connections, that no client gets by chance."""
    while True:
        port = random.randrange(15_000, 20_000, 2)
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port


@dataclass
class Agent:
    """A running user agent."""

    process: asyncio.subprocess.Process
    listen: str
    health_url: str
    log: Path

    @property
    def port(self) -> int:
        """Its SIP port."""
        return int(self.listen.rpartition(":")[2])

    @property
    def logged(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def health(self) -> dict[str, Any]:
        """Return what its health page says.

        Raises:
            aiohttp.ClientError: it does not answer.
        """
        async with aiohttp.ClientSession() as session, session.get(self.health_url) as answer:
            return dict(await answer.json())

    def kill(self) -> None:
        """Kill it as ``kill -9`` does."""
        self.process.send_signal(signal.SIGKILL)


@asynccontextmanager
async def user_agent(
    folder: Path, gateway: str, *, redis_url: str = "", **changes: object
) -> AsyncIterator[Agent]:
    """Run a user agent on loopback; ``changes`` are fields of its settings."""
    health = free_ports(1)[0]
    listen = f"127.0.0.1:{free_sip_port()}"
    log = folder / "sip.log"
    values = {"listen": listen, "gateway": gateway, "rtp_ports": "25000-32000", **changes}
    env = {f"ZHIBAN_SIP_{name.upper()}": str(value) for name, value in values.items()}
    env |= {
        "ZHIBAN_DATA_DIR": str(folder),
        "ZHIBAN_SIP_HEALTH_PORT": str(health),
        "ZHIBAN_API_TOKEN": TOKEN,
        "ZHIBAN_REDIS_URL": redis_url or f"redis://127.0.0.1:{free_ports(1)[0]}/0",
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "voice_gateway.sip",
            cwd=ROOT, env={**os.environ, **env}, stdout=output, stderr=output,
        )  # fmt: skip
    agent = Agent(process, str(values["listen"]), f"http://127.0.0.1:{health}/health", log)
    try:
        await _answers(agent)
        yield agent
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _answers(agent: Agent) -> None:
    async with asyncio.timeout(20):
        while True:
            if agent.process.returncode is not None:
                raise RuntimeError(f"the user agent did not start: {agent.logged}")
            try:
                await agent.health()
                return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
