"""What the packaged recogniser makes of sentences spoken over a bad telephone line.

``python -m bench.telephone IN.tsv OUT.tsv``: each line's ``text`` is spoken by the packaged
voice, cut to the telephone band at 8 kHz, companded like G.711, mixed with noise and recognised;
the other columns are copied, ``text`` becomes what was heard and ``said`` what was spoken. The
evaluation's garbled sets and the table of observed confusions are made with it.
"""

from __future__ import annotations

import asyncio
import csv
import random
from pathlib import Path

import aiohttp
import click
import numpy as np
import soxr

from tests.support.speech import Samples, pcm, speak
from voice_gateway.speech.recognition.base import Recogniser
from voice_gateway.speech.recognition.factory import open_recogniser
from voice_gateway.speech.recognition.prompts import DomainPrompts
from zhiban.community import load_community
from zhiban.models import choose_recogniser
from zhiban.settings import Settings

TELEPHONE_RATE = 8000
BAND_HZ = (300.0, 3400.0)
_MU = 255.0
_EDGE_MS = 200
_HINTS = {"since": "time", "available": "time", "ticket": "ticket_number", "any": "open"}


def over_the_telephone(speech: Samples, rng: np.random.Generator, snr_db: float) -> Samples:
    """Return 16 kHz speech as an 8 kHz line delivers it.

    Args:
        speech: samples at 16 kHz, -1…1.
        rng: where the noise comes from.
        snr_db: speech to noise within the band.
    """
    narrow: Samples = soxr.resample(speech, 16000, TELEPHONE_RATE)
    quiet = np.zeros(TELEPHONE_RATE * _EDGE_MS // 1000, dtype=np.float32)
    narrow = np.concatenate([quiet, narrow, quiet])
    noise = _pink(rng, len(narrow))
    level = float(np.sqrt(np.mean(narrow**2)) / (np.sqrt(np.mean(noise**2)) or 1.0))
    line = _band(narrow + noise * level * 10 ** (-snr_db / 20))
    return _companded(line / max(1.0, float(np.abs(line).max())))


def _band(samples: Samples) -> Samples:
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / TELEPHONE_RATE)
    low = 1 / (1 + (BAND_HZ[0] / np.maximum(hertz, 1.0)) ** 8)
    high = 1 / (1 + (hertz / BAND_HZ[1]) ** 24)
    kept: Samples = np.fft.irfft(spectrum * np.sqrt(low * high), len(samples)).astype(np.float32)
    return kept


def _pink(rng: np.random.Generator, count: int) -> Samples:
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise: Samples = np.fft.irfft(spectrum, count).astype(np.float32)
    return noise


def _companded(samples: Samples) -> Samples:
    """Eight bits a sample, spaced as µ-law spaces them."""
    pressed = np.sign(samples) * np.log1p(_MU * np.abs(samples)) / np.log1p(_MU)
    coded = np.round(pressed * 127) / 127
    opened: Samples = (np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU).astype(
        np.float32
    )
    return opened


async def hear(recogniser: Recogniser, line: Samples, hint: str) -> str:
    """Return what is recognised of 8 kHz samples."""
    session = recogniser.open(TELEPHONE_RATE)
    session.begin(hint)
    await session.feed(pcm(line))
    heard = await session.final()
    session.discard()
    return heard.text


async def _garble(
    rows: list[dict[str, str]], voice: str, snr: tuple[float, float], seed: int, out: Path
) -> None:
    settings = Settings.from_env()
    prompts = DomainPrompts(load_community(settings.site_dir))
    recogniser = open_recogniser(choose_recogniser(settings.models_dir, "whisper"))
    await recogniser.warm_up()
    chance, rng = random.Random(seed), np.random.default_rng(seed)
    columns = [*(rows[0] if rows else {"text": ""}), "said", "snr_db"]
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for number, row in enumerate(rows, 1):
            said, db = row["text"], chance.uniform(*snr)
            expects = row.get("expects", "open")
            hint = prompts.hint(_HINTS.get(expects, expects))
            try:
                speech = await speak(voice, said, rate=chance.uniform(190, 300))
            except aiohttp.ClientResponseError as error:
                click.echo(f"not spoken ({error.status}): {said}", err=True)
                continue
            heard = await hear(recogniser, over_the_telephone(speech, rng, db), hint)
            writer.writerow({**row, "text": heard, "said": said, "snr_db": f"{db:.1f}"})
            if number % 50 == 0:
                file.flush()
                click.echo(f"{number}/{len(rows)}", err=True)
    recogniser.close()


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--voice",
    default="http://127.0.0.1:8083",
    show_default=True,
    help="Packaged voice: python -m voice_gateway.packaged_voice in Rasa's environment.",
)
@click.option("--sample", type=int, help="Only so many lines, drawn by the seed.")
@click.option("--snr", nargs=2, type=float, default=(8.0, 20.0), show_default=True, help="dB.")
@click.option("--seed", default=1, show_default=True)
def main(
    source: Path, out: Path, voice: str, sample: int | None, snr: tuple[float, float], seed: int
) -> None:
    """Speak, send down a telephone line, recognise."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if sample is not None and sample < len(rows):
        rows = random.Random(seed).sample(rows, sample)
    asyncio.run(_garble(rows, voice, snr, seed, out))


if __name__ == "__main__":
    main()
