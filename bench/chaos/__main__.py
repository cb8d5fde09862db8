"""``python -m bench.chaos``: two hundred callers, random failures, and who was lost."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
from datetime import datetime
from pathlib import Path

import click

from bench.chaos.causes import Cause
from bench.chaos.report import print_report, write_report
from bench.chaos.run import Options, run_chaos
from zhiban.settings import Settings


@click.command()
@click.option("--calls", default=220, show_default=True, help="People who dial.")
@click.option("--minutes", default=6.0, show_default=True, help="Time in which they dial.")
@click.option("--seed", type=int, help="Repeat a run: same callers, same plan of failures.")
@click.option(
    "--only",
    type=click.Choice([cause.value for cause in Cause]),
    help="One kind of trouble and no other.",
)
@click.option("--folder", type=click.Path(path_type=Path), help="Where diary and report go.")
def main(
    calls: int, minutes: float, seed: int | None, only: str | None, folder: Path | None
) -> None:
    """Open a house of its own, make it fail at random, and count who was lost.

    Two gateway nodes, six scripted agents at the desk's real interfaces, callers by text and
    voice who hang up when they like. Exit code 1 if an acknowledged emergency was lost or is
    stuck; 0 otherwise. What happens at which moment depends on the machine: a seed repeats
    callers, words, failures and whims, not the nanoseconds.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    folder = folder or Settings.from_env().data_dir / "chaos" / f"{stamp}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # cut lines are what it is about
    click.echo(f"seed {seed}, {calls} callers in {minutes:g} min, only {only or 'everything'}")
    options = Options(calls, minutes, seed, Cause(only) if only else None)
    run = asyncio.run(run_chaos(options, folder.resolve(), click.echo))
    write_report(run, folder)
    print_report(run, folder)
    sys.exit(1 if run.findings.failed else 0)


if __name__ == "__main__":
    main()
