"""Telephones that are rung: what becomes of it, in types; by baresip and sipp, over a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sip.agent import TOKEN, Agent, free_sip_port, user_agent
from tests.sip.conftest import ANSWER
from tests.sip.peer import Peer, until
from tests.sip.phone import is_heard, phone
from tests.sip.sipp import ALAW, asked, pause, response, sipp
from tests.support.speech import Samples, pcm, samples_of
from zhiban.clock import iso_ms, utc_now
from zhiban.dialling import Dialler, DialOrder, LegEvent, LegEventName, Outcome
from zhiban.redis_client import RedisClient, open_redis

_AUTO = "<sip:8001@127.0.0.1>;regint=0;answermode=auto"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisClient]:
    """An empty Redis."""
    client = open_redis(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@asynccontextmanager
async def _callee(folder: Path, steps: list[str]) -> AsyncIterator[str]:
    """Run a telephone that behaves as the steps say; give its address."""
    port = free_sip_port()
    called = asyncio.create_task(sipp(folder, steps, port=port))
    await until(lambda: (folder / "sipp.log").exists())
    await asyncio.sleep(0.3)  # sipp tells nobody that it listens
    try:
        yield f"sip:8001@127.0.0.1:{port}"
    finally:
        called.cancel()
        await asyncio.gather(called, return_exceptions=True)


async def _events(redis: RedisClient, order: DialOrder) -> list[LegEvent]:
    return [event async for event in Dialler(redis).place(order)]


def _names(events: list[LegEvent]) -> list[str]:
    return [event.name.value for event in events]


async def _alive(redis: RedisClient) -> None:
    async with asyncio.timeout(10):
        while not await redis.exists("zhiban:sip:alive"):
            await asyncio.sleep(0.02)


async def test_an_answered_telephone_is_joined(
    redis: RedisClient, agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path, spoken: Samples
) -> None:
    """It rings, is picked up, hears and is heard, presses 1 and hangs up."""
    await _alive(redis)
    events: list[LegEvent] = []
    async with phone(tmp_path / "phone", source=spoken_file, account=_AUTO) as telephone:
        order = DialOrder(
            to=f"sip:8001@127.0.0.1:{telephone.port}",
            media_url=peer.url.replace("http", "ws") + "/v1/leg",
        )

        async def follow() -> None:
            events.extend(await _events(redis, order))

        following = asyncio.create_task(follow())
        call = await peer.call()
        assert call.start["leg_id"] == order.leg_id
        assert call.token == f"Bearer {TOKEN}"
        await call.say(pcm(ANSWER))
        await telephone.press("1")
        await until(lambda: call.digits == "1")
        await telephone.command("hangup")
        await asyncio.wait_for(following, 10)
    names = _names(events)
    assert names[0] == "dialling"
    assert names[-3:] == ["answered", "dtmf", "ended"]
    assert events[-2].data["digit"] == "1"
    end = events[-1].data
    assert (end["outcome"], end["cause"]) == ("answered", "callee_hung_up")
    assert end["seconds"] >= 3
    assert is_heard(samples_of(bytes(call.heard)), spoken[4_000:20_000])
    assert is_heard(telephone.heard(), ANSWER)


async def test_the_gateway_lets_a_telephone_go(
    redis: RedisClient, agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path
) -> None:
    """When the gateway ends the leg, the telephone is hung up."""
    await _alive(redis)
    async with phone(tmp_path / "phone", source=spoken_file, account=_AUTO) as telephone:
        order = DialOrder(
            to=f"sip:8001@127.0.0.1:{telephone.port}",
            media_url=peer.url.replace("http", "ws") + "/v1/leg",
        )
        following = asyncio.create_task(_events(redis, order))
        call = await peer.call()
        await call.end("returned")
        await telephone.wait("CALL_CLOSED")
        events = await asyncio.wait_for(following, 10)
    assert (events[-1].data["outcome"], events[-1].data["cause"]) == ("answered", "gateway_ended")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("486 Busy Here", Outcome.BUSY),
        ("600 Busy Everywhere", Outcome.BUSY),
        ("603 Decline", Outcome.REFUSED),
        ("403 Forbidden", Outcome.REFUSED),
        ("404 Not Found", Outcome.UNREACHABLE),
        ("480 Temporarily Unavailable", Outcome.UNREACHABLE),
        ("503 Service Unavailable", Outcome.UNREACHABLE),
    ],
)
async def test_a_refusal_has_a_type(
    redis: RedisClient, agent: Agent, tmp_path: Path, status: str, outcome: Outcome
) -> None:
    """What a final answer means."""
    await _alive(redis)
    steps = [asked("INVITE"), response("180 Ringing"), response(status), asked("ACK")]
    async with _callee(tmp_path / "sipp", steps) as address:
        events = await _events(redis, DialOrder(to=address, media_url="ws://127.0.0.1:1/"))
    assert _names(events) == ["dialling", "ringing", "ended"]
    assert events[-1].data["outcome"] == outcome
    assert events[-1].data["status"] == int(status[:3])


async def test_nobody_answers(redis: RedisClient, agent: Agent, tmp_path: Path) -> None:
    """The ring timer runs out and the telephone is told to stop ringing."""
    await _alive(redis)
    steps = [
        asked("INVITE"),
        response("180 Ringing"),
        asked("CANCEL"),
        response("200 OK"),
    ]
    async with _callee(tmp_path / "sipp", steps) as address:
        order = DialOrder(to=address, media_url="ws://127.0.0.1:1/", ring_seconds=1.5)
        events = await _events(redis, order)
        messages = tmp_path / "sipp" / "messages.log"
        await until(lambda: "CANCEL sip:" in messages.read_text())
    assert _names(events) == ["dialling", "ringing", "ended"]
    assert events[-1].data["outcome"] == Outcome.NO_ANSWER


async def test_an_announcement_is_no_answer_of_a_person(
    redis: RedisClient, agent: Agent, tmp_path: Path
) -> None:
    """ "The number you have dialled is switched off": audio before the answer, then a failure."""
    await _alive(redis)
    steps = [
        asked("INVITE"),
        response("183 Session Progress", body=ALAW),
        pause(800),
        response("480 Temporarily Unavailable"),
        asked("ACK"),
    ]
    async with _callee(tmp_path / "sipp", steps) as address:
        events = await _events(redis, DialOrder(to=address, media_url="ws://127.0.0.1:1/"))
    assert _names(events) == ["dialling", "early_media", "ended"]
    assert events[-1].data["outcome"] == Outcome.EARLY_MEDIA


async def test_hanging_up_before_the_answer(
    redis: RedisClient, agent: Agent, tmp_path: Path
) -> None:
    """Somebody else took the case: the telephone stops ringing."""
    await _alive(redis)
    steps = [asked("INVITE"), response("180 Ringing"), asked("CANCEL"), response("200 OK")]
    async with _callee(tmp_path / "sipp", steps) as address:
        dialler, names = Dialler(redis), []
        order = DialOrder(to=address, media_url="ws://127.0.0.1:1/")
        async for event in dialler.place(order):
            names.append(event.name)
            if event.name is LegEventName.RINGING:
                await dialler.hang_up(order.leg_id)
            last = event
    assert names == [LegEventName.DIALLING, LegEventName.RINGING, LegEventName.ENDED]
    assert last.data["outcome"] == Outcome.CANCELLED


async def test_nothing_at_the_address(redis: RedisClient, agent: Agent) -> None:
    """No answer at all ends by the ring timer; an address that is no peer is not dialled."""
    await _alive(redis)
    nobody = DialOrder(
        to=f"sip:8001@127.0.0.1:{free_sip_port()}", media_url="ws://127.0.0.1:1/", ring_seconds=2
    )
    events = await _events(redis, nobody)
    assert events[-1].data["outcome"] in (Outcome.UNREACHABLE, Outcome.NO_ANSWER)
    stranger = DialOrder(to="sip:8001@192.0.2.1", media_url="ws://127.0.0.1:1/")
    events = await _events(redis, stranger)
    assert (events[-1].data["outcome"], events[-1].data["reason"]) == ("unreachable", "no_route")
    number = DialOrder(to="13800001111", media_url="ws://127.0.0.1:1/")
    assert (await _events(redis, number))[-1].data["reason"] == "no_route"


async def test_a_number_goes_through_the_trunk(
    redis: RedisClient, redis_url: str, peer: Peer, tmp_path: Path
) -> None:
    """A bare number is dialled at the trunk, with the number we show."""
    port = free_sip_port()
    steps = [asked("INVITE", 20_000), response("486 Busy Here"), asked("ACK")]
    trunk = asyncio.create_task(sipp(tmp_path / "trunk", steps, port=port))
    async with user_agent(
        tmp_path, peer.url, redis_url=redis_url, trunk=f"127.0.0.1:{port}"
    ) as agent:
        await _alive(redis)
        order = DialOrder(to="13800001111", media_url="ws://127.0.0.1:1/", caller_id="02161234567")
        events = await _events(redis, order)
        assert "13800001111" not in agent.logged
    ran = await trunk
    assert events[-1].data["outcome"] == Outcome.BUSY
    assert f"INVITE sip:13800001111@127.0.0.1:{port}" in ran.messages
    assert "P-Asserted-Identity: <sip:02161234567@" in ran.messages


async def test_without_a_user_agent(redis: RedisClient) -> None:
    """Nobody waits for a telephone that nobody can ring."""
    events = await _events(redis, DialOrder(to="8001", media_url="ws://127.0.0.1:1/"))
    assert [e.data["outcome"] for e in events] == [Outcome.NO_LINE]


async def test_an_order_nobody_takes_expires(redis: RedisClient) -> None:
    """The last sign of life was there, the process is not."""
    await redis.set("zhiban:sip:alive", "1", px=4000)
    soon = iso_ms(utc_now() + timedelta(seconds=1))
    order = DialOrder(to="8001", media_url="ws://127.0.0.1:1/", expires_at=soon)
    assert [e.data["outcome"] for e in await _events(redis, order)] == [Outcome.EXPIRED]


async def test_the_user_agent_dies_while_it_rings(
    redis: RedisClient, agent: Agent, tmp_path: Path
) -> None:
    """Whoever waits is told; the next stage of the chain does not wait for the ring timer."""
    await _alive(redis)
    steps = [asked("INVITE"), response("180 Ringing"), asked("CANCEL", 20_000)]
    async with _callee(tmp_path / "sipp", steps) as address:
        order = DialOrder(to=address, media_url="ws://127.0.0.1:1/", ring_seconds=60)
        async for event in Dialler(redis).place(order):
            if event.name is LegEventName.RINGING:
                agent.kill()
            last = event
    assert last.data["outcome"] == Outcome.UNREACHABLE
    assert last.data["reason"] == "user_agent_lost"


async def test_lines_are_counted_both_ways(
    redis: RedisClient, redis_url: str, peer: Peer, tmp_path: Path
) -> None:
    """A telephone that rings takes a line; with none left the order is refused at once."""
    steps = [asked("INVITE"), response("180 Ringing"), asked("CANCEL"), response("200 OK")]
    async with (
        user_agent(tmp_path, peer.url, redis_url=redis_url, max_calls=1) as agent,
        _callee(tmp_path / "sipp", steps) as address,
    ):
        await _alive(redis)
        dialler = Dialler(redis)
        first = DialOrder(to=address, media_url="ws://127.0.0.1:1/")
        ringing = asyncio.Event()

        async def ring() -> None:
            async for event in dialler.place(first):
                if event.name is LegEventName.RINGING:
                    ringing.set()

        task = asyncio.create_task(ring())
        await asyncio.wait_for(ringing.wait(), 10)
        assert (await agent.health())["calls"] == 1
        events = await _events(redis, DialOrder(to=address, media_url="ws://127.0.0.1:1/"))
        assert (events[-1].data["outcome"], events[-1].data["reason"]) == ("no_line", "lines_busy")
        await dialler.hang_up(first.leg_id)
        await asyncio.wait_for(task, 10)
