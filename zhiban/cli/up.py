"""``zhiban up``: prepare what is missing, start everything, stay until Ctrl-C."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from zhiban.cli.options import data_option, settings_from, site_option
from zhiban.settings import Settings
from zhiban.setup.accounts import ensure_accounts
from zhiban.setup.prepare import Prepared, prepare
from zhiban.setup.progress import Progress
from zhiban.supervisor import instance, ports, services
from zhiban.supervisor.child import Change, Report
from zhiban.supervisor.supervisor import Supervisor

_MARKS = {
    Change.READY: "✓",
    Change.CRASHED: "✗",
    Change.CRASH_LOOP: "✗✗",
    Change.HUNG: "✗",
}
_FRONT = ("gateway", "desk")


@click.command(name="up")
@data_option
@site_option
@click.option("--host", help="监听地址，默认 127.0.0.1 / address to listen on (ZHIBAN_HOST)")
@click.option("--no-train", is_flag=True, help="不训练，用最近的模型 / use the newest model")
def command(data: Path | None, site: Path | None, host: str | None, no_train: bool) -> None:
    """准备所需并启动全部服务，Ctrl-C 停止 / prepare, start everything, stop with Ctrl-C."""
    settings = settings_from(data, site, host)
    with instance.only_one(settings.data_dir):
        asyncio.run(_up(settings, train=not no_train))


async def _up(settings: Settings, *, train: bool) -> None:
    begun = time.monotonic()
    progress = Progress()
    # Before minutes of preparing, not after them:
    ports.check(services.build(settings, Path("unused")))
    prepared = await prepare(settings, progress, train=train)
    await ensure_accounts(settings, progress)
    started = time.monotonic()
    services.lay_out(settings)
    wanted = services.build(settings, prepared.model)
    async with Supervisor(
        wanted, data_dir=settings.data_dir, report=_reporter(progress)
    ) as running:
        stopped = asyncio.create_task(running.until_stopped())
        welcome = asyncio.create_task(_welcome(running, settings, prepared, progress, begun))
        await stopped
        welcome.cancel()
        await asyncio.gather(welcome, return_exceptions=True)
        progress.say(f"正在停止… / stopping after {time.monotonic() - started:.0f} s")
    progress.say("✓ 全部停止 / all stopped")


def _reporter(progress: Progress) -> Callable[[Report], None]:
    def report(event: Report) -> None:
        mark = _MARKS.get(event.change)
        if mark is not None:
            now = datetime.now().astimezone().strftime("%H:%M:%S")
            progress.say(f"{now} {mark} {event.service.title} {event.service.name}: {event.text}")

    return report


async def _welcome(
    running: Supervisor, settings: Settings, prepared: Prepared, progress: Progress, begun: float
) -> None:
    """Say where the pages are as soon as they answer, then when everything does."""
    with progress.step("启动服务 / starting"):
        await running.wait_ready(_FRONT)
        for line in _addresses(running, prepared, time.monotonic() - begun):
            progress.say(line)
        await running.wait_ready()
    progress.say(
        f"✓ 全部就绪，可以拨打 / everything is ready after {time.monotonic() - begun:.1f} s — "
        "Ctrl-C 停止 / to stop"
    )


def _addresses(running: Supervisor, prepared: Prepared, seconds: float) -> list[str]:
    caller = running.child("gateway").service.address
    desk = running.child("desk").service.address
    return [
        "",
        f"  来电页面 caller  {caller}",
        f"  坐席工作台 desk  {desk}",
        f"  语音识别  {prepared.recogniser.value}：{prepared.recogniser_reason}",
        f"  页面 {seconds:.1f} 秒可用 / pages after {seconds:.1f} s",
        "",
    ]
