"""``zhiban train``: train the bot, and have a running engine take the new model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from zhiban.cli.options import data_option, settings_from
from zhiban.settings import Settings
from zhiban.setup import training
from zhiban.setup.progress import Progress


@click.command(name="train")
@data_option
@click.option("--again", is_flag=True, help="没有变化也重新训练 / train although nothing changed")
def command(data: Path | None, again: bool) -> None:
    """训练对话模型；正在运行的引擎不停机换上 / train; a running engine swaps without a stop."""
    asyncio.run(_train(settings_from(data), again))


async def _train(settings: Settings, again: bool) -> None:
    progress = Progress()
    with progress.step("训练对话模型") as step:
        model = await training.train(settings, step, again=again)
    with progress.step("换上新模型") as step:
        swapped = await training.swap(settings, model)
        step.note = "已换上 / swapped" if swapped else "引擎未运行 / engine not running"
