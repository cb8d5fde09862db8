"""The WebSocket link, spoken with as Asterisk's channel driver speaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
from aiohttp import web

from tests.conference.support import BOT_HZ, CALLER_HZ, loudness, pitches, tone
from tests.support.asterisk import WebSocketChannel
from tests.support.asterisk_house import (
    PASSWORD,
    USER,
    WORDS,
    Pbx,
    engine,
    pbx,
    redis_url,
    stores,
)
from tests.support.house import free_ports
from tests.support.made_voice import made_voice
from voice_gateway.links.asterisk_messages import Command, EventName, decode, encode
from voice_gateway.links.asterisk_websocket import AsteriskWebSocketLink
from voice_gateway.links.link import Audio, Digit, Parting, Received
from zhiban.errors import ErrorCode, ZhibanError

__all__ = ["engine", "pbx", "redis_url", "stores"]

pytestmark = pytest.mark.timeout(120)


def _sound(raw: bytes) -> np.ndarray:
    return np.frombuffer(raw, dtype="<i2") / 32_768


async def _until(condition: object) -> None:
    async with asyncio.timeout(20):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


# --- the link alone -----------------------------------------------------------------------------


class _Gateway:
    """Opens a link on every socket and keeps what it yields."""

    def __init__(self) -> None:
        self.links: asyncio.Queue[AsteriskWebSocketLink] = asyncio.Queue()
        self.refused: asyncio.Queue[ZhibanError] = asyncio.Queue()
        self.received: list[Received] = []
        self.gone = asyncio.Event()
        self.parted = asyncio.Event()
        self.url = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Hold a call until somebody lets go of it."""
        socket = web.WebSocketResponse(protocols=("media",), heartbeat=2, timeout=2)
        await socket.prepare(request)
        try:
            link = await AsteriskWebSocketLink.open(socket)
        except ZhibanError as error:
            await self.refused.put(error)
            await socket.close()
            return socket
        await self.links.put(link)

        async def read() -> None:
            async for received in link.receive():
                self.received.append(received)
            self.gone.set()

        reading = asyncio.create_task(read())
        await self.parted.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await link.close("test")
        return socket

    def audio(self) -> bytes:
        """Return the speech so far."""
        return b"".join(r.pcm for r in self.received if isinstance(r, Audio))


@asynccontextmanager
async def _gateway() -> AsyncIterator[_Gateway]:
    gateway = _Gateway()
    app = web.Application()
    app.router.add_get("/", gateway.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    (port,) = free_ports(1)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    gateway.url = f"ws://127.0.0.1:{port}/"
    try:
        yield gateway
    finally:
        gateway.parted.set()
        await runner.cleanup()


@asynccontextmanager
async def _linked(
    codec: str = "slin16", **levels: int
) -> AsyncIterator[tuple[_Gateway, WebSocketChannel, AsteriskWebSocketLink]]:
    channel = WebSocketChannel(codec, **levels)
    async with _gateway() as gateway:
        try:
            await channel.dial(gateway.url, USER, PASSWORD)
            async with asyncio.timeout(5):
                yield_link = await gateway.links.get()
            yield gateway, channel, yield_link
        finally:
            await channel.close()


@pytest.mark.parametrize("command", list(Command))
async def test_asterisk_takes_every_command(command: Command) -> None:
    fields: dict[str, str] = {}
    if command is Command.SET_MEDIA_DIRECTION:
        fields = {"direction": "both"}
    elif command in (Command.MARK_MEDIA, Command.STOP_MEDIA_BUFFERING):
        fields = {"correlation_id": "0f8fad5b-d9cb-469f-a165-70867728950e"}
    text = encode(command, **fields)
    assert len(text.encode()) <= 128
    async with _linked() as (_, channel, link):
        await link._socket.send_str(text)
        assert await channel.told(command.value) == {"command": command.value, **fields}
        assert channel.ignored == []


def test_a_command_that_asterisk_would_ignore_is_not_sent() -> None:
    with pytest.raises(ValueError, match="MARK_MEDIA"):
        encode(Command.MARK_MEDIA, correlation_id="x" * 100)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"event": "DTMF_END", "channel_id": "1.2", "digit": "#"}, ("DTMF_END", "#", False, 0)),
        ({"event": "MEDIA_XOFF", "channel_id": "1.2"}, ("MEDIA_XOFF", "", False, 0)),
        ({"event": "MEDIA_XON", "channel_id": "1.2"}, ("MEDIA_XON", "", False, 0)),
        (
            {"event": "STATUS", "queue_length": 43, "queue_full": True, "bulk_media": False},
            ("STATUS", "", True, 43),
        ),
        (
            {"event": "MEDIA_BUFFERING_COMPLETED", "correlation_id": "a"},
            ("MEDIA_BUFFERING_COMPLETED", "", False, 0),
        ),
        ({"event": "MEDIA_MARK_PROCESSED"}, ("MEDIA_MARK_PROCESSED", "", False, 0)),
        ({"event": "QUEUE_DRAINED", "channel_id": "1.2"}, ("QUEUE_DRAINED", "", False, 0)),
        ({"event": "ERROR", "error_text": "no"}, ("ERROR", "", False, 0)),
    ],
)
def test_every_event_is_understood(
    raw: dict[str, object], expected: tuple[str, str, bool, int]
) -> None:
    event = decode(json.dumps(raw))
    assert event is not None
    assert (event.name, event.digit, event.queue_full, event.queue_length) == expected
    assert event.name in EventName
    assert bool(event.text) == (raw["event"] == "ERROR")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "MEDIA_START connection_id:1 format:slin16",
        "[]",
        "null",
        '{"a":1}',
        '{"event":"NEWS"}',
        '{"event":"MEDIA_START","format":"slin16"}',
        '{"event":["DTMF_END"]}',
    ],
)
def test_what_is_no_event_is_passed_over(raw: str) -> None:
    assert decode(raw) is None


@pytest.mark.parametrize(("codec", "rate", "size"), [("slin16", 16_000, 640), ("slin", 8_000, 320)])
async def test_frames_are_whole_and_come_every_20_ms_while_nothing_is_said(
    codec: str, rate: int, size: int
) -> None:
    async with _linked(codec) as (_, channel, link):
        assert link.sample_rate == rate
        await _until(lambda: len(channel.messages) > 60)
        assert {length for _, length in channel.messages} == {size}
        assert channel.lost_tails == 0
        times = [at for at, _ in channel.messages]
        assert 0.018 < (times[-1] - times[0]) / (len(times) - 1) < 0.03
        assert channel.answered


async def test_odd_pieces_of_speech_arrive_whole_in_both_directions() -> None:
    sound = tone(CALLER_HZ, 1.0, 16_000)
    pieces = [1, 3, 639, 641, 1, 7, 1279, 2, 5]
    async with _linked() as (gateway, channel, link):
        place = 0
        for number in range(10_000):
            size = pieces[number % len(pieces)]
            await channel.speak(sound[place : place + size])
            place += size
            if place >= len(sound):
                break
        await _until(lambda: len(gateway.audio()) >= len(sound))
        assert gateway.audio() == sound
        assert all(len(r.pcm) % 2 == 0 for r in gateway.received if isinstance(r, Audio))
        place = 0
        for number in range(10_000):
            size = pieces[number % len(pieces)]
            assert await link.send(sound[place : place + size])
            place += size
            if place >= len(sound):
                break
        await _until(lambda: sound in channel.heard())
        assert channel.lost_tails == 0


async def test_xoff_in_the_middle_of_a_sentence_loses_nothing() -> None:
    """A telephone on hold: nothing is played, the queue fills, the sentence waits."""
    sound = np.random.default_rng(1).integers(-9000, 9000, 16_000 * 3).astype("<i2").tobytes()
    async with _linked(xoff=30, xon=20, capacity=40) as (_, channel, link):

        async def say() -> None:
            for place in range(0, len(sound), 640):
                assert await link.send(sound[place : place + 640])

        saying = asyncio.create_task(say())
        await _until(lambda: len(channel.messages) > 20)
        channel.stalled = True
        await _until(lambda: "MEDIA_XOFF" in channel.events)
        await asyncio.sleep(0.1)  # what was on its way when XOFF came
        before = len(channel.messages)
        await asyncio.sleep(0.5)
        assert len(channel.messages) == before, "frames were sent after XOFF"
        assert not saying.done()
        channel.stalled = False
        await saying
        await _until(lambda: sound in channel.heard())
        assert channel.dropped == 0
        assert "MEDIA_XON" in channel.events


async def test_a_lost_xon_does_not_silence_the_call() -> None:
    async with _linked() as (_, channel, _link):
        await channel.tell("MEDIA_XOFF", channel_id="pbx-1.2")
        await asyncio.sleep(0.1)
        before = len(channel.messages)
        await channel.told("GET_STATUS")
        assert len(channel.messages) == before
        await _until(lambda: len(channel.messages) > before + 10)


async def test_clear_drops_what_waits_here_and_there() -> None:
    sound = tone(BOT_HZ, 1.0, 16_000)
    async with _linked() as (_, channel, link):
        for place in range(0, 6400, 640):
            await link.send(sound[place : place + 640])
        await link.clear()
        await channel.told("FLUSH_MEDIA")
        played = len(channel.played)
        await asyncio.sleep(0.3)
        assert loudness(_sound(b"".join(f or b"\0\0" for f in channel.played[played + 1 :]))) == 0


async def test_events_that_need_nothing_disturb_nothing() -> None:
    async with _linked() as (gateway, channel, _):
        await channel.tell("MEDIA_BUFFERING_COMPLETED", correlation_id="a")
        await channel.tell("MEDIA_MARK_PROCESSED", correlation_id="b")
        await channel.tell("QUEUE_DRAINED")
        await channel.tell("ERROR", error_text="Command not recognized")
        await channel.tell("STATUS", queue_full=False, queue_length=0)
        await channel.socket.send_str("no json")
        await channel.press("A")
        await channel.press("5")
        await _until(lambda: gateway.received)
        assert gateway.received == [Digit("5")]
        before = len(channel.messages)
        await _until(lambda: len(channel.messages) > before + 5)


async def test_the_last_words_are_played_before_the_hang_up() -> None:
    sound = tone(BOT_HZ, 0.3, 16_000)
    async with _linked() as (gateway, channel, link):
        for place in range(0, len(sound), 640):
            await link.send(sound[place : place + 640])
        gateway.parted.set()
        async with asyncio.timeout(5):
            await channel.told("HANGUP")
        assert sound in channel.heard()
        assert [c["command"] for c in channel.commands][-2:] == ["REPORT_QUEUE_DRAINED", "HANGUP"]


@pytest.mark.parametrize("start", ["", '{"event":"DTMF_END","digit":"1"}', "MEDIA_START a:b"])
async def test_without_a_media_start_nothing_is_answered(
    start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_gateway.links.asterisk_websocket._START_SECONDS", 0.3)
    channel = WebSocketChannel()
    async with _gateway() as gateway:
        await channel.dial(gateway.url, USER, PASSWORD, start=start)
        async with asyncio.timeout(5):
            assert (await gateway.refused.get()).code is ErrorCode.BAD_MESSAGE
            await channel.closed.wait()
        assert channel.commands == []
        await channel.close()


@pytest.mark.parametrize("codec", ["ulaw", "opus", "slin48"])
async def test_a_format_that_is_not_spoken_is_not_answered(codec: str) -> None:
    channel = WebSocketChannel(codec)
    async with _gateway() as gateway:
        await channel.dial(gateway.url, USER, PASSWORD)
        async with asyncio.timeout(5):
            error = await gateway.refused.get()
            await channel.closed.wait()
        assert codec in error.message
        assert channel.commands == []
        await channel.close()


async def test_a_sender_learns_that_the_channel_is_gone() -> None:
    async with _linked() as (gateway, channel, link):
        channel.crash()
        async with asyncio.timeout(5):
            await gateway.gone.wait()
            while await link.send(bytes(640)):
                await asyncio.sleep(0.02)
        assert (link.parting, link.cause) == (Parting.LOST, "asterisk_connection_lost")


# --- a whole call -------------------------------------------------------------------------------


async def test_a_call_is_a_call_like_any_other(pbx: Pbx) -> None:
    """Greeting heard, words understood and answered, barge-in flushed, hang-up noticed."""
    channel = await pbx.dial("call=pbx-7.1&caller=%2B8613812345678&dialled=02161234567")
    started = await pbx.event("call.started")
    assert started.data["caller"] == "13812345678"
    assert started.data["channel"] == "asterisk"
    assert (started.data["dialled"], started.data["pbx_call_id"]) == ("02161234567", "pbx-7.1")
    await pbx.event("bot.said")
    await _until(lambda: BOT_HZ in _heard(channel))
    # Speaks over the greeting: the bot falls silent, in Asterisk's queue too.
    flushed = asyncio.create_task(channel.told("FLUSH_MEDIA"))
    await channel.say(made_voice(1.2, 16_000))
    async with asyncio.timeout(10):
        await flushed
    assert (await pbx.event("barge_in")).data["text"] == WORDS
    silence = asyncio.create_task(channel.say(bytes(640 * 500)))
    turn = await pbx.event("caller.turn")
    silence.cancel()
    assert turn.data["text"] == WORDS
    assert pbx.engine.heard == [WORDS]
    await pbx.event("bot.said", lambda event: event.seq > turn.seq)
    await channel.hang_up()
    ended = await pbx.event("call.ended")
    assert ended.data["reason"] == "caller_hung_up"
    assert "cause" not in ended.data


def _heard(channel: WebSocketChannel) -> set[float]:
    sound = _sound(channel.heard())[-channel.rate :]
    if len(sound) < channel.rate // 4:
        return set()
    return {BOT_HZ} if pitches(sound, channel.rate, {"bot": BOT_HZ}) else set()


async def test_keys_reach_the_call(pbx: Pbx) -> None:
    channel = await pbx.dial()
    await pbx.event("bot.said")
    await channel.press("7")
    await channel.press("0")
    assert (await pbx.event("dtmf")).data["digit"] == "7"
    requested = await pbx.event("handoff.requested")
    assert requested.data["reason"] == "caller_asked"


async def test_a_torn_socket_is_noticed_and_its_cause_is_written(pbx: Pbx) -> None:
    channel = await pbx.dial()
    await pbx.event("bot.said")
    torn = asyncio.get_running_loop().time()
    channel.crash()
    ended = await pbx.event("call.ended")
    assert asyncio.get_running_loop().time() - torn < 5
    assert ended.data["reason"] == "link_lost"
    assert ended.data["cause"] == "asterisk_connection_lost"


async def test_an_asterisk_that_falls_silent_is_noticed_within_5_s(pbx: Pbx) -> None:
    """The machine is unplugged: no close, no reset, no answer to a ping."""
    channel = await pbx.dial()
    await pbx.event("bot.said")
    unplugged = asyncio.get_running_loop().time()
    assert channel.socket._response.connection is not None
    transport = channel.socket._response.connection.transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    ended = await pbx.event("call.ended")
    assert asyncio.get_running_loop().time() - unplugged < 5
    assert (ended.data["reason"], ended.data["cause"]) == ("link_lost", "asterisk_silent")


async def test_the_dialplan_learns_whether_the_end_was_meant(pbx: Pbx) -> None:
    pbx.engine.answer = lambda text: {"messages": [{"text": "再见。"}], "end_call": True}
    channel = await pbx.dial("call=pbx-8.1&caller=13812345678")
    await pbx.event("bot.said")
    assert await pbx.request("GET", "/v1/asterisk/done?call=pbx-8.1") == (200, "0")
    await channel.say(made_voice(1.2, 16_000) + bytes(640 * 60))
    async with asyncio.timeout(15):
        await channel.told("HANGUP")
        await channel.closed.wait()
    assert await pbx.request("GET", "/v1/asterisk/done?call=pbx-8.1") == (200, "1")
    assert await pbx.request("GET", "/v1/asterisk/done?call=pbx-9.9") == (200, "0")
    torn = await pbx.dial("call=pbx-8.2")
    torn.crash()
    await pbx.event("call.ended", lambda event: event.data["reason"] == "link_lost")
    assert await pbx.request("GET", "/v1/asterisk/done?call=pbx-8.2") == (200, "0")


async def test_an_end_by_the_sip_link_is_told_to_the_dialplan_too(pbx: Pbx) -> None:
    pbx.engine.answer = lambda text: {"messages": [{"text": "再见。"}], "end_call": True}
    start = {"type": "start", "channel": "sip", "sample_rate": 8000, "pbx_call_id": "pbx-8.9"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(pbx.gateway + "/v1/voice") as socket,
    ):
        await socket.send_json(start)
        await socket.send_json({"type": "say", "text": "没有了谢谢"})
        ended = [m async for m in socket if m.type is aiohttp.WSMsgType.TEXT][-1]
    assert json.loads(ended.data) == {"type": "ended", "reason": "completed"}
    assert await pbx.request("GET", "/v1/asterisk/done?call=pbx-8.9") == (200, "1")


@pytest.mark.parametrize(
    ("cause", "reason"),
    [("bye", "caller_hung_up"), ("no_media", "link_lost"), ("signalling", "link_lost")],
)
async def test_a_telephone_that_broke_off_has_not_hung_up(
    pbx: Pbx, cause: str, reason: str
) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(pbx.gateway + "/v1/voice") as socket,
    ):
        await socket.send_json({"type": "start", "channel": "sip", "sample_rate": 8000})
        await pbx.event("bot.said")
        await socket.send_json({"type": "hangup", "cause": cause})
        ended = await pbx.event("call.ended")
    assert (ended.data["reason"], ended.data["cause"]) == (reason, cause)


@pytest.mark.parametrize(
    ("user", "password", "query", "status"),
    [
        (USER, "wrong-horse-battery", "call=1", 401),
        ("root", PASSWORD, "call=1", 401),
        (USER, PASSWORD, "", 400),
    ],
)
async def test_who_is_not_asterisk_gets_no_socket(
    pbx: Pbx, user: str, password: str, query: str, status: int
) -> None:
    channel = WebSocketChannel()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await channel.dial(f"{pbx.media_url}?{query}", user, password)
    await channel.close()
    assert refused.value.status == status
    if status == 401:
        assert refused.value.headers is not None
        assert refused.value.headers["WWW-Authenticate"].startswith("Basic")
    assert await pbx.events() == []


async def test_a_client_without_the_media_subprotocol_is_turned_away(pbx: Pbx) -> None:
    channel = WebSocketChannel()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await channel.dial(f"{pbx.media_url}?call=1", USER, PASSWORD, protocols=())
    await channel.close()
    assert refused.value.status == 426


async def test_one_call_more_than_allowed_is_refused_before_it_is_answered(pbx: Pbx) -> None:
    await pbx.dial("call=a.1")
    with pytest.raises(aiohttp.WSServerHandshakeError) as twice:
        await pbx.dial("call=a.1")
    assert twice.value.status == 409
    second = await pbx.dial("call=a.2")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await pbx.dial("call=a.3")
    assert refused.value.status == 503
    await second.hang_up()
    await pbx.event("call.ended")
    async with asyncio.timeout(10):
        while (await pbx.request("POST", "/v1/asterisk/calls", data={"call": "a.4"}))[0] != 200:
            await asyncio.sleep(0.1)
