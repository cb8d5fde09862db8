"""Request to ring, with fifty callers waiting: stored request to a changed page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.handoff.support import ask_for_person
from tests.support.browser import open_browser, sign_in
from tests.support.house import House
from tests.support.stores import Stores
from zhiban.callers import TextCaller
from zhiban.handoffs import HandoffLedger
from zhiban.redis_client import open_redis
from zhiban.settings import Settings
from zhiban.store import open_engine
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline

_CRY = "我家着火了快来人"
_PATIENCE_MS = 15_000

# The time at which the card of a case that rings first stood in the page, by case.
_WATCH = """
window.__rings = {};
new MutationObserver(() => {
  for (const card of document.querySelectorAll("article.ring[data-key]"))
    window.__rings[card.dataset.key] ??= Date.now();
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


async def measure_requests(house: House, count: int, user: str, waiting: int = 50) -> list[float]:
    """Return ms from the stored request to the card in the agent's browser; print misses.

    The waiting ones are requests for a person; each emergency takes the place of the one that is
    ringing just then.

    Args:
        house: a running house.
        count: emergencies to measure.
        user: the one agent at the desk.
        waiting: callers who wait meanwhile.
    """
    measured: list[float] = []
    async with _stores_of(house.settings) as stores, open_browser() as browser:
        for number in range(waiting):
            await ask_for_person(
                stores,
                f"bench-{number}",
                words="我要转人工",
                kind="human",
                priority=1,
                phone=f"139000005{number:02d}",
            )
        page = await browser.new_page()
        await page.add_init_script(_WATCH)
        await sign_in(page, house.desk, user)
        await page.wait_for_function("() => Object.keys(window.__rings).length")
        for _ in range(count):
            async with TextCaller(house.gateway) as phone:
                await phone.wait_turn(0)
                await phone.say(_CRY)
                event = await phone.wait_event("handoff.requested", 10)
                assert event is not None
                handoff_id = event["data"]["handoff_id"]
                try:
                    rang = await page.wait_for_function(
                        "(id) => window.__rings[id]", arg=handoff_id, timeout=_PATIENCE_MS
                    )
                except PlaywrightTimeout:
                    print(f"no ring for {handoff_id}")
                    continue
                stored = (await stores.ledger.get(handoff_id)).created_at
                measured.append(float(await rang.json_value()) - _epoch_ms(stored))
    return measured


@asynccontextmanager
async def _stores_of(settings: Settings) -> AsyncIterator[Stores]:
    """Open the house's own stores."""
    redis, engine = open_redis(settings.redis), open_engine(settings.database)
    timeline = Timeline(redis, settings.data_dir / "spool" / "bench.jsonl")
    try:
        ledger = HandoffLedger(redis, engine, timeline)
        tickets = TicketService(engine, timeline)
        yield Stores(redis, engine, timeline, tickets, ledger, settings.data_dir)
    finally:
        await redis.aclose()
        await engine.dispose()


def _epoch_ms(iso: str) -> float:
    moment = datetime.strptime(iso, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return moment.timestamp() * 1000
