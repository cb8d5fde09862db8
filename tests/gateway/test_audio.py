"""Recording and live resampling."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice_gateway.pipeline.resampling import LiveResampler
from voice_gateway.recording.recorder import CallRecorder


def _tone(hz: float, seconds: float, rate: int) -> npt.NDArray[np.int16]:
    time = np.arange(int(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * hz * time)).astype("<i2")


def _correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Highest normalised cross-correlation over all shifts."""
    product = np.fft.irfft(
        np.fft.rfft(one, 2 * len(one)) * np.conj(np.fft.rfft(other, 2 * len(one)))
    )
    return float(product.max() / np.sqrt((one**2).sum() * (other**2).sum()))


def test_live_resampling_keeps_the_speech_and_adds_little_delay() -> None:
    """8 kHz telephone to 16 kHz desk, frame by frame of 20 ms."""
    source = _tone(440, 1.0, 8000)
    resampler = LiveResampler(8000, 16000)
    frames = [resampler.convert(source[i : i + 160].tobytes()) for i in range(0, 8000, 160)]
    out = np.frombuffer(b"".join(frames), dtype="<i2").astype(float)
    expected = _tone(440, 1.0, 16000).astype(float)[: len(out)]
    assert _correlation(out, expected) > 0.99
    # What is held back for good is below one frame.
    assert len(expected) - 320 <= len(out) <= 16000


async def test_the_recording_holds_both_sides_in_step(tmp_path: Path) -> None:
    """Left the caller, right what the caller heard, at the time it was heard."""
    rate, chunk = 8000, 160
    caller, bot = _tone(300, 3.0, rate), _tone(700, 1.0, rate)
    path = tmp_path / "recordings" / "call.wav"
    recorder = CallRecorder(path, rate)
    for start in range(0, len(caller), chunk):
        if rate <= start < 2 * rate:
            recorder.said(bot[start - rate : start - rate + chunk].tobytes())
        recorder.heard(caller[start : start + chunk].tobytes())
    await recorder.close()
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, rate)
        stereo = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    assert np.array_equal(stereo[: len(caller), 0], caller)
    assert np.array_equal(stereo[rate : 2 * rate, 1], bot)
    assert not stereo[:rate, 1].any()
    assert path.parent.stat().st_mode & 0o077 == 0
