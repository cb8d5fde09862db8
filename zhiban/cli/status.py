"""``zhiban status``: how the running services are doing."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from zhiban.cli.options import data_option, settings_from
from zhiban.supervisor.instance import read_status
from zhiban.supervisor.service import State

_NOT_RUNNING = 3
_NOT_READY = 4
_MARKS = {State.READY: "✓", State.BACKOFF: "✗", State.UNRESPONSIVE: "✗"}


@click.command(name="status")
@data_option
@click.option("--json", "as_json", is_flag=True, help="机器可读 / machine-readable")
@click.pass_context
def command(ctx: click.Context, data: Path | None, as_json: bool) -> None:
    """各服务的状态；退出码 0 全部就绪，3 没有运行，4 未全部就绪 / state of every service."""
    settings = settings_from(data)
    status = read_status(settings.data_dir)
    if status is None:
        click.echo("{}" if as_json else "没有在运行 / not running → make run")
        ctx.exit(_NOT_RUNNING)
    if as_json:
        click.echo(json.dumps(asdict(status), ensure_ascii=False))
    else:
        click.echo(f"pid {status.pid}，启动于 / since {status.started_at}")
        for service in status.services:
            mark = _MARKS.get(service.state, "…")
            pid = f"pid {service.pid}" if service.pid else ""
            restarts = f"重启 {service.restarts} 次" if service.restarts else ""
            row = (mark, service.name.ljust(8), service.state.value.ljust(9), service.title)
            click.echo("  ".join(p for p in (*row, pid, restarts, service.address) if p))
    if not status.all_ready:
        ctx.exit(_NOT_READY)
