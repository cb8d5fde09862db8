"""Everybody sounds at a pitch of their own; what each hears is asked of the spectrum."""

from __future__ import annotations

import asyncio

import pytest

from tests.conference.conftest import Floor, OpenFloor
from tests.conference.support import (
    BOT_HZ,
    CALLER_HZ,
    COACH_HZ,
    GUEST_HZ,
    LISTENER_HZ,
    OWNER_HZ,
    loudness,
    pitches,
)
from voice_gateway.conference.matrix import HEARS, Situation, Voice
from zhiban.floor import Part

_HZ = {
    "caller": CALLER_HZ,
    "agent": OWNER_HZ,
    "agent2": GUEST_HZ,
    "leader": LISTENER_HZ,
    "admin": COACH_HZ,
}
_PARTS = {"agent": Part.OWNER, "leader": Part.LISTENER, "admin": Part.COACH}


async def _come_to(floor: Floor, situation: Situation) -> None:
    match situation:
        case Situation.HOLD:
            await floor.act("agent", "hold", on=True)
        case Situation.CONSULT:
            await floor.bring("consult")
        case Situation.THREE_WAY:
            await floor.bring("three_way")
        case _:
            pass


@pytest.mark.parametrize(
    "situation",
    [Situation.BRIDGED, Situation.HOLD, Situation.CONSULT, Situation.THREE_WAY],
)
async def test_everybody_hears_whom_the_matrix_says(
    open_floor: OpenFloor, situation: Situation
) -> None:
    floor = await open_floor()
    await floor.ask_for_help()
    await floor.bridge()
    await floor.listen("leader", "listen")
    await floor.listen("admin", "coach")
    await _come_to(floor, situation)
    parts = {"caller": Part.CALLER, **_PARTS}
    if situation in (Situation.CONSULT, Situation.THREE_WAY):
        parts["agent2"] = Part(situation.value if situation is Situation.CONSULT else "third")
    await asyncio.sleep(0.5)  # what was on its way before has been heard
    lines = {"caller": floor.caller, **floor.lines}
    sounds = await asyncio.gather(*(lines[who].newest(1.0) for who in parts))
    heard = {
        who: pitches(sound, lines[who].sample_rate, _HZ)
        for who, sound in zip(parts, sounds, strict=True)
    }
    expected = {
        who: {
            other
            for other, role in parts.items()
            if Voice(role.value) in HEARS[situation].get(part, frozenset())
        }
        for who, part in parts.items()
    }
    assert heard == expected
    caller_hears = HEARS[situation][Part.CALLER]
    assert loudness(sounds[0]) > 0.005  # never silence for the caller
    if Voice.MUSIC not in caller_hears:
        assert not pitches(sounds[0], 8_000, {"bot": BOT_HZ})


async def test_briefing_is_for_the_agent_alone(open_floor: OpenFloor) -> None:
    """A request: the agent hears the summary, the caller company, neither the other."""
    floor = await open_floor()
    await floor.ask_for_person()
    answer = await floor.act("agent", "accept")
    owner = await floor.connect("agent", answer["bridge_url"])
    view = await floor.shown(lambda view: view["state"] == "briefing")
    assert view["briefing_until"]
    agent_hears = await owner.newest(0.3)
    assert pitches(agent_hears, 16_000, {**_HZ, "bot": BOT_HZ}) == {"bot"}
    await floor.shown(lambda view: view["state"] == "bridged")
    names = [name for name in floor.caller.names() if name.startswith("handoff.")]
    assert names[-3:] == ["handoff.accepted", "handoff.whispered", "handoff.bridged"]
    await asyncio.sleep(0.3)
    sounds = await asyncio.gather(owner.newest(0.5), floor.caller.newest(0.5))
    assert pitches(sounds[0], 16_000, _HZ) == {"caller"}
    assert pitches(sounds[1], 8_000, _HZ) == {"agent"}


async def test_a_briefing_may_be_skipped(open_floor: OpenFloor) -> None:
    floor = await open_floor()
    await floor.ask_for_person()
    answer = await floor.act("agent", "accept")
    await floor.connect("agent", answer["bridge_url"])
    await floor.shown(lambda view: view["state"] == "briefing")
    await floor.act("agent", "skip_briefing")
    await floor.shown(lambda view: view["state"] == "bridged")


async def test_a_site_may_want_emergencies_briefed(open_floor: OpenFloor) -> None:
    floor = await open_floor(whisper={"emergency": True, "request": False})
    await floor.ask_for_help()
    answer = await floor.act("agent", "accept")
    await floor.connect("agent", answer["bridge_url"])
    await floor.shown(lambda view: view["state"] == "briefing")
    await floor.shown(lambda view: view["state"] == "bridged")
