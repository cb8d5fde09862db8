"""``zhiban models``: list, fetch and verify the speech models."""

from __future__ import annotations

from pathlib import Path

import click

from zhiban.cli.options import data_option, settings_from
from zhiban.models import (
    PACKAGED_VOICE,
    VOSK_SMALL_CN,
    WHISPER_BASE,
    ModelState,
    check,
    choose_recogniser,
)
from zhiban.setup.faults import SetupError
from zhiban.setup.prepare import fetch_models
from zhiban.setup.progress import Progress

_RECOGNISERS = (VOSK_SMALL_CN, WHISPER_BASE)
_STATES = {
    ModelState.READY: "✓ 可用 ready",
    ModelState.MISSING: "· 未安装 missing",
    ModelState.DAMAGED: "✗ 损坏 damaged",
}


@click.group(name="models", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """语音模型；不带子命令时列出 / speech models; lists them by default."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_models)


@command.command(name="list")
@data_option
def list_models(data: Path | None = None) -> None:
    """列出模型、许可和选用结果 / models, licences and which one is used."""
    settings = settings_from(data)
    for model in _RECOGNISERS:
        state = check(model, settings.models_dir / model.name)
        click.echo(f"{_STATES[state]}  {model.title}  {model.disk_bytes // 1_000_000} MB")
        click.echo(f"    {model.licence}; {model.source}")
    click.echo(f"  {PACKAGED_VOICE.title}\n    {PACKAGED_VOICE.licence}; {PACKAGED_VOICE.note}")
    try:
        choice = choose_recogniser(settings.models_dir, settings.recogniser)
        click.echo(f"→ {choice.engine.value}：{choice.reason}")
    except SetupError as error:
        click.echo(f"→ {error}")


@command.command(name="ensure")
@data_option
@click.option("--retry-makers", is_flag=True, help="再次尝试 Vosk 官网 / ask Vosk's makers again")
def ensure_models(data: Path | None, retry_makers: bool) -> None:
    """下载并校验所需模型 / fetch and check what is needed."""
    settings = settings_from(data)
    fetch_models(settings, Progress(), retry_makers=retry_makers)


@command.command(name="verify")
@data_option
@click.pass_context
def verify_models(ctx: click.Context, data: Path | None) -> None:
    """逐个文件核对 SHA-256 / hash every file again."""
    settings = settings_from(data)
    damaged = False
    for model in _RECOGNISERS:
        state = check(model, settings.models_dir / model.name, thorough=True)
        damaged = damaged or state is ModelState.DAMAGED
        click.echo(f"{_STATES[state]}  {model.title}")
    if damaged:
        click.echo("→ zhiban models ensure 会重新下载 / fetches it again", err=True)
        ctx.exit(1)
