from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from tests.handoff.conftest import StartDesk
from tests.handoff.support import ask_for_person, events_of, wait_for_event, wait_for_state
from tests.support.stores import Stores
from zhiban.handoffs import HandoffReason, HandoffState
from zhiban.store.models import Handoff
from zhiban.timeline import EventName


async def test_longest_idle_ready_agent_is_rung(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    longest_idle, other = await desk.sign_in("agent2"), await desk.sign_in("agent")
    await longest_idle.sit_down()
    await other.sit_down()
    record = await ask_for_person(stores, "c1")
    view = await longest_idle.rung()
    assert view["id"] == record.id
    assert view["ticket"]["building"] == "3"
    assert view["resident"]["name"] == "李明"
    assert (await stores.ledger.get(record.id)).offered_to == "agent2"


async def test_agent_who_is_away_is_not_rung(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    away, ready = await desk.sign_in("agent"), await desk.sign_in("agent2")
    await away.sit_down()
    await ready.sit_down()
    await away.choose("away")
    await ask_for_person(stores, "c1")
    assert (await ready.rung())["offered_to"] == "agent2"


async def test_do_not_disturb_keeps_the_red_case_but_does_not_ring(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    busy = await desk.sign_in("agent")
    await busy.sit_down()
    await busy.choose("dnd")
    record = await ask_for_person(stores, "c1")
    await busy.until(lambda: busy.board.get(record.id, {}).get("alarm"))
    assert (await stores.ledger.get(record.id)).offered_to == ""
    await busy.choose("ready")
    assert (await busy.rung())["id"] == record.id


async def test_who_takes_a_call_back_is_known_everywhere(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    people = [await desk.sign_in(user) for user in ("agent", "agent2")]
    record = await ask_for_person(stores, "c1")
    await stores.timeline.append("c1", EventName.CALL_ENDED, {"reason": "caller_hung_up"})
    await wait_for_state(stores, record.id, HandoffState.CALLBACK_DUE)
    ticket = await stores.tickets.get(record.ticket_number)
    assert "回拨业主" in [promise["what"] for promise in ticket["promises"]]
    answers = await asyncio.gather(*[person.act(record.id, "claim") for person in people])
    assert sorted(status for status, _ in answers) == [200, 409]
    winner = people[[status for status, _ in answers].index(200)].user
    async with stores.engine.connect() as connection:
        row = (await connection.execute(select(Handoff))).one()
    assert (row.agent_id, row.state) == (winner, "callback_due")
    told = await events_of(stores, "c1", EventName.HANDOFF_TRANSFERRED)
    assert [(e["from_agent"], e["to_agent"]) for e in told] == [("", winner)]


async def test_a_request_that_reached_only_the_database_rings(
    stores: Stores, start_desk: StartDesk
) -> None:
    """The gateway died between the two stores."""
    record = await ask_for_person(stores, "c1")
    await stores.redis.flushall()
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    assert (await agent.rung())["id"] == record.id
    assert (await agent.rung())["card"]["people"] == "两个人，一位老人"


async def test_no_answer_goes_to_the_next_agent_then_to_the_leader(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk(ring_seconds=0.4)
    people = [await desk.sign_in(user) for user in ("agent", "agent2", "leader")]
    for person in people:
        await person.sit_down()
    record = await ask_for_person(stores, "c1")
    for person in people:
        assert (await person.rung())["id"] == record.id
    escalated = await events_of(stores, "c1", EventName.HANDOFF_ESCALATED)
    assert [(e["role"], e["reason"]) for e in escalated] == [("leader", "no_agent")]
    assert escalated[0]["passed"] == [
        {"stage": 1, "role": "backup", "label": "备岗坐席", "reason": "no_answer"}
    ]
    timed_out = await events_of(stores, "c1", EventName.HANDOFF_TIMED_OUT)
    assert [e["reason"] for e in timed_out] == ["no_answer", "no_answer"]


async def test_chain_begins_again_and_rings_everybody_anew(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk(ring_seconds=0.3)
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    record = await ask_for_person(stores, "c1")
    await agent.rung()
    await agent.until(lambda: agent.board[record.id]["round"] == 1)
    assert (await agent.rung())["round"] == 1


async def test_decline_goes_on_at_once(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    first, second = await desk.sign_in("agent"), await desk.sign_in("agent2")
    await first.sit_down()
    await second.sit_down()
    record = await ask_for_person(stores, "c1")
    await first.rung()
    status, _ = await first.act(record.id, "decline", reason="cannot_hear")
    assert status == 200
    assert (await second.rung())["id"] == record.id
    declined = await wait_for_event(stores, "c1", EventName.HANDOFF_DECLINED)
    assert (declined["reason"], declined["why"]) == ("agent_declined", "cannot_hear")


async def test_closed_tab_is_noticed_while_it_rings(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    first, second = await desk.sign_in("agent"), await desk.sign_in("agent2")
    await first.sit_down()
    await second.sit_down()
    record = await ask_for_person(stores, "c1")
    await first.rung()
    await first.stand_up()
    assert (await second.rung())["id"] == record.id
    failed = await wait_for_event(stores, "c1", EventName.HANDOFF_FAILED)
    assert failed["reason"] == "agent_gone"


async def test_accepted_without_audio_is_offered_again(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk(join_seconds=0.4)
    first, second = await desk.sign_in("agent"), await desk.sign_in("agent2")
    await first.sit_down()
    await second.sit_down()
    record = await ask_for_person(stores, "c1")
    await first.rung()
    assert (await first.act(record.id, "accept"))[0] == 200
    assert (await second.rung())["id"] == record.id


async def test_nobody_promises_a_callback_alarms_outside_and_keeps_looking(
    stores: Stores, start_desk: StartDesk
) -> None:
    told: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        await told.put(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hook)
    server = TestServer(app)
    await server.start_server()
    try:
        desk = await start_desk(notification_hook=str(server.make_url("/hook")))
        admin = await desk.sign_in("admin")
        await admin.sit_down()
        record = await ask_for_person(stores, "c1")
        message = await told.get()
        await admin.until(lambda: admin.board.get(record.id, {}).get("alarm"))
        ticket = await stores.tickets.get(record.ticket_number)
        assert [promise["what"] for promise in ticket["promises"]] == ["人工尽快回电"]
        assert message["callback_due_at"] == ticket["promises"][0]["due_at"]
        assert "13812345678" not in str(message)
        escalated = await events_of(stores, "c1", EventName.HANDOFF_ESCALATED)
        assert escalated[0]["round"] == 1
        assert [(s["role"], s["reason"]) for s in escalated[0]["passed"]] == [
            ("backup", "no_agent"),
            ("leader", "no_agent"),
            ("phone", "no_agent"),
            ("manager", "phone_unavailable"),
        ]
        agent = await desk.sign_in("agent")
        await agent.sit_down()
        assert (await agent.rung())["id"] == record.id
        ticket = await stores.tickets.get(record.ticket_number)
        assert len(ticket["promises"]) == 1
    finally:
        await server.close()


async def test_emergency_takes_the_place_of_a_ringing_request(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    request = await ask_for_person(stores, "c1", kind="human", priority=1)
    assert (await agent.rung())["id"] == request.id
    emergency = await ask_for_person(stores, "c2")
    await agent.state_of(emergency.id, "offered")
    busy = await wait_for_state(stores, request.id, HandoffState.BUSY)
    assert busy.reason == HandoffReason.AGENT_BUSY
    assert (await agent.rung())["id"] == emergency.id


async def test_caller_of_a_dead_gateway_becomes_a_due_callback(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    await agent.sit_down()
    record = await ask_for_person(stores, "c1")
    await agent.rung()
    await stores.timeline.append("c1", EventName.CALL_ENDED, {"reason": "gateway_lost"})
    view = await agent.state_of(record.id, "callback_due")
    assert view["alarm"]
    assert view["due_at"] > view["updated_at"]


async def test_two_desks_have_one_clock_and_both_push(
    stores: Stores, start_desk: StartDesk
) -> None:
    one, other = await start_desk(), await start_desk()
    agent, leader = await one.sign_in("agent"), await other.sign_in("leader")
    await agent.sit_down()
    await leader.sit_down()
    record = await ask_for_person(stores, "c1")
    await agent.rung()
    assert (await leader.state_of(record.id, "offered"))["offered_to"] == "agent"
    assert len(await events_of(stores, "c1", EventName.HANDOFF_OFFERED)) == 1
