"""A house with a call in it, nobody at a desk, and telephones that can be rung."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conference.conftest import open_floor
from tests.gateway.conftest import engine
from tests.handoff.conftest import password_hash, redis_url, stores
from tests.support.dialled import Exchange, open_exchange
from tests.support.stores import Stores

__all__ = ["engine", "open_floor", "password_hash", "redis_url", "stores"]


@pytest.fixture
async def exchange(stores: Stores, redis_url: str) -> AsyncIterator[Exchange]:
    """Telephones at the dialling interface; opened after the stores are empty."""
    async with open_exchange(redis_url) as opened:
        yield opened
