"""``zhiban sip``: the built-in SIP user agent alone, beside a gateway that runs already."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from zhiban.cli.options import data_option, settings_from


@click.command(name="sip")
@data_option
@click.option("--listen", help="监听地址:端口 / address:port to listen on (ZHIBAN_SIP_LISTEN)")
def command(data: Path | None, listen: str | None) -> None:
    """接听和拨打 SIP 电话 / take and place SIP calls.

    设置见环境变量 ZHIBAN_SIP_*（docs/telephony.md）。
    """
    if listen is not None:
        os.environ["ZHIBAN_SIP_LISTEN"] = listen
    settings_from(data)
    os.execv(sys.executable, [sys.executable, "-m", "voice_gateway.sip"])
