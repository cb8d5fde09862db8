from __future__ import annotations

import asyncio

from sqlalchemy import select

from tests.handoff.conftest import StartDesk
from tests.handoff.support import Agent, ask_for_person, open_gateway, wait_for_state
from tests.support.stores import Stores
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.store.models import Handoff
from zhiban.timeline import EventName


async def _talking(stores: Stores, desk_agent: Agent, node: str) -> str:
    record = await ask_for_person(stores, "c1", node=node)
    await desk_agent.rung()
    status, answer = await desk_agent.act(record.id, "accept")
    assert status == 200
    desk_agent.socket_to_caller = await desk_agent.http.ws_connect(answer["bridge_url"])  # type: ignore[attr-defined]
    await desk_agent.state_of(record.id, "bridged")
    return record.id


async def test_of_two_who_press_one_gets_it_and_the_other_is_told_who(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    people = [await desk.sign_in("agent"), await desk.sign_in("agent2")]
    for number in range(5):
        record = await ask_for_person(stores, f"c{number}")
        answers = await asyncio.gather(*[person.act(record.id, "accept") for person in people])
        statuses = [status for status, _ in answers]
        assert sorted(statuses) == [200, 409]
        winner = people[statuses.index(200)]
        loser = answers[statuses.index(409)][1]["error"]
        assert loser["by"] == f"{winner.user}-name"
        assert (await stores.ledger.get(record.id)).agent_id == winner.user


async def test_bridge_address_names_the_node_as_the_browser_can_reach_it(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    local = await ask_for_person(stores, "c1", node="http://0.0.0.0:8080")
    _, answer = await agent.act(local.id, "accept")
    assert answer["bridge_url"].startswith(
        f"ws://127.0.0.1:8080/v1/agent?handoff={local.id}&token="
    )
    remote = await ask_for_person(stores, "c2", node="https://voice-3.example.com")
    _, answer = await agent.act(remote.id, "accept")
    assert answer["bridge_url"].startswith("wss://voice-3.example.com/v1/agent?")


async def test_from_accept_to_disposition(
    stores: Stores, start_desk: StartDesk, redis_url: str
) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    async with open_gateway(stores, redis_url) as gateway:
        handoff_id = await _talking(stores, agent, gateway.url)
        assert (await agent.act(handoff_id, "tick", key="maintenance_called"))[0] == 200
        assert (await agent.act(handoff_id, "tick", key="lift_maintenance"))[0] == 200
        assert (await agent.act(handoff_id, "edit", changes={"room": "1201", "unit": "2"}))[
            0
        ] == 200
        assert (await agent.act(handoff_id, "command", command="hangup"))[0] == 200
        await agent.until(lambda: agent.board[handoff_id]["call_ended"])
        status, _ = await agent.act(
            handoff_id, "dispose", outcome="dispatched", notes="维保十分钟到"
        )
        assert status == 200
    assert gateway.commands == [{"command": "hangup", "by": "agent", "handoff_id": handoff_id}]
    record = await wait_for_state(stores, handoff_id, HandoffState.CLOSED)
    ticket = await stores.tickets.get(record.ticket_number)
    assert (ticket["room"], ticket["status"]) == ("1201", "dispatched")
    assert ticket["details"]["unconfirmed"] == []
    assert set(ticket["details"]["sop"]) == {"maintenance_called", "lift_maintenance"}
    assert ticket["details"]["sop"]["lift_maintenance"]["by"] == "agent"
    by_agent = [line["what"] for line in ticket["history"] if line["by"] == "agent"]
    assert "完成：维保已通知" in by_agent
    assert by_agent[-1] == "处理结果：已派人处理"
    async with stores.engine.connect() as connection:
        row = (await connection.execute(select(Handoff).where(Handoff.id == handoff_id))).one()
    assert (row.disposition, row.notes, row.state) == ("dispatched", "维保十分钟到", "closed")


async def test_disposing_hangs_up_a_line_still_open(
    stores: Stores, start_desk: StartDesk, redis_url: str
) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    async with open_gateway(stores, redis_url) as gateway:
        handoff_id = await _talking(stores, agent, gateway.url)
        assert (await agent.act(handoff_id, "dispose", outcome="resolved"))[0] == 200
    assert [command["command"] for command in gateway.commands] == ["hangup"]


async def test_waiting_caller_cannot_be_disposed_of(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    record = await ask_for_person(stores, "c1")
    assert (await agent.act(record.id, "dispose", outcome="resolved"))[0] == 409


async def test_somebody_elses_call_cannot_be_ended(
    stores: Stores, start_desk: StartDesk, redis_url: str
) -> None:
    desk = await start_desk()
    agent, other = await desk.sign_in("agent"), await desk.sign_in("agent2")
    await agent.sit_down()
    async with open_gateway(stores, redis_url) as gateway:
        handoff_id = await _talking(stores, agent, gateway.url)
        for action, body in (
            ("command", {"command": "hangup"}),
            ("dispose", {"outcome": "resolved"}),
            ("return", {}),
            ("rejoin", {}),
        ):
            assert (action, (await other.act(handoff_id, action, **body))[0]) == (action, 403)
        assert gateway.commands == []


async def test_returning_to_the_bot_frees_the_caller_for_another_request(
    stores: Stores, start_desk: StartDesk, redis_url: str
) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    async with open_gateway(stores, redis_url) as gateway:
        handoff_id = await _talking(stores, agent, gateway.url)
        assert (await agent.act(handoff_id, "return"))[0] == 200
    closed = await wait_for_state(stores, handoff_id, HandoffState.CLOSED)
    assert closed.reason == HandoffReason.AGENT_RETURNED
    again = await ask_for_person(stores, "c1")
    assert again.id != handoff_id


async def test_callback_is_claimed_once_then_tried_again_or_closed(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent, other = await desk.sign_in("agent"), await desk.sign_in("agent2")
    record = await ask_for_person(stores, "c1")
    await stores.timeline.append("c1", EventName.CALL_ENDED, {"reason": "caller_hung_up"})
    await wait_for_state(stores, record.id, HandoffState.CALLBACK_DUE)
    assert (await agent.act(record.id, "claim"))[0] == 200
    status, answer = await other.act(record.id, "claim")
    assert (status, answer["error"]["by"]) == (409, "agent-name")
    assert (await agent.act(record.id, "dispose", outcome="unreachable"))[0] == 200
    assert (await stores.ledger.get(record.id)).state is HandoffState.CALLBACK_DUE
    assert (await other.act(record.id, "claim"))[0] == 200
    assert (await other.act(record.id, "dispose", outcome="resolved"))[0] == 200
    closed = await stores.ledger.get(record.id)
    assert (closed.state, closed.reason) == (HandoffState.CLOSED, HandoffReason.CALLED_BACK)


async def test_nonsense_is_refused_with_a_reason(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    record = await ask_for_person(stores, "c1")
    for action, body in (
        ("decline", {"reason": "no such reason"}),
        ("dispose", {"outcome": "vanished"}),
        ("tick", {"key": "no_such_step"}),
        ("edit", {"changes": {"number": "RP1"}}),
        ("edit", {"changes": {"problem": "x" * 501}}),
        ("edit", {"changes": {"building": {"nested": 1}}}),
        ("command", {"command": "reboot"}),
    ):
        status, answer = await agent.act(record.id, action, **body)
        assert (body, status, answer["error"]["code"]) == (body, 400, "bad_message")
    assert (await agent.act("ho-unknown", "accept"))[0] == 404


async def test_transcript_is_followed_live(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    await ask_for_person(stores, "c1")
    await agent.rung()
    await agent.watch("c1")
    await agent.until(lambda: any(e["name"] == "caller.turn" for e in agent.events))
    await stores.timeline.append("c1", EventName.CALLER_TURN, {"text": "快点来"})
    await agent.until(lambda: agent.events[-1]["data"].get("text") == "快点来")
    sequence = [event["seq"] for event in agent.events]
    assert sequence == sorted(set(sequence))
