"""Brings the database to the newest schema (Alembic)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from zhiban.store.engine import open_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate(url: str) -> None:
    """Create or upgrade all tables; does nothing when they are up to date."""
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def main() -> None:
    """Migrate the configured database: ``python -m zhiban.store.migrate``."""
    from zhiban.settings import Settings

    asyncio.run(migrate(Settings.from_env().database))


if __name__ == "__main__":
    main()
