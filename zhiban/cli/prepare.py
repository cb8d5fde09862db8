"""``zhiban prepare``: everything ``zhiban up`` does before it starts the services."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from zhiban.cli.options import data_option, settings_from, site_option
from zhiban.setup.prepare import prepare
from zhiban.setup.progress import Progress


@click.command(name="prepare")
@data_option
@site_option
def command(data: Path | None, site: Path | None) -> None:
    """下载模型、建库、训练、合成话术，不启动 / models, database, bot and sentences."""
    settings = settings_from(data, site)
    progress = Progress()
    prepared = asyncio.run(prepare(settings, progress))
    progress.say(
        f"✓ 语音识别 / recogniser: {prepared.recogniser.value}，{prepared.recogniser_reason}"
    )
