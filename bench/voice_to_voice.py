"""Spoken questions, one call at a time: how long until the caller hears an answer begin."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

from sqlalchemy import text

from tests.support.house import House
from tests.support.speech import pcm, speak
from zhiban.callers import VoiceCaller
from zhiban.clock import iso_ms, utc_now
from zhiban.store import open_engine

QUESTIONS = (
    "物业费怎么收的",
    "停车费一个月多少钱",
    "装修要办什么手续",
    "暂时不住可以不交物业费吗",
    "访客怎么进小区",
    "物业费都包含哪些服务",
    "家里水管坏了物业免费修吗",
    "报修以后多久能来",
)
_TURNS_A_CALL = 4


@dataclass(frozen=True)
class TurnMeasure:
    """One turn, all times in ms.

    Attributes:
        ms: last voiced sample sent to first bot sample received.
        source: cache or packaged: where the first piece of the answer came from.
    """

    said: str
    ms: float
    engine: str
    source: str
    endpoint_ms: float
    decode_ms: float
    dialogue_ms: float
    first_audio_ms: float

    @property
    def rest_ms(self) -> float:
        """What the stages do not account for."""
        known = self.endpoint_ms + self.dialogue_ms + self.first_audio_ms
        return max(0.0, self.ms - known)


async def measure_turns(house: House, count: int, *, cached: bool) -> list[TurnMeasure]:
    """Ask ``count`` questions and return how each went.

    Args:
        house: a running house.
        count: how many turns.
        cached: with fresh answers every standard answer is reworded first, as an admin would, so
            that none of its sentences has been spoken before.
    """
    questions = list(islice(cycle(QUESTIONS), count))
    speech = {q: pcm(await speak(house.settings.voice, q)) for q in set(questions)}
    measured: list[TurnMeasure] = []
    for start in range(0, count, _TURNS_A_CALL):
        if not cached:
            await _reword(house, start)
        async with VoiceCaller(house.gateway) as phone:
            await phone.wait_turn(0)
            for question in questions[start : start + _TURNS_A_CALL]:
                seen = len(phone.events)
                latency = await phone.ask(question, speech[question])
                await phone.wait_event("caller.turn", 5, after=seen)
                measure = _measure(question, latency.ms, phone.events[seen:])
                if measure is not None:
                    measured.append(measure)
    return measured


def _measure(said: str, ms: float | None, events: list[dict[str, object]]) -> TurnMeasure | None:
    turn = next((e for e in events if e["name"] == "caller.turn"), None)
    answer = next((e for e in events if e["name"] == "bot.said"), None)
    if ms is None or turn is None or answer is None:
        return None
    data, spoken = turn["data"], answer["data"]
    assert isinstance(data, dict)
    assert isinstance(spoken, dict)
    latencies = data["latencies"]
    return TurnMeasure(
        said=said,
        ms=ms,
        engine=str(data["asr"]["engine"]),
        source=str(spoken["source"]),
        endpoint_ms=float(latencies.get("endpoint_ms", 0)),
        decode_ms=float(latencies.get("decode_ms", 0)),
        dialogue_ms=float(latencies.get("dialogue_ms", 0)),
        first_audio_ms=float(spoken["first_audio_ms"]),
    )


async def _reword(house: House, number: int) -> None:
    """Begin every standard answer with words that have never been spoken.

    The action server notices within five seconds, while the greeting of the next call plays.
    """
    engine = open_engine(house.settings.database)
    # Every answer gets a number of its own, or the first would put the words of all in the cache.
    reworded = text(
        "UPDATE standard_answer SET updated_at = :now,"
        " answer = '第' || (rowid + :number) || '条规定是这样的，' || answer"
    )
    async with engine.begin() as connection:
        await connection.execute(
            reworded, {"number": 1000 + 100 * number, "now": iso_ms(utc_now())}
        )
    await engine.dispose()
