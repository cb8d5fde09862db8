"""An agent's line breaks, in every situation: the caller is neither dropped nor left in silence."""

from __future__ import annotations

import asyncio

from tests.conference.conftest import Floor, OpenFloor
from tests.conference.support import BOT_HZ, CALLER_HZ, GUEST_HZ, OWNER_HZ, loudness, pitches
from zhiban.handoffs import HandoffState

_HZ = {"caller": CALLER_HZ, "agent": OWNER_HZ, "agent2": GUEST_HZ, "bot": BOT_HZ}
_GRACE = 0.6


async def _bridged(open_floor: OpenFloor, grace: float = _GRACE) -> Floor:
    floor = await open_floor(grace_seconds=grace)
    await floor.ask_for_help()
    await floor.bridge()
    return floor


async def _caller_hears(floor: Floor) -> set[str]:
    await asyncio.sleep(0.4)  # what was on its way before has been heard
    return pitches(await floor.caller.newest(0.6), 8_000, _HZ)


async def test_owner_of_a_three_way_call_is_lost(open_floor: OpenFloor) -> None:
    """The third person, who goes on talking all the while, becomes the owner."""
    floor = await _bridged(open_floor)
    await floor.bring("three_way")
    await floor.lines["agent"].break_off()
    assert await _caller_hears(floor) == {"agent2"}
    view = await floor.shown(lambda view: view["agent_id"] == "agent2")
    assert view["state"] == "bridged"
    assert [(p["agent_id"], p["part"]) for p in view["participants"]] == [("agent2", "owner")]
    assert await _caller_hears(floor) == {"agent2"}
    assert "call.ended" not in floor.caller.names()


async def test_owner_who_consults_is_lost(open_floor: OpenFloor) -> None:
    """The consulted person becomes the owner and has the caller, off hold."""
    floor = await _bridged(open_floor)
    await floor.bring("consult")
    await floor.shown(lambda view: view["on_hold_since"])
    await floor.lines["agent"].break_off()
    sound = await floor.caller.newest(0.5)
    assert loudness(sound) > 0.005
    view = await floor.shown(lambda view: view["agent_id"] == "agent2")
    assert view["on_hold_since"] == ""
    assert await _caller_hears(floor) == {"agent2"}
    assert pitches(await floor.lines["agent2"].newest(0.6), 16_000, _HZ) == {"caller"}


async def test_owner_is_lost_while_the_caller_is_on_hold(open_floor: OpenFloor) -> None:
    """As without hold: the next agent is looked for, and the caller is told."""
    floor = await _bridged(open_floor)
    await floor.act("agent", "hold", on=True)
    await floor.shown(lambda view: view["on_hold_since"])
    await floor.people["agent2"].choose("ready")
    await floor.people["agent"].choose("away")
    await floor.lines["agent"].break_off()
    rung = await floor.people["agent2"].rung()
    assert rung["id"] == floor.handoff_id
    assert "bot" in await _caller_hears(floor)
    answer = await floor.act("agent2", "accept")
    await floor.connect("agent2", answer["bridge_url"])
    view = await floor.shown(lambda view: view["state"] == "bridged")
    assert view["on_hold_since"] == ""
    assert await _caller_hears(floor) == {"agent2"}


async def test_a_reload_is_bridged_over_with_music(open_floor: OpenFloor) -> None:
    """While the agent's page loads again the caller hears music, and no word of a loss."""
    floor = await _bridged(open_floor, grace=5.0)
    await asyncio.sleep(0.3)
    await floor.lines["agent"].break_off()
    await asyncio.sleep(0.4)
    sound = await floor.caller.newest(0.6)
    assert loudness(sound) > 0.005
    assert pitches(sound, 8_000, _HZ) == set()
    answer = await floor.act("agent", "rejoin")
    await floor.connect("agent", answer["bridge_url"])
    assert await _caller_hears(floor) == {"agent"}
    assert await floor.state() is HandoffState.BRIDGED


async def test_a_reload_while_on_hold_comes_back_to_hold(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor, grace=5.0)
    await floor.act("agent", "hold", on=True)
    await floor.lines["agent"].break_off()
    answer = await floor.act("agent", "rejoin")
    line = await floor.connect("agent", answer["bridge_url"])
    await line.noted("bridged")
    view = await floor.shown(lambda view: view["on_hold_since"])
    assert view["state"] == "bridged"
    await asyncio.sleep(0.3)
    assert pitches(await line.newest(0.5), 16_000, _HZ) == set()
    await floor.act("agent", "hold", on=False)
    assert await _caller_hears(floor) == {"agent"}


async def test_agent_is_lost_during_the_briefing(open_floor: OpenFloor) -> None:
    """The caller, who has had company all the while, goes to the next agent."""
    floor = await open_floor(grace_seconds=_GRACE)
    await floor.ask_for_person()
    answer = await floor.act("agent", "accept")
    await floor.connect("agent", answer["bridge_url"])
    await floor.shown(lambda view: view["state"] == "briefing")
    await floor.people["agent2"].choose("ready")
    await floor.people["agent"].choose("away")
    await floor.lines["agent"].break_off()
    rung = await floor.people["agent2"].rung()
    assert rung["id"] == floor.handoff_id


async def test_a_guest_is_lost(open_floor: OpenFloor) -> None:
    """The caller, on hold for the consultation, is back with the owner."""
    floor = await _bridged(open_floor)
    await floor.bring("consult")
    await floor.shown(lambda view: view["on_hold_since"])
    await floor.lines["agent2"].break_off()
    await floor.shown(lambda view: not view["on_hold_since"])
    assert await _caller_hears(floor) == {"agent"}
    left = await floor.caller.event("handoff.left")
    assert (left["agent_id"], left["reason"]) == ("agent2", "line_lost")


async def test_everybody_is_lost(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor)
    await floor.bring("three_way")
    await floor.people["leader"].choose("ready")
    for user in ("agent", "agent2"):
        await floor.people[user].choose("away")
        await floor.lines[user].break_off()
    rung = await floor.people["leader"].rung()
    assert rung["id"] == floor.handoff_id
    assert "call.ended" not in floor.caller.names()


async def test_owner_is_lost_while_redis_does_not_answer(open_floor: OpenFloor) -> None:
    """Music from what is known in memory; the next agent is rung as soon as Redis is back."""
    floor = await _bridged(open_floor)
    await floor.people["agent2"].choose("ready")
    await floor.people["agent"].choose("away")
    await asyncio.sleep(0.3)
    await floor.stores.redis.execute_command("CLIENT", "PAUSE", "3500", "ALL")
    await floor.lines["agent"].break_off()
    await asyncio.sleep(1.6)
    sound = await floor.caller.newest(0.6)
    assert loudness(sound) > 0.005
    rung = await floor.people["agent2"].rung()
    assert rung["id"] == floor.handoff_id
