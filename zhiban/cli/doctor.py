"""``zhiban doctor``: what is there, what is missing, and how to get it."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from zhiban.cli.options import data_option, settings_from, site_option
from zhiban.setup.findings import as_lines, is_healthy
from zhiban.setup.host_checks import check_host
from zhiban.setup.service_checks import check_services


@click.command(name="doctor")
@data_option
@site_option
@click.option("--json", "as_json", is_flag=True, help="机器可读 / machine-readable")
@click.pass_context
def command(ctx: click.Context, data: Path | None, site: Path | None, as_json: bool) -> None:
    """检查还缺什么、怎么补；缺必需项时退出码 1 / exit code 1 if something required is missing."""
    settings = settings_from(data, site)
    findings = check_host(os.environ, settings.data_dir)
    findings += asyncio.run(check_services(settings))
    healthy = is_healthy(findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"healthy": healthy, "findings": rows}, ensure_ascii=False))
    else:
        for line in as_lines(findings):
            click.echo(line)
        click.echo("✓ 可以启动 / ready to start" if healthy else "✗ 有必需项缺失 / not ready yet")
    if not healthy:
        ctx.exit(1)
