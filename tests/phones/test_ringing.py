"""On-call telephones rung for a caller: typed outcomes, the key, the talk, deaths on either side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from handoff.phones import PhoneBook
from tests.conference.conftest import Floor, OpenFloor
from tests.conference.support import BOT_HZ, CALLER_HZ, LISTENER_HZ, pitches
from tests.handoff.support import events_of, wait_for_state
from tests.phones.conftest import desk_stores
from tests.support.dialled import PHONE_HZ, Behaviour, Exchange, Telephone, answers, fails
from voice_gateway.phones import ring, talk
from zhiban.calls.settle import CallSettler
from zhiban.dialling import LegEventName, Outcome
from zhiban.handoffs import HandoffState
from zhiban.timeline import EventName

FIRST, SECOND = "13800001111", "sip:8002@127.0.0.1"
VOICES = {"phone": PHONE_HZ, "caller": CALLER_HZ, "leader": LISTENER_HZ, "bot": BOT_HZ}
_LISTEN_SECONDS = 0.5


def _chains(*phones: str) -> dict[str, Any]:
    stage = {"role": "phone", "ring_seconds": 5, "label": "值班手机", "phones": list(phones)}
    agent = {"role": "agent", "ring_seconds": 5, "label": "值班坐席"}
    return {"default": [agent, stage]}


async def _cry(floor: Floor, words: str = "我家着火了快来人") -> None:
    """Let the caller be in danger, with nobody at any desk."""
    await floor.people["agent"].choose("away")
    await floor.caller.say(words)
    offered = await floor.caller.event("handoff.offered")
    floor.handoff_id = offered["handoff_id"]


async def _call_id(floor: Floor) -> str:
    return (await floor.stores.ledger.get(floor.handoff_id)).call_id


async def _moves(floor: Floor, *names: EventName) -> list[dict[str, Any]]:
    return [e for name in names for e in await events_of(floor.stores, await _call_id(floor), name)]


async def _hears(listen: Callable[[float], Any], rate: int, wanted: set[str]) -> None:
    """Wait until exactly these voices are heard."""
    while pitches(await listen(_LISTEN_SECONDS), rate, VOICES) != wanted:
        pass


async def _takes(floor: Floor, phone: Telephone) -> None:
    """Whoever is rung answers and presses 1."""
    await phone.answer()
    await phone.press("1")
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)


async def test_a_telephone_takes_a_caller_in_danger(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """Whisper, 1, audio both ways; the sharp key twice ends it, a key says how it ended."""
    floor = await open_floor(chains=_chains(FIRST))
    await _cry(floor)
    phone = await exchange.telephone()
    assert (phone.order.to, phone.order.ring_seconds) == (FIRST, 5)
    await phone.answer()
    await _hears(phone.line.newest, 8_000, {"bot"})
    record = await floor.stores.ledger.get(floor.handoff_id)
    assert record.state is HandoffState.OFFERED, "answered is not taken"
    await phone.press("1")
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)
    assert record.agent_id.startswith("phone:")
    await _hears(phone.line.newest, 8_000, {"caller"})
    await _hears(floor.caller.newest, 8_000, {"phone"})
    await phone.press("##")
    assert (await floor.caller.noted("ended"))["reason"] == "agent_hung_up"
    await phone.press("1")
    await phone.told("ended")
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CLOSED)
    ticket = await floor.stores.tickets.get(record.ticket_number)
    assert ticket["status"] == "in_progress"
    assert ticket["details"]["outcomes"][-1]["outcome"] == "in_progress"
    offered = await _moves(floor, EventName.HANDOFF_OFFERED)
    assert offered[-1]["phone"] == "138****1111", "no whole number on the timeline"


@pytest.mark.parametrize(
    ("behave", "reason", "outcome"),
    [
        (fails(Outcome.BUSY, 486), "phone_busy", "busy"),
        (fails(Outcome.REFUSED, 603, LegEventName.RINGING), "phone_refused", "refused"),
        (fails(Outcome.UNREACHABLE, 404), "phone_unreachable", "unreachable"),
        (fails(Outcome.NO_ANSWER, 0, LegEventName.RINGING), "phone_no_answer", "no_answer"),
        (
            fails(Outcome.EARLY_MEDIA, 480, LegEventName.EARLY_MEDIA),
            "phone_announcement",
            "early_media",
        ),
        (fails(Outcome.NO_LINE), "phone_unavailable", "no_line"),
    ],
)
async def test_a_telephone_in_vain_leads_to_the_next(
    open_floor: OpenFloor, exchange: Exchange, behave: Behaviour, reason: str, outcome: str
) -> None:
    """Each way to fail has its own reason; the next telephone is rung."""
    exchange.behaviour[FIRST] = behave
    floor = await open_floor(chains=_chains(FIRST, SECOND))
    await _cry(floor)
    second = await exchange.telephone(2)
    assert second.order.to == SECOND
    failed = await _moves(
        floor, EventName.HANDOFF_TIMED_OUT, EventName.HANDOFF_DECLINED, EventName.HANDOFF_FAILED
    )
    assert [(one["reason"], one["outcome"]) for one in failed] == [(reason, outcome)]
    await _takes(floor, second)


async def test_an_answer_without_a_key_is_no_person(
    open_floor: OpenFloor, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number you dialled is switched off, said with a 200 OK."""
    monkeypatch.setattr(ring, "KEY_SECONDS", 0.5)
    exchange.behaviour[FIRST] = answers
    floor = await open_floor(chains=_chains(FIRST, SECOND))
    await _cry(floor)
    await exchange.telephone(2)
    (failed,) = await _moves(floor, EventName.HANDOFF_TIMED_OUT)
    assert (failed["reason"], failed["outcome"]) == ("phone_no_key", "no_key")
    await (await exchange.telephone(1)).told("ended")


@pytest.mark.parametrize(
    ("leave", "event", "reason"),
    [
        (lambda phone: phone.hang_up(), EventName.HANDOFF_DECLINED, "phone_hung_up"),
        (lambda phone: phone.press("2"), EventName.HANDOFF_DECLINED, "agent_declined"),
        (lambda phone: phone.line.break_off(), EventName.HANDOFF_TIMED_OUT, "phone_lost"),
    ],
)
async def test_who_does_not_want_the_call_is_left(
    open_floor: OpenFloor,
    exchange: Exchange,
    leave: Callable[[Telephone], Any],
    event: EventName,
    reason: str,
) -> None:
    """Hung up, refused by key, or a user agent that died."""
    floor = await open_floor(chains=_chains(FIRST, SECOND))
    await _cry(floor)
    phone = await exchange.telephone()
    await phone.answer()
    await phone.told("started")
    await leave(phone)
    await exchange.telephone(2)
    (failed,) = await _moves(floor, event)
    assert failed["reason"] == reason


async def test_a_user_agent_that_dies_while_it_rings_is_noticed(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """Its leg shows no sign of life any more."""

    async def dies(telephone: Telephone) -> None:
        telephone.ended = True  # no events, no refreshed key

    exchange.behaviour[FIRST] = dies
    floor = await open_floor(chains=_chains(FIRST, SECOND))
    await _cry(floor)
    await exchange.telephone(2)
    (failed,) = await _moves(floor, EventName.HANDOFF_TIMED_OUT)
    assert failed["reason"] == "phone_unreachable"


async def test_who_ends_the_call_and_hangs_up_at_once_has_ended_it(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """Nobody waits for the question how it ended; the owner becomes a due call-back, not a riddle."""
    floor = await open_floor(chains=_chains(FIRST))
    await _cry(floor)
    phone = await exchange.telephone()
    await _takes(floor, phone)
    await phone.press("##")
    await phone.hang_up()
    assert (await floor.caller.noted("ended"))["reason"] == "agent_hung_up"
    record = await floor.stores.ledger.get(floor.handoff_id)
    assert record.state is HandoffState.BRIDGED, "somebody is still to say how it ended"


async def test_a_telephone_that_hangs_up_in_mid_talk_keeps_the_caller(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """A dead cell looks the same: the next is rung, the caller is told and kept."""
    floor = await open_floor(chains=_chains(FIRST, SECOND))
    await _cry(floor)
    phone = await exchange.telephone()
    await _takes(floor, phone)
    await phone.hang_up()
    again = await exchange.telephone(2)
    (failed,) = await _moves(floor, EventName.HANDOFF_FAILED)
    assert failed["reason"] == "agent_gone"
    await _takes(floor, again)
    await _hears(floor.caller.newest, 8_000, {"phone"})


async def test_a_desk_that_takes_the_call_silences_the_telephone(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """Whoever is first has it; an answered telephone hears so."""
    floor = await open_floor(chains=_chains(FIRST))
    await _cry(floor)
    phone = await exchange.telephone()
    await phone.answer()
    await phone.told("started")
    answer = await floor.act("agent2", "accept")
    await floor.connect("agent2", answer["bridge_url"])
    assert (await phone.told("ended"))["reason"] == "taken"
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)
    assert record.agent_id == "agent2"


async def test_a_gateway_that_dies_lets_the_telephone_stop(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """Whoever settles its calls hangs up; the case is a due call-back."""
    floor = await open_floor(chains=_chains(FIRST))
    await _cry(floor)
    phone = await exchange.telephone()
    assert await CallSettler(desk_stores(floor.stores)).settle(await _call_id(floor))
    async with asyncio.timeout(10):
        await phone.hung_up.wait()
    record = await floor.stores.ledger.get(floor.handoff_id)
    assert (record.state, record.reason) == (HandoffState.CALLBACK_DUE, "gateway_lost")


async def test_a_caller_who_leaves_lets_the_telephone_stop(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """Nobody is rung for a line that is gone; the owner is called back."""
    floor = await open_floor(chains=_chains(FIRST))
    await _cry(floor)
    phone = await exchange.telephone()
    await floor.caller.close()
    async with asyncio.timeout(10):
        await phone.hung_up.wait()
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CALLBACK_DUE)


@pytest.mark.parametrize(("key", "state"), [("2", "callback_due"), ("", "callback_due")])
async def test_a_caller_who_hangs_up_first_is_asked_about(
    open_floor: OpenFloor,
    exchange: Exchange,
    key: str,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """2, or no answer at all, makes it a due call-back."""
    monkeypatch.setattr(talk, "WRAP_UP_SECONDS", 1.0)
    monkeypatch.setattr("handoff.chain.ABSENT_SECONDS", 1.0)
    floor = await open_floor(chains=_chains(FIRST))
    await _cry(floor)
    phone = await exchange.telephone()
    await _takes(floor, phone)
    await floor.caller.tell({"type": "hangup"})
    await floor.caller.noted("ended")
    await phone.press(key)
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState(state))
    assert record.priority == 0


async def test_accounts_with_a_telephone_are_rung_without_being_listed(
    open_floor: OpenFloor, exchange: Exchange
) -> None:
    """An account's own telephone: the case is theirs, with their name on every desk."""
    floor = await open_floor(chains=_chains())
    await PhoneBook(floor.stores.engine).put("agent2", " 138 0000-2222 ")
    await _cry(floor)
    phone = await exchange.telephone()
    assert phone.order.to == "13800002222"
    await phone.answer()
    await phone.press("1")
    record = await wait_for_state(floor.stores, floor.handoff_id, HandoffState.BRIDGED)
    assert record.agent_id == "agent2"
    shown = await floor.shown(lambda view: view["state"] == "bridged")
    assert shown["agent_name"] == "agent2-name"


async def test_without_a_line_the_stage_is_passed_over(open_floor: OpenFloor) -> None:
    """As before there was telephony: phone_unavailable, and on."""
    floor = await open_floor(
        chains={"default": [*_chains(FIRST)["default"], {"role": "leader", "label": "班长"}]}
    )
    await floor.people["agent"].choose("away")
    await floor.caller.say("我家着火了快来人")
    told = await floor.caller.event("handoff.escalated")
    reasons = [step["reason"] for step in told["passed"]] + [told["reason"]]
    assert "phone_unavailable" in reasons
    assert "handoff.offered" not in floor.caller.names()
