"""The same questions by telephone and by browser link: what does the telephone line cost?"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bench.rtp_tap import RtpTap
from bench.voice_to_voice import QUESTIONS
from tests.sip.caller import phone_caller
from tests.sip.phone import RTP_PORTS
from tests.support.house import House
from tests.support.speech import pcm, speak
from zhiban.callers import VoiceCaller

_TURNS_A_CALL = 4
_NUMBER = "13900000900"


@dataclass
class Compared:
    """Voice-to-voice latencies by link, in ms: last voiced sample sent to first one received."""

    telephone: list[float] = field(default_factory=list)
    browser: list[float] = field(default_factory=list)


async def measure_links(house: House, count: int) -> Compared:
    """Ask ``count`` questions by each link, one call at a time, in turns.

    Args:
        house: a running house with a telephone line.
        count: turns of each link; those whose answer is spoken for the first time do not count.
    """
    questions = list(islice(cycle(QUESTIONS), count))
    speech = {q: pcm(await speak(house.settings.voice, q)) for q in set(questions)}
    compared = Compared()
    for start in range(0, count, _TURNS_A_CALL):
        turns = {q: speech[q] for q in questions[start : start + _TURNS_A_CALL]}
        await _by_browser(house, turns, compared.browser)
        await _by_telephone(house, turns, compared.telephone)
    return compared


async def _by_browser(house: House, turns: dict[str, bytes], measured: list[float]) -> None:
    async with VoiceCaller(house.gateway) as caller:
        await caller.wait_turn(0)
        for question, said in turns.items():
            seen = len(caller.events)
            latency = await caller.ask(question, said)
            if latency.ms is not None and _cached(caller.events[seen:]):
                measured.append(latency.ms)


async def _by_telephone(house: House, turns: dict[str, bytes], measured: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder, RtpTap(RTP_PORTS) as tap:
        async with phone_caller(Path(folder), house, _NUMBER) as caller:
            await caller.wait_quiet()
            for question, said in turns.items():
                seen = len(caller.events)
                await caller.ask(question, said)
                if tap.latency_ms is not None and _cached(caller.events[seen:]):
                    measured.append(tap.latency_ms)
            await caller.hang_up()


def _cached(events: list[dict[str, Any]]) -> bool:
    """Return whether the answer had been spoken before at this link's rate; else links differ."""
    said = next((e["data"]["source"] for e in events if e["name"] == "bot.said"), "")
    return bool(said == "cache")
