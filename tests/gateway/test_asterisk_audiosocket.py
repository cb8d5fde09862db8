"""The AudioSocket link, spoken with as Asterisk's application speaks."""

from __future__ import annotations

import asyncio
import struct
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from tests.conference.support import BOT_HZ, CALLER_HZ, loudness, pitches, tone
from tests.support.asterisk import AudioSocketChannel
from tests.support.asterisk_house import PASSWORD, WORDS, Pbx, engine, pbx, redis_url, stores
from tests.support.house import free_ports
from tests.support.made_voice import made_voice
from voice_gateway.asterisk.arrivals import Arrival, Arrivals
from voice_gateway.call.ends import RecentEnds
from voice_gateway.links.audiosocket import AudioSocketLink
from voice_gateway.links.audiosocket_frames import read_frame
from voice_gateway.links.link import Audio, Digit, Parting, Received

__all__ = ["engine", "pbx", "redis_url", "stores"]

pytestmark = pytest.mark.timeout(120)

_FRAME = 320
_KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"


def _sound(raw: bytes) -> np.ndarray:
    return np.frombuffer(raw, dtype="<i2") / 32_768


async def _until(condition: object) -> None:
    async with asyncio.timeout(20):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


# --- the link alone -----------------------------------------------------------------------------


class _Far:
    """The gateway's end of one connection."""

    def __init__(self) -> None:
        self.opened: asyncio.Queue[AudioSocketLink] = asyncio.Queue()
        self.received: list[Received] = []
        self.gone = asyncio.Event()
        self.port = 0
        self.rate = 8000

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read the UUID, then what comes."""
        assert (await read_frame(reader)).payload == uuid.UUID(_KEY).bytes
        link = AudioSocketLink(reader, writer, self.rate)
        await self.opened.put(link)
        async for received in link.receive():
            self.received.append(received)
        self.gone.set()

    def audio(self) -> bytes:
        """Return the speech so far."""
        return b"".join(r.pcm for r in self.received if isinstance(r, Audio))


@asynccontextmanager
async def _linked(
    rate: int = 8000,
) -> AsyncIterator[tuple[_Far, AudioSocketChannel, AudioSocketLink]]:
    far, channel = _Far(), AudioSocketChannel()
    far.rate = rate
    (far.port,) = free_ports(1)
    server = await asyncio.start_server(far.accept, "127.0.0.1", far.port)
    await channel.connect("127.0.0.1", far.port, _KEY)
    async with asyncio.timeout(5):
        link = await far.opened.get()
    try:
        yield far, channel, link
    finally:
        await channel.close()
        await link.close("test")
        server.close()


@pytest.mark.parametrize(("rate", "kind", "size"), [(8000, 0x10, 320), (16_000, 0x12, 640)])
async def test_a_frame_of_silence_goes_out_every_20_ms(rate: int, kind: int, size: int) -> None:
    """The caller says nothing either: without these frames Asterisk gives up after 2 s."""
    async with _linked(rate) as (_, channel, _link):
        await asyncio.sleep(AudioSocketChannel.INACTIVE_SECONDS + 0.7)
        assert channel.ended == ""
        assert {(k, payload) for _, k, payload in channel.frames} == {(kind, bytes(size))}
        times = [at for at, _, _ in channel.frames]
        assert 0.018 < (times[-1] - times[0]) / (len(times) - 1) < 0.03


async def test_without_frames_the_stand_in_gives_up() -> None:
    """What the test before relies on."""
    async with _linked() as (_, channel, link):
        link._sending.cancel()
        async with asyncio.timeout(4):
            await channel.over.wait()
        assert channel.ended == "inactive"


async def test_speech_of_any_length_is_sent_in_whole_frames_at_the_pace_of_real_time() -> None:
    sound = np.random.default_rng(2).integers(-9000, 9000, 8000).astype("<i2").tobytes()
    pieces = [1, 3, 319, 321, 2, 7, 961, 640]
    async with _linked() as (_, channel, link):
        await _until(lambda: len(channel.frames) > 5)
        place = number = 0
        while place < len(sound):
            size = pieces[number % len(pieces)]
            assert await link.send(sound[place : place + size])
            place, number = place + size, number + 1
        await _until(lambda: sound in channel.heard())
        assert {len(payload) for _, _, payload in channel.frames} == {_FRAME}
        voiced = [at for at, _, payload in channel.frames if any(payload)]
        # 50 frames of one second: the first and the last are 49 steps apart.
        assert 0.9 < voiced[-1] - voiced[0] < 2.0


async def test_the_caller_is_heard_however_tcp_cuts_the_frames() -> None:
    sound = tone(CALLER_HZ, 0.5, 8000)
    stream = b"".join(
        struct.pack(">BH", 0x10, len(sound[p : p + s])) + sound[p : p + s]
        for p, s in _cuts(len(sound), [319, 1, 321, 0, 640, 5])
    )
    async with _linked() as (far, channel, _):
        for p, s in _cuts(len(stream), [1, 2, 100, 3, 777]):
            await channel.send_raw(stream[p : p + s])
            await asyncio.sleep(0)
        await _until(lambda: len(far.audio()) >= len(sound))
        assert far.audio() == sound
        assert all(len(r.pcm) % 2 == 0 for r in far.received if isinstance(r, Audio))


def _cuts(total: int, sizes: list[int]) -> list[tuple[int, int]]:
    cuts, place, number = [], 0, 0
    while place < total:
        size = sizes[number % len(sizes)]
        cuts.append((place, size))
        place, number = place + size, number + 1
    return cuts


async def test_speech_at_16_khz_is_converted() -> None:
    sound = tone(CALLER_HZ, 1.0, 16_000)
    async with _linked() as (far, channel, _):
        for place in range(0, len(sound), 640):
            await channel.send(0x12, sound[place : place + 640])
        await _until(lambda: len(far.audio()) > 15_000)
        heard = _sound(far.audio())
        assert pitches(heard, 8000, {"caller": CALLER_HZ, "octave": CALLER_HZ * 2}) == {"caller"}


async def test_keys_arrive_and_other_frames_are_passed_over() -> None:
    async with _linked() as (far, channel, _):
        await channel.send(0x13, bytes(960))  # 24 kHz: not spoken here
        await channel.send(0x02, b"?")
        await channel.send(0x03, b"")
        await channel.send(0x03, b"D")
        await channel.press("0")
        await channel.press("#")
        await _until(lambda: len(far.received) >= 2)
        assert far.received == [Digit("0"), Digit("#")]


async def test_a_barge_in_drops_what_waits() -> None:
    async with _linked() as (_, channel, link):
        sending = asyncio.create_task(link.send(tone(BOT_HZ, 1.0, 8000)))
        await _until(lambda: any(any(payload) for _, _, payload in channel.frames))
        await sending
        await link.clear()
        await asyncio.sleep(0.05)
        before = len(channel.frames)
        await _until(lambda: len(channel.frames) > before + 10)
        assert loudness(_sound(b"".join(p for _, _, p in channel.frames[before:]))) == 0


@pytest.mark.parametrize(
    ("how", "parting", "cause"),
    [
        ("hang_up", Parting.HUNG_UP, ""),
        ("crash", Parting.LOST, "asterisk_connection_lost"),
        ("close", Parting.LOST, "asterisk_connection_lost"),
        ("error", Parting.LOST, "asterisk_error_02"),
        ("nameless", Parting.LOST, "asterisk_error_unknown"),
        ("halfway", Parting.LOST, "asterisk_connection_lost"),
    ],
)
async def test_how_the_other_side_left_is_told_apart(
    how: str, parting: Parting, cause: str
) -> None:
    async with _linked() as (far, channel, link):
        match how:
            case "hang_up":
                await channel.hang_up()
            case "crash":
                channel.crash()
            case "close":
                await channel.close()
            case "error":
                await channel.send(0xFF, b"\x02")
            case "nameless":
                await channel.send(0xFF)
            case "halfway":
                await channel.send_raw(struct.pack(">BH", 0x10, 320) + bytes(100))
                await channel.close()
        async with asyncio.timeout(5):
            await far.gone.wait()
        assert (link.parting, link.cause) == (parting, cause)


async def test_the_last_words_are_sent_before_the_hang_up() -> None:
    sound = tone(BOT_HZ, 0.18, 8000)
    async with _linked() as (_, channel, link):
        await link.send(sound)
        await link.close("completed")
        await _until(lambda: channel.ended)
        assert channel.ended == "hangup"
        assert sound in channel.heard()
        assert {kind for _, kind, _ in channel.frames} == {0x00, 0x10}


# --- announced calls ----------------------------------------------------------------------------


def test_a_uuid_opens_once_and_not_for_long() -> None:
    now = [100.0]
    arrivals = Arrivals(lambda: now[0])
    one, other = (arrivals.announce(Arrival(name)) for name in ("a", "b"))
    assert arrivals.take(one) == Arrival("a")
    assert arrivals.take(one) is None
    now[0] += 21
    assert arrivals.take(other) is None


def test_only_ends_that_were_meant_are_told_as_such_and_only_for_a_while() -> None:
    now = [100.0]
    ends = RecentEnds(lambda: now[0])
    meant = ("completed", "silence", "agent_hung_up")
    for reason in (*meant, "link_lost", "caller_hung_up", "gateway_stopped", "transferred", ""):
        ends.note(reason, reason)
        assert ends.was_meant(reason) is (reason in meant)
    now[0] += 121
    assert not ends.was_meant("completed")


# --- a whole call -------------------------------------------------------------------------------


async def test_a_call_is_a_call_like_any_other(pbx: Pbx) -> None:
    channel = await pbx.connect(dialled="02161234567")
    started = await pbx.event("call.started")
    assert started.data["caller"] == "13812345678"
    assert started.data["channel"] == "audiosocket"
    assert (started.data["dialled"], started.data["pbx_call_id"]) == ("02161234567", "pbx-2.1")
    await _until(lambda: len(channel.heard()) > 8000 and _pitch(channel) == {"bot"})
    saying = asyncio.create_task(channel.say(made_voice(1.2, 8000) + bytes(320 * 500)))
    assert (await pbx.event("barge_in")).data["text"] == WORDS
    turn = await pbx.event("caller.turn")
    await pbx.event("bot.said", lambda event: event.seq > turn.seq)
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    await channel.press("0")
    assert (await pbx.event("dtmf")).data["digit"] == "0"
    assert (await pbx.event("handoff.requested")).data["reason"] == "caller_asked"
    await channel.hang_up()
    ended = await pbx.event("call.ended")
    assert (ended.data["reason"], ended.data.get("cause")) == ("caller_hung_up", None)


def _pitch(channel: AudioSocketChannel) -> set[str]:
    return pitches(_sound(channel.heard()[-8000:]), 8000, {"bot": BOT_HZ, "caller": CALLER_HZ})


async def test_a_torn_connection_is_noticed_and_its_cause_is_written(pbx: Pbx) -> None:
    channel = await pbx.connect()
    await pbx.event("bot.said")
    torn = asyncio.get_running_loop().time()
    channel.crash()
    ended = await pbx.event("call.ended")
    assert asyncio.get_running_loop().time() - torn < 5
    assert ended.data["reason"] == "link_lost"
    assert ended.data["cause"] == "asterisk_connection_lost"
    assert await pbx.request("GET", "/v1/asterisk/done?call=pbx-2.1") == (200, "0")


async def test_the_dialplan_learns_that_the_end_was_meant(pbx: Pbx) -> None:
    pbx.engine.answer = lambda text: {"messages": [{"text": "再见。"}], "end_call": True}
    channel = await pbx.connect(call="pbx-2.7")
    await pbx.event("bot.said")
    await channel.say(made_voice(1.2, 8000) + bytes(320 * 100))
    await _until(lambda: channel.ended)
    assert channel.ended == "hangup"
    assert await pbx.request("GET", "/v1/asterisk/done?call=pbx-2.7") == (200, "1")


async def test_a_uuid_that_nobody_announced_gets_a_hang_up(pbx: Pbx) -> None:
    channel = await pbx.connect_as(str(uuid.uuid4()))
    async with asyncio.timeout(5):
        await channel.over.wait()
    assert [(kind, payload) for _, kind, payload in channel.frames] == [(0x00, b"")]
    assert await pbx.events() == []


async def test_a_uuid_opens_one_call_only(pbx: Pbx) -> None:
    status, key = await pbx.request("POST", "/v1/asterisk/calls", data={"call": "b.1"})
    assert status == 200
    first, second = await pbx.connect_as(key), await pbx.connect_as(key)
    async with asyncio.timeout(5):
        await second.over.wait()
    assert second.ended == "hangup"
    await pbx.event("bot.said")
    assert first.ended == ""
    assert [e.name for e in await pbx.events()].count("call.started") == 1


async def test_who_says_nothing_or_something_else_is_sent_away(pbx: Pbx) -> None:
    mute = await pbx.connect_as(None)
    rude = await pbx.connect_as(None)
    await rude.send_raw(b"GET / HTTP/1.1\r\n\r\n")
    short = await pbx.connect_as(None)
    await short.send(0x01, b"short")
    async with asyncio.timeout(6):
        for channel in (mute, rude, short):
            await channel.over.wait()
    assert not any(kind == 0x10 for c in (mute, rude, short) for _, kind, _ in c.frames)
    assert await pbx.events() == []


@pytest.mark.parametrize(
    ("password", "form", "status"),
    [("wrong-horse-battery", {"call": "1"}, 401), ("", {"call": "1"}, 401), (PASSWORD, {}, 400)],
)
async def test_who_is_not_asterisk_may_announce_nothing(
    pbx: Pbx, password: str, form: dict[str, str], status: int
) -> None:
    found, text = await pbx.request("POST", "/v1/asterisk/calls", password=password, data=form)
    assert found == status
    assert len(text) != 36
    assert (await pbx.request("GET", "/v1/asterisk/done?call=1", password=password))[0] == (
        200 if password == PASSWORD else 401
    )


async def test_a_full_house_says_so_before_asterisk_connects(pbx: Pbx) -> None:
    await pbx.connect(call="c.1")
    await pbx.connect(call="c.2")
    await pbx.event("call.started", lambda event: event.data["pbx_call_id"] == "c.2")
    status, text = await pbx.request("POST", "/v1/asterisk/calls", data={"call": "c.3"})
    assert (status, text) == (503, "busy")
