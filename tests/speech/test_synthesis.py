"""Voices: cache first, the online one in time, the packaged one always."""

import asyncio
import time

import edge_tts.communicate
import numpy as np
import pytest
from aiohttp import web

from tests.speech.fake_edge import FakeEdge, mp3
from tests.speech.sounds import samples, tone
from voice_gateway.speech.synthesis import (
    CircuitBreaker,
    EdgeVoice,
    PackagedVoice,
    SentenceCache,
    Speaker,
    SpeechUnavailable,
    VoiceSource,
)
from voice_gateway.speech.synthesis.breaker import BreakerState
from voice_gateway.speech.synthesis.speaker import sentences

TEXT = "您好，请问有什么可以帮您？"


@pytest.fixture
async def edge(monkeypatch):
    """The endpoint, speaking a 2 s tone for any sentence."""
    monkeypatch.setattr(edge_tts.communicate, "WSS_URL", edge_tts.communicate.WSS_URL)
    fake = FakeEdge(mp3(tone(440, 2.0, 24000, 0.3)))
    app = web.Application()
    app.router.add_get("/edge/v1", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    fake.url = f"ws://127.0.0.1:{port}/edge/v1?TrustedClientToken=x"
    yield fake
    await runner.cleanup()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
async def house(edge, packaged_voice, tmp_path):
    """A speaker with both voices, a clock to turn, and the endpoint to break."""
    clock = Clock()
    voice = EdgeVoice("zh-CN-XiaoxiaoNeural", first_audio_s=0.4, stall_s=0.3, url=edge.url)
    speaker = Speaker(
        SentenceCache(tmp_path), packaged_voice, voice, CircuitBreaker(2, 30.0, clock), 220.0
    )
    speaker.clock = clock
    return speaker


async def say(speaker, text, rate=8000):
    chunks = [chunk async for chunk in speaker.speak(text, rate)]
    assert {chunk.sample_rate for chunk in chunks} == {rate}
    return chunks


def sources(chunks):
    return list(dict.fromkeys(chunk.source for chunk in chunks))


def seconds(chunks):
    return sum(len(chunk.pcm) for chunk in chunks) / 2 / chunks[0].sample_rate


def loudest_tone(x, rate):
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    return np.argmax(spectrum) * rate / x.size


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_the_online_voice_is_decoded_and_resampled(house, edge, rate):
    chunks = await say(house, TEXT, rate)
    assert sources(chunks) == [VoiceSource.EDGE]
    assert len(chunks) > 3, "it streams"
    assert seconds(chunks) == pytest.approx(2.0, abs=0.15)
    sound = samples(b"".join(chunk.pcm for chunk in chunks))
    assert loudest_tone(sound, rate) == pytest.approx(440, abs=3)
    assert edge.asked == [TEXT]
    assert edge.rates == ["-19%"]


async def test_a_sentence_is_asked_for_once(house, edge):
    first = await say(house, TEXT)
    again = await say(house, TEXT)
    assert sources(again) == [VoiceSource.CACHE]
    assert b"".join(c.pcm for c in again) == b"".join(c.pcm for c in first)
    assert edge.attempts == 1


@pytest.mark.parametrize("mode", ["forbidden", "hang", "garbage", "silent"])
async def test_when_the_online_voice_fails_the_packaged_one_speaks(house, edge, mode):
    edge.mode = mode
    started = time.monotonic()
    chunks, first_at = [], None
    async for chunk in house.speak(TEXT, 8000):
        first_at = first_at or time.monotonic() - started
        chunks.append(chunk)
    assert sources(chunks) == [VoiceSource.PACKAGED]
    assert seconds(chunks) > 1.5
    if mode == "hang":
        assert first_at >= 0.4, "it waited for its deadline"
    edge.mode = "ok"
    assert sources(await say(house, TEXT)) == [VoiceSource.CACHE], "the packaged speech was kept"


@pytest.mark.parametrize("mode", ["drop", "stall"])
async def test_a_sentence_broken_off_is_finished(house, edge, packaged_voice, mode):
    edge.mode, edge.drop_after = mode, len(edge.audio) * 6 // 10
    chunks = await say(house, TEXT)
    assert sources(chunks) == [VoiceSource.EDGE, VoiceSource.PACKAGED]
    rest = [c async for c in packaged_voice.stream("请问有什么可以帮您？", 220.0)]
    finished = [c for c in chunks if c.source is VoiceSource.PACKAGED]
    assert seconds(finished) == pytest.approx(sum(map(len, rest)) / 48000, abs=0.1)
    edge.mode = "ok"
    assert sources(await say(house, TEXT)) == [VoiceSource.EDGE], "the mended one was not kept"


async def test_a_text_is_spoken_sentence_by_sentence(house, edge):
    await say(house, "好的，我记下了。请问您贵姓？")
    assert edge.asked == ["好的，我记下了。", "请问您贵姓？"]
    chunks = await say(house, "请问您贵姓？")
    assert sources(chunks) == [VoiceSource.CACHE]


async def test_the_breaker_opens_probes_once_and_closes(house, edge):
    edge.mode = "forbidden"
    await say(house, "一。")
    await say(house, "二。")
    tried = edge.attempts
    assert house.breaker.state is BreakerState.OPEN
    await say(house, "三。")
    assert edge.attempts == tried
    house.clock.now = 31.0
    assert house.breaker.state is BreakerState.HALF_OPEN
    await say(house, "四。")
    assert edge.attempts > tried
    tried = edge.attempts
    house.clock.now = 62.0
    await say(house, "五。")
    assert edge.attempts == tried, "a failed probe doubles the wait"
    house.clock.now = 92.0
    edge.mode = "ok"
    assert sources(await say(house, "六。")) == [VoiceSource.EDGE]
    assert house.breaker.state is BreakerState.CLOSED


def test_only_one_caller_probes():
    clock = Clock()
    breaker = CircuitBreaker(1, 10.0, clock)
    breaker.failed()
    clock.now = 11.0
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.abandoned()
    assert breaker.allows()


async def test_an_interrupted_sentence_ends_its_request_and_breaks_nothing(house, edge):
    speech = house.speak(TEXT, 8000)
    await anext(speech)
    await speech.aclose()
    assert house.breaker.state is BreakerState.CLOSED
    assert house.breaker.allows()
    assert sources(await say(house, TEXT)) == [VoiceSource.EDGE], "half a sentence was not kept"


async def test_no_voice_at_all_is_an_error_to_act_on(tmp_path):
    nobody = PackagedVoice("http://127.0.0.1:9")
    speaker = Speaker(SentenceCache(tmp_path), nobody, None, CircuitBreaker(1, 1.0), 220.0)
    with pytest.raises(SpeechUnavailable) as caught:
        await say(speaker, TEXT)
    assert caught.value.retryable
    assert not await nobody.healthy()
    await speaker.close()


async def test_fixed_sentences_are_ready_before_calls(house, edge, packaged_voice_url, tmp_path):
    fixed = ["请您不要着急，我马上为您转接。", "请稍等。"]
    assert house.missing(fixed) == tuple(fixed)
    told = []
    edge.mode = "forbidden"
    await house.prepare(fixed, lambda done, total: told.append((done, total)))
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert edge.asked == []
    assert house.missing(fixed) == ()
    assert house.missing([*fixed, "新的一句。"]) == ("新的一句。",)

    # Another process, with neither voice to be had, still says them.
    alone = Speaker(
        SentenceCache(tmp_path),
        PackagedVoice("http://127.0.0.1:9"),
        None,
        CircuitBreaker(1, 1.0),
        220.0,
    )
    for rate in (8000, 16000, 24000):
        assert sources(await say(alone, fixed[0], rate)) == [VoiceSource.CACHE]
    await alone.close()


async def test_two_listeners_at_once_hear_the_same(packaged_voice):
    async def whole():
        chunks = [c async for c in packaged_voice.stream("好的，我记下了。", 220.0)]
        return samples(b"".join(chunks))

    one, two = await asyncio.gather(whole(), whole())
    # The voice is not the same to the sample each time; one cut into the other would be longer
    # or shorter by clauses.
    assert abs(one.size - two.size) < 0.02 * one.size
    assert np.std(one) == pytest.approx(np.std(two), rel=0.1)


def test_sentences_keep_their_marks():
    assert sentences("您好。请问——“是五栋吗？”好的") == ["您好。", "请问——“是五栋吗？”", "好的"]
    assert sentences("。") == []
