"""Options that several commands share, turned into settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from zhiban.settings import Settings

_F = TypeVar("_F", bound=Callable[..., Any])


def data_option(command: _F) -> _F:
    """Add ``--data``."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="数据目录，默认 var/ / data directory (ZHIBAN_DATA_DIR)",
    )(command)


def site_option(command: _F) -> _F:
    """Add ``--site``."""
    return click.option(
        "--site",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="小区资料目录，默认 site/sample / the community's facts (ZHIBAN_SITE_DIR)",
    )(command)


def settings_from(
    data: Path | None = None, site: Path | None = None, host: str | None = None
) -> Settings:
    """Return the settings of the environment with the command line's options put over them.

    The options are also put into this process's environment, so that whatever reads the
    settings later sees the same.

    Raises:
        ZhibanError: BAD_SETTING.
    """
    for name, value in (("DATA_DIR", data), ("SITE_DIR", site)):
        if value is not None:
            os.environ[f"ZHIBAN_{name}"] = str(value.expanduser().resolve())
    if host is not None:
        os.environ["ZHIBAN_HOST"] = host
    return Settings.from_env()
