"""``zhiban version``."""

from __future__ import annotations

import platform
from importlib.metadata import version

import click


@click.command(name="version")
def command() -> None:
    """版本 / version."""
    click.echo(f"zhiban {version('zhiban')} (Python {platform.python_version()})")
