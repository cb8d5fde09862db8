"""A desk on a free port, with a site whose chain rings briefly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from argon2 import PasswordHasher
from playwright.async_api import Browser
from sqlalchemy import insert

from handoff.accounts import Role
from handoff.app import build_app
from handoff.clock import ClockRules
from tests.handoff.support import PASSWORD, Agent
from tests.support.browser import open_browser
from tests.support.house import free_ports
from tests.support.site import write_site
from tests.support.stores import Stores, open_stores, redis_server
from zhiban.clock import iso_ms, utc_now
from zhiban.settings import Settings
from zhiban.store.models import DeskUser

USERS = {
    "agent": Role.AGENT,
    "agent2": Role.AGENT,
    "leader": Role.LEADER,
    "admin": Role.ADMIN,
}


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server for the session."""
    with redis_server(tmp_path_factory.mktemp("desk-redis")) as url:
        yield url


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The test password, hashed once: argon2 is slow on purpose."""
    return PasswordHasher().hash(PASSWORD)


NAMES = {"agent": "王晓", "agent2": "刘洁", "leader": "陈班长", "admin": "管理员"}


async def add_users(stores: Stores, password_hash: str, *, names: bool = False) -> None:
    """Give the test's people their accounts, with Chinese names for pictures."""
    rows = [
        {
            "id": user,
            "display_name": NAMES[user] if names else f"{user}-name",
            "role": role.value,
            "password_hash": password_hash,
            "created_at": iso_ms(utc_now()),
        }
        for user, role in USERS.items()
    ]
    async with stores.engine.begin() as connection:
        await connection.execute(insert(DeskUser), rows)


@pytest.fixture
async def stores(redis_url: str, tmp_path: Path, password_hash: str) -> AsyncIterator[Stores]:
    """Empty stores with the test's users."""
    async with open_stores(redis_url, tmp_path) as opened:
        await add_users(opened, password_hash)
        yield opened


def desk_settings(stores: Stores, redis_url: str, site: Path) -> Settings:
    """Return settings of a desk over these stores on a free port."""
    (port,) = free_ports(1)
    return Settings(
        data_dir=stores.folder,
        site_dir=site,
        redis_url=redis_url,
        database_url=f"sqlite+aiosqlite:///{stores.folder / 'zhiban.db'}",
        desk_port=port,
    )


@dataclass
class RunningDesk:
    """A desk in this process and people who sign in at it."""

    url: str
    sign_in: Callable[[str], Awaitable[Agent]]


StartDesk = Callable[..., Awaitable[RunningDesk]]


@pytest.fixture
async def start_desk(stores: Stores, redis_url: str) -> AsyncIterator[StartDesk]:
    """Start desks with given ring times; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            ring_seconds: float = 20,
            join_seconds: float = 8,
            pause_seconds: float = 0.2,
            **site: object,
        ) -> RunningDesk:
            folder = write_site(stores.folder, ring_seconds=ring_seconds, **site)
            settings = desk_settings(stores, redis_url, folder)
            rules = ClockRules(join_seconds=join_seconds, pause_seconds=pause_seconds)
            await stack.enter_async_context(running(build_app(settings, rules), settings))
            url = f"http://127.0.0.1:{settings.desk_port}"

            async def sign_in(user: str) -> Agent:
                agent = Agent(url, user)
                stack.push_async_callback(agent.close)
                answer = await agent.sign_in()
                assert answer.status == 303
                return agent

            return RunningDesk(url, sign_in)

        yield start


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real browser with a microphone and no loudspeaker."""
    async with open_browser() as opened:
        yield opened


@asynccontextmanager
async def running(app: web.Application, settings: Settings) -> AsyncIterator[None]:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.desk_port).start()
    try:
        yield
    finally:
        await runner.cleanup()
