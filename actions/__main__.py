"""``python -m actions`` serves; ``python -m actions seed [--force]`` loads the site's data."""

from __future__ import annotations

import argparse
import asyncio
import sys

from actions.resources import Resources
from actions.seed import Seeded, seed
from actions.server import serve
from zhiban.errors import ZhibanError
from zhiban.masking import configure_logging
from zhiban.settings import Settings
from zhiban.store.migrate import migrate


async def _seed(settings: Settings, *, force: bool) -> Seeded:
    await migrate(settings.database)
    resources = Resources.open(settings)
    try:
        return await seed(resources.engine, resources.community, settings.site_dir, force=force)
    finally:
        await resources.close()


def main() -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m actions", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("serve", "seed"), default="serve")
    parser.add_argument("--force", action="store_true", help="overwrite what admins changed")
    options = parser.parse_args()
    try:
        settings = Settings.from_env()
        configure_logging(settings.log_level)
        if options.command == "seed":
            done = asyncio.run(_seed(settings, force=options.force))
            print(f"residents added: {done.residents}, answers added or renewed: {done.answers}")
        else:
            serve(settings)
    except ZhibanError as error:
        print(error.message, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
