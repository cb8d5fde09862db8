"""The desk as a process of its own: killed in the middle, started again; its commands."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.handoff.conftest import desk_settings
from tests.handoff.support import Agent, ask_for_person, wait_for_state
from tests.support.site import write_site
from tests.support.stores import Stores
from zhiban.handoffs import HandoffState
from zhiban.settings import ROOT, Settings


@asynccontextmanager
async def desk_process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handoff", cwd=ROOT, env={**os.environ, **settings.to_env()}
    )
    try:
        url = f"http://127.0.0.1:{settings.desk_port}/health"
        async with aiohttp.ClientSession() as http:
            while process.returncode is None:
                try:
                    async with http.get(url) as answer:
                        assert answer.status == 200
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)  # a starting process has no other way to say so
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_desk_killed_while_it_rings_goes_on_after_its_restart(
    stores: Stores, redis_url: str
) -> None:
    settings = desk_settings(stores, redis_url, write_site(stores.folder))
    url = f"http://127.0.0.1:{settings.desk_port}"
    async with desk_process(settings) as process:
        agent = Agent(url, "agent")
        await agent.sign_in()
        await agent.sit_down()
        record = await ask_for_person(stores, "c1")
        await agent.rung()
        process.kill()
        await process.wait()
        await agent.close()
    async with desk_process(settings) as restarted:
        again = Agent(url, "agent")
        await again.sign_in()
        await again.sit_down()
        assert (await again.rung())["id"] == record.id
        assert (await again.act(record.id, "accept"))[0] == 200
        await again.close()
        restarted.terminate()
        assert await restarted.wait() == 0


async def test_request_made_while_no_desk_runs_is_served_by_the_next(
    stores: Stores, redis_url: str
) -> None:
    settings = desk_settings(stores, redis_url, write_site(stores.folder))
    record = await ask_for_person(stores, "c1")
    async with desk_process(settings):
        agent = Agent(f"http://127.0.0.1:{settings.desk_port}", "agent")
        await agent.sign_in()
        await agent.sit_down()
        assert (await agent.rung())["id"] == record.id
        await agent.close()
    assert (await wait_for_state(stores, record.id, *HandoffState)).agent_id == ""


def _command(
    settings: Settings, *arguments: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "handoff", *arguments],
        cwd=ROOT,
        env={**os.environ, **settings.to_env()},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_first_accounts_are_shown_once_and_accounts_are_managed(tmp_path: object) -> None:
    settings = Settings(data_dir=tmp_path)  # type: ignore[arg-type]
    first = _command(settings, "ensure-admin")
    lines = [line.split() for line in first.stdout.splitlines() if line.startswith("  ")]
    assert {name: len(password) >= 12 for name, password, *_ in lines} == {
        "admin": True,
        "leader": True,
        "agent": True,
    }
    second = _command(settings, "ensure-admin")
    assert second.returncode == 0
    assert not any(password in second.stdout for _, password, *_ in lines)
    short = _command(settings, "add-user", "night", "--password-stdin", given="short\n")
    assert (short.returncode, "不少于 12 位" in short.stderr) == (1, True)
    assert _command(settings, "add-user", "night", "--role", "backup").returncode == 0
    taken = _command(settings, "add-user", "night")
    assert (taken.returncode, "已存在" in taken.stderr) == (1, True)
    assert _command(settings, "reset-password", "night").returncode == 0
    assert _command(settings, "reset-password", "nobody").returncode == 1
