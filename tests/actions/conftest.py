"""Real stores, seeded with the sample site."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from actions.resources import Resources
from actions.seed import seed
from tests.support.stores import redis_server
from zhiban.settings import Settings
from zhiban.store.migrate import migrate


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
async def resources(redis_url: str, tmp_path: Path) -> AsyncIterator[Resources]:
    settings = Settings(
        data_dir=tmp_path,
        redis_url=redis_url,
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'zhiban.db'}",
    )
    await migrate(settings.database)
    opened = Resources.open(settings)
    await opened.redis.flushall()
    await seed(opened.engine, opened.community, settings.site_dir)
    yield opened
    await opened.close()
