"""Hold, consult, three-way, passing on, listening in: what happens, and what is written down."""

from __future__ import annotations

import asyncio
import wave

import numpy as np
from sqlalchemy import select

from tests.conference.conftest import Floor, OpenFloor
from tests.conference.support import (
    BOT_HZ,
    CALLER_HZ,
    GUEST_HZ,
    OWNER_HZ,
    loudness,
    pitches,
)
from voice_gateway.call.attending import _public
from zhiban.handoffs import HandoffState
from zhiban.store.models import AuditLog
from zhiban.timeline import EventName, TimelineEvent

_HZ = {"caller": CALLER_HZ, "agent": OWNER_HZ, "agent2": GUEST_HZ}


async def _caller_hears(floor: Floor) -> set[str]:
    await asyncio.sleep(0.4)  # what was on its way before has been heard
    return pitches(await floor.caller.newest(0.6), 8_000, _HZ)


async def _hears(floor: Floor, user: str) -> set[str]:
    return pitches(await floor.lines[user].newest(0.6), 16_000, _HZ)


async def _bridged(open_floor: OpenFloor, **options: object) -> Floor:
    floor = await open_floor(**options)
    await floor.ask_for_help()
    await floor.bridge()
    return floor


async def test_hold_and_back(open_floor: OpenFloor) -> None:
    """The caller is told first, then hears music; the desk shows since when."""
    floor = await _bridged(open_floor)
    await asyncio.sleep(0.3)
    before = len(floor.caller.heard)
    await floor.act("agent", "hold", on=True)
    view = await floor.shown(lambda view: view["on_hold_since"])
    assert [(p["agent_id"], p["part"]) for p in view["participants"]] == [("agent", "owner")]
    await asyncio.sleep(2.0)
    heard = np.frombuffer(bytes(floor.caller.heard[before:]), dtype="<i2") / 32_768
    seconds = [heard[at : at + 4_000] for at in range(0, len(heard) - 4_000, 4_000)]
    told = [bool(pitches(part, 8_000, {"bot": BOT_HZ})) for part in seconds]
    assert any(told[:3])
    assert not told[-1]
    assert loudness(seconds[-1]) > 0.005
    assert not await _hears(floor, "agent")
    await floor.act("agent", "hold", on=False)
    await floor.shown(lambda view: not view["on_hold_since"])
    assert await _caller_hears(floor) == {"agent"}
    assert await _hears(floor, "agent") == {"caller"}
    names = floor.caller.names()
    assert names.count("handoff.held") == names.count("handoff.resumed") == 1


async def test_the_bot_hears_nothing_while_people_talk_or_the_caller_is_on_hold(
    open_floor: OpenFloor,
) -> None:
    """Backchannels and hold music are no turns; what is said is in the transcript all the same."""
    floor = await _bridged(open_floor)
    said = ("嗯", "好的", "物业费怎么收的")
    for on in (False, True):
        await floor.act("agent", "hold", on=on)
        for words in said:
            await floor.caller.say(words)
    while floor.caller.names().count("caller.turn") < 2 * len(said):
        await floor.caller.event("caller.turn", len(floor.caller.notes))
    assert floor.engine.heard == []
    assert "barge_in" not in floor.caller.names()
    assert await floor.state() is HandoffState.BRIDGED
    await floor.act("agent", "hold", on=False)
    await floor.act("agent", "return")
    await floor.lines["agent"].noted("ended")
    await floor.caller.say("物业费怎么收的")
    async with asyncio.timeout(10):
        while not floor.engine.heard:
            await asyncio.sleep(0.05)  # the engine's own server has no event to wait for
    assert floor.engine.heard == ["物业费怎么收的"]


async def test_consult_merge_complete(open_floor: OpenFloor) -> None:
    """The owner asks, brings together, and leaves; the colleague owns the call."""
    floor = await _bridged(open_floor)
    guest = floor.people["agent2"]
    await floor.act("agent", "invite", to="agent2", mode="consult")
    await guest.until(lambda: guest.invitations)
    asked = guest.invitations[0]
    assert (asked["handoff_id"], asked["from"], asked["mode"]) == (
        floor.handoff_id,
        "agent",
        "consult",
    )
    assert asked["kind"] == "fire"
    assert await _caller_hears(floor) == {"agent"}  # not on hold before anybody comes
    await floor.answer_invitation()
    await guest.until(lambda: not guest.invitations)
    view = await floor.shown(lambda view: view["on_hold_since"])
    assert [p["part"] for p in view["participants"]] == ["owner", "consult"]
    assert await _caller_hears(floor) == set()
    await floor.act("agent", "merge")
    view = await floor.shown(lambda view: not view["on_hold_since"])
    assert [p["part"] for p in view["participants"]] == ["owner", "third"]
    assert await _caller_hears(floor) == {"agent", "agent2"}
    await floor.act("agent", "complete")
    assert (await floor.lines["agent"].noted("ended"))["reason"] == "transferred"
    view = await floor.shown(lambda view: view["agent_id"] == "agent2")
    assert [(p["agent_id"], p["part"]) for p in view["participants"]] == [("agent2", "owner")]
    assert await _caller_hears(floor) == {"agent2"}
    assert await _hears(floor, "agent2") == {"caller"}
    assert (await floor.people["agent"].act(floor.handoff_id, "hold", on=True))[0] == 403
    told = await floor.caller.event("handoff.transferred")
    assert (told["from_agent"], told["to_agent"]) == ("agent", "agent2")
    names = floor.caller.names()
    assert names.index("handoff.joined") < names.index("handoff.resumed")


async def test_complete_out_of_a_consultation_takes_the_caller_off_hold(
    open_floor: OpenFloor,
) -> None:
    floor = await _bridged(open_floor)
    await floor.bring("consult")
    await floor.shown(lambda view: view["on_hold_since"])
    await floor.act("agent", "complete")
    view = await floor.shown(lambda view: view["agent_id"] == "agent2")
    assert view["on_hold_since"] == ""
    assert await _caller_hears(floor) == {"agent2"}


async def test_an_invitation_may_be_declined_or_taken_back(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor)
    guest = floor.people["agent2"]
    for last_word in ("decline", "uninvite"):
        await floor.act("agent", "invite", to="agent2", mode="three_way")
        await guest.until(lambda: guest.invitations)
        number = guest.invitations[0]["id"]
        assert (await floor.people["leader"].post(f"/api/invitations/{number}/accept"))[0] == 403
        again = await floor.people["agent"].act(
            floor.handoff_id, "invite", to="leader", mode="consult"
        )
        assert again[0] == 409
        if last_word == "decline":
            assert (await guest.post(f"/api/invitations/{number}/decline"))[0] == 200
        else:
            await floor.act("agent", "uninvite")
        await guest.until(lambda: not guest.invitations)
        assert (await guest.post(f"/api/invitations/{number}/accept"))[0] == 409
    await floor.shown(lambda view: view["invitation"] is None)
    assert await _caller_hears(floor) == {"agent"}


async def test_a_third_person_is_let_go(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor)
    await floor.bring("three_way")
    assert await _caller_hears(floor) == {"agent", "agent2"}
    await floor.act("agent", "uninvite")
    assert (await floor.lines["agent2"].noted("ended"))["reason"] == "left"
    assert await _caller_hears(floor) == {"agent"}
    left = await floor.caller.event("handoff.left")
    assert (left["agent_id"], left["reason"]) == ("agent2", "dropped")


async def test_passed_on_to_a_colleague(open_floor: OpenFloor) -> None:
    """Blind: the caller is told and has company until the colleague answers."""
    floor = await _bridged(open_floor)
    said = floor.caller.names().count("bot.said")
    await floor.act("agent", "transfer", to="agent2")
    assert (await floor.lines["agent"].noted("ended"))["reason"] == "transferred"
    rung = await floor.people["agent2"].rung()
    assert rung["id"] == floor.handoff_id
    while floor.caller.names().count("bot.said") == said:
        await floor.caller.event("bot.said", len(floor.caller.notes))
    answer = await floor.act("agent2", "accept")
    await floor.connect("agent2", answer["bridge_url"])
    await floor.shown(lambda view: view["state"] == "bridged" and view["agent_id"] == "agent2")
    assert await _caller_hears(floor) == {"agent2"}


async def test_passed_on_to_a_role_nobody_has_goes_down_the_chain(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor)
    await floor.people["leader"].choose("ready")
    await floor.act("agent", "transfer", role="manager")
    rung = await floor.people["leader"].rung()
    assert rung["id"] == floor.handoff_id
    assert (await floor.people["agent"].act(floor.handoff_id, "transfer", to=""))[0] in (400, 403)


async def test_only_leaders_listen_and_the_audit_log_knows(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor)
    refused = await floor.people["agent2"].act(floor.handoff_id, "listen", mode="listen")
    assert refused[0] == 403
    await floor.listen("leader", "listen")
    view = await floor.shown(lambda view: len(view["participants"]) == 2)
    assert view["participants"][1]["part"] == "listener"
    before = floor.lines["leader"]
    await floor.listen("leader", "join")
    assert (await before.noted("ended"))["reason"] == "replaced"
    view = await floor.shown(lambda view: view["participants"][1]["part"] == "third")
    async with floor.stores.engine.connect() as connection:
        rows = (await connection.execute(select(AuditLog))).all()
    listened = [(row.user_id, row.data["mode"]) for row in rows if row.action == "listen"]
    assert listened == [("leader", "listen"), ("leader", "join")]


async def test_a_guest_who_reloads_comes_back_as_what_they_were(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor)
    await floor.bring("three_way")
    await floor.lines["agent2"].break_off()
    answer = await floor.act("agent2", "rejoin")
    line = await floor.connect("agent2", answer["bridge_url"])
    assert (await line.noted("bridged"))["part"] == "third"
    assert await _caller_hears(floor) == {"agent", "agent2"}
    assert floor.caller.names().count("handoff.joined") == 1


async def test_every_speaker_is_in_the_transcript_and_private_words_are_marked(
    open_floor: OpenFloor,
) -> None:
    """What the caller does not hear is not shown on the caller's page either."""
    floor = await _bridged(open_floor)
    await floor.listen("admin", "coach")
    await floor.lines["admin"].say("先问清楚几楼")
    await floor.lines["agent"].say("您在几楼")
    await floor.bring("consult")
    await floor.lines["agent2"].say("我这就派人")
    while floor.caller.names().count("agent.turn") < 3:
        await floor.caller.event("agent.turn", len(floor.caller.notes))
    turns = [note for note in floor.caller.notes if note.get("name") == "agent.turn"]
    spoken = {note["data"]["text"]: note["data"] for note in turns}
    assert {text: (data["part"], data["private"]) for text, data in spoken.items()} == {
        "先问清楚几楼": ("coach", True),
        "您在几楼": ("owner", False),
        "我这就派人": ("consult", True),
    }
    shown = [
        _public(TimelineEvent("c", 1, "", EventName.AGENT_TURN, data)) for data in spoken.values()
    ]
    assert [event["data"]["text"] for event in shown if event] == ["您在几楼"]


async def test_the_recording_holds_what_the_caller_said_and_heard(open_floor: OpenFloor) -> None:
    floor = await _bridged(open_floor)
    await asyncio.sleep(1.0)
    await floor.bring("three_way")
    await asyncio.sleep(1.5)
    await floor.act("agent", "command", command="hangup")
    started = await floor.caller.noted("started")
    await floor.caller.noted("ended")
    path = floor.stores.folder / "recordings" / f"{started['call_id']}.wav"
    async with asyncio.timeout(10):
        while not path.is_file() or path.stat().st_size < 100:
            await asyncio.sleep(0.05)  # the file is finished after the call
    with wave.open(str(path)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32_768
        assert (file.getnchannels(), file.getframerate()) == (2, 8_000)
    both = raw.reshape(-1, 2)
    last = both[-12_000:-4_000]
    assert pitches(last[:, 0], 8_000, _HZ) == {"caller"}
    assert pitches(last[:, 1], 8_000, _HZ) == {"agent", "agent2"}


async def test_a_caller_on_hold_who_cries_out_has_the_agent_back(open_floor: OpenFloor) -> None:
    """Danger does not wait for the music to end."""
    floor = await _bridged(open_floor)
    await floor.act("agent", "hold", on=True)
    await floor.shown(lambda view: view["on_hold_since"])
    await floor.caller.say("嗯好的")
    await floor.caller.say("煤气漏了快来人")
    resumed = await floor.caller.event("handoff.resumed")
    assert resumed["reason"] == "emergency"
    assert await _caller_hears(floor) == {"agent"}
    assert await _hears(floor, "agent") == {"caller"}
