"""``zhiban call``: place a call from the terminal, typed or played."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import soundfile

from zhiban.access import api_token
from zhiban.callers import TextCaller, TurnLatency, VoiceCaller, read_speech, summary
from zhiban.errors import ZhibanError
from zhiban.settings import Settings

_RATE = 16000


@click.command(name="call")
@click.option(
    "--text", "text_file", metavar="FILE|-", help="逐行打字的电话；- 从标准输入读。 Typed call."
)
@click.option(
    "--wav",
    "wav_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="每个文件当作一句话实时播放，可重复。 Play each file as a turn, in real time.",
)
@click.argument("more_wav_files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--caller", default="", metavar="N", help="来电号码。 Calling number.")
@click.option(
    "--save", type=click.Path(path_type=Path), help="把听到的声音存成 WAV。 Save what is heard."
)
@click.option("--gateway", default="", metavar="URL", help="网关地址，默认本机。 Gateway URL.")
def command(
    text_file: str | None,
    wav_files: tuple[Path, ...],
    more_wav_files: tuple[Path, ...],
    caller: str,
    save: Path | None,
    gateway: str,
) -> None:
    """打一通电话，逐行输出时间线，最后输出时延 (JSON).

    Place a call and print its timeline as JSON lines, then the latencies as the caller hears
    them: last voiced sample (or line) sent to first bot sample (or line) received.

    \b
    zhiban call --text - --caller 13812345678 < lines.txt
    zhiban call --wav a.wav b.wav --save heard.wav
    """  # noqa: D301 - click wants the real \b
    files = (*wav_files, *more_wav_files)
    if bool(files) == (text_file is not None):
        raise click.UsageError("请给 --text 或 --wav 之一 / give either --text or --wav")
    settings = Settings.from_env()
    url = gateway or f"http://127.0.0.1:{settings.gateway_port}"
    token = api_token(settings) if not gateway else ""
    try:
        if text_file is not None:
            asyncio.run(_type(url, token, caller, _lines(text_file)))
        else:
            asyncio.run(_play(url, token, caller, files, save))
    except ZhibanError as error:
        raise click.ClickException(error.message) from error
    except KeyboardInterrupt:
        raise click.Abort from None


def _lines(text_file: str) -> list[str]:
    if text_file == "-":
        raw = sys.stdin.read()
    else:
        try:
            raw = Path(text_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise click.ClickException(f"读不了 {text_file}：{error}") from error
    return [line.strip() for line in raw.splitlines() if line.strip()]


def _print(event: dict[str, Any]) -> None:
    click.echo(json.dumps(event, ensure_ascii=False))


async def _type(url: str, token: str, caller: str, lines: list[str]) -> None:
    turns: list[TurnLatency] = []
    async with TextCaller(url, caller=caller, token=token, on_event=_print) as phone:
        await phone.wait_turn(0)
        for line in lines:
            if phone.ended:
                break
            _, latency = await phone.say(line)
            turns.append(latency)
    _print({"latencies": summary(turns)})


async def _play(
    url: str, token: str, caller: str, files: tuple[Path, ...], save: Path | None
) -> None:
    speech = [(path.name, read_speech(path, _RATE)) for path in files]
    turns: list[TurnLatency] = []
    phone = VoiceCaller(url, caller=caller, token=token, sample_rate=_RATE, on_event=_print)
    async with phone:
        await phone.wait_turn(0)
        for name, pcm in speech:
            if phone.ended:
                break
            turns.append(await phone.ask(name, pcm))
    if save is not None:
        heard = np.frombuffer(bytes(phone.heard[: len(phone.heard) // 2 * 2]), dtype="<i2")
        soundfile.write(str(save), heard, _RATE, subtype="PCM_16")
    _print({"latencies": summary(turns)})
