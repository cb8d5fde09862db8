"""A house with a call in it, nobody at a desk, and telephones that can be rung."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from handoff.desk import DeskStores
from handoff.presence import PresenceBook
from handoff.sop import load_sop
from tests.conference.conftest import open_floor
from tests.gateway.conftest import engine
from tests.handoff.conftest import password_hash, redis_url, stores
from tests.support.dialled import Exchange, open_exchange
from tests.support.stores import Stores
from zhiban.community import load_community
from zhiban.settings import ROOT

__all__ = ["engine", "open_floor", "password_hash", "redis_url", "stores"]


def desk_stores(stores: Stores) -> DeskStores:
    """Return what settles calls."""
    site = ROOT / "site" / "sample"
    return DeskStores(
        stores.redis,
        stores.engine,
        stores.timeline,
        load_community(site),
        stores.ledger,
        stores.tickets,
        PresenceBook(stores.redis),
        load_sop(site),
    )


@pytest.fixture
async def exchange(stores: Stores, redis_url: str) -> AsyncIterator[Exchange]:
    """Telephones at the dialling interface; opened after the stores are empty."""
    async with open_exchange(redis_url) as opened:
        yield opened
