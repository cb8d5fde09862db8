"""Sounds for tests, and how alike two texts sound."""

import asyncio
import re
import subprocess
import urllib.error
import urllib.request
import wave
from pathlib import Path

import numpy as np
import soundfile
import soxr
from pypinyin import lazy_pinyin

ROOT = Path(__file__).resolve().parents[2]
HUMAN_CLIPS = ROOT.parent / "shared" / "audio" / "real"
_DIGITS = str.maketrans("0123456789幺", "零一二三四五六七八九一")


def pcm(samples: np.ndarray) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def samples(pcm16: bytes) -> np.ndarray:
    return np.frombuffer(pcm16, "<i2").astype(np.float64) / 32768


def to_rate(x: np.ndarray, have: int, want: int) -> np.ndarray:
    return soxr.resample(x, have, want)


def read_wav(path: Path, rate: int) -> np.ndarray:
    x, have = soundfile.read(path, dtype="float64")
    return to_rate(x if x.ndim == 1 else x[:, 0], have, rate)


def on_the_line(x: np.ndarray, rate: int = 8000, lead_s: float = 0.3, trail_s: float = 0.5):
    """As a call delivers it: a pause before and after, line noise 35 dB under the voice."""
    level = np.sqrt(np.mean(x**2)) * 10 ** (-35 / 20)
    whole = np.concatenate([np.zeros(int(rate * lead_s)), x, np.zeros(int(rate * trail_s))])
    return whole + np.random.default_rng(7).normal(0, level, whole.size)


def tone(hertz: float, seconds: float, rate: int = 8000, level: float = 0.2) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def pink(seconds: float, level: float, rate: int = 8000) -> np.ndarray:
    white = np.random.default_rng(3).standard_normal(int(seconds * rate))
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(np.arange(white.size // 2 + 1), 1))
    noise = np.fft.irfft(spectrum, white.size)
    return noise / np.std(noise) * level


def melody(seconds: float, rate: int = 8000, seed: int = 0) -> np.ndarray:
    notes = np.random.default_rng(seed)
    out = np.zeros(int(seconds * rate))
    for start in range(0, out.size, rate // 4):
        t = np.arange(min(int(0.4 * rate), out.size - start)) / rate
        f = 220 * 2 ** (notes.integers(0, 24) / 12)
        out[start : start + t.size] += sum(
            np.sin(2 * np.pi * f * k * t) / k for k in (1, 2, 3)
        ) * np.exp(-4 * t)
    return 0.3 * out / np.abs(out).max()


def syllables(text: str) -> list[str]:
    return lazy_pinyin(re.sub(r"\W", "", text).translate(_DIGITS))


def unlike(heard: str, said: str) -> float:
    """Share of syllables that differ: 0 alike, 1 nothing in common."""
    a, b = syllables(heard), syllables(said)
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1] / max(1, len(b))


def write_wav(path: Path, x: np.ndarray, rate: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm(x))
    return path


async def until_healthy(url: str, process: subprocess.Popen) -> None:
    """Wait for a service; give up only when its process has ended."""
    while process.poll() is None:
        try:
            await asyncio.to_thread(urllib.request.urlopen, f"{url}/health")
            return
        except (urllib.error.URLError, ConnectionError):
            await asyncio.sleep(0.1)
    raise AssertionError(f"the packaged voice ended with {process.returncode}")
