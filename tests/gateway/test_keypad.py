"""Digits pressed on the telephone: entries, 0 alone, and what is asked for by keys."""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.conftest import Line
from voice_gateway.call import keypad
from voice_gateway.call.line import CallMode
from voice_gateway.pipeline.frames import Turn
from zhiban.calls.traces import Traces


def _asking(line: Line, expects: str, **slots: str) -> None:
    line.engine.answer = lambda text: {
        "messages": [{"text": "请问？"}],
        "active_form": "repair_form",
        "expects": expects,
        "slots": slots,
    }


async def _press(line: Line, keys: str) -> None:
    for key in keys:
        await line.call.hear_digit(key)


async def _enter(line: Line, keys: str) -> None:
    """Press keys whose last ends the entry, and wait until the bot is done with it."""
    line.ears.done.clear()
    await _press(line, keys)
    async with asyncio.timeout(10):
        await line.ears.done.wait()


async def test_an_entry_goes_to_the_dialogue_as_pressed_digits(unknown_line: Line) -> None:
    """The sharp key ends it; zeros inside it ask for nobody."""
    line = unknown_line
    _asking(line, "address", building="5")
    await line.say("我家漏水了")
    await _enter(line, "1001#")
    assert line.engine.heard == ["我家漏水了", "1001"]
    assert [body["metadata"]["keys"] for body in line.engine.bodies] == [False, True]
    assert line.call.mode is CallMode.BOT
    turn = [e for e in await line.timeline() if e.name == "caller.turn"][-1]
    assert (turn.data["text"], turn.data["asr"]["engine"]) == ("1001", "keypad")


async def test_the_star_clears_what_was_pressed(unknown_line: Line) -> None:
    """Said, so that the caller knows where they are."""
    line = unknown_line
    _asking(line, "phone")
    await line.say("我家漏水了")
    await _press(line, "1381*")
    assert line.ears.said[-1] == line.services.community.phrase("keys_cleared")
    await _enter(line, "13912345678#")
    assert line.engine.heard[-1] == "13912345678"


async def test_an_entry_without_the_sharp_ends_by_itself(
    unknown_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not everybody finds the key."""
    monkeypatch.setattr(keypad, "_ENTRY_SECONDS", 0.05)
    _asking(unknown_line, "address", building="5")
    await unknown_line.say("我家漏水了")
    await _enter(unknown_line, "1001")
    assert unknown_line.engine.heard[-1] == "1001"


@pytest.mark.parametrize("ending", ["#", ""])
async def test_zero_alone_asks_for_a_person_where_a_number_is_wanted(
    unknown_line: Line, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number may begin with it; a moment later it is clear that none comes."""
    monkeypatch.setattr(keypad, "_ALONE_SECONDS", 0.05)
    _asking(unknown_line, "phone")
    await unknown_line.say("我家漏水了")
    await _press(unknown_line, "0" + ending)
    async with asyncio.timeout(5):
        while not unknown_line.call.handoff_id:
            await asyncio.sleep(0.01)
    assert (await unknown_line.stores.ledger.get(unknown_line.call.handoff_id)).kind == "human"


async def test_a_number_may_begin_with_zero(unknown_line: Line) -> None:
    """0571 is no wish for a person."""
    _asking(unknown_line, "phone")
    await unknown_line.say("我家漏水了")
    await _enter(unknown_line, "057188886666#")
    assert unknown_line.engine.heard[-1] == "057188886666"
    assert unknown_line.call.mode is CallMode.BOT


async def test_zero_acts_at_once_where_no_number_is_wanted(unknown_line: Line) -> None:
    """As at any time."""
    await _press(unknown_line, "0")
    assert unknown_line.call.mode is CallMode.WAITING


async def test_keys_are_no_no_to_the_closed_question(unknown_line: Line) -> None:
    """Anything but a clear no puts through."""
    line = unknown_line
    _asking(line, "address", building="5")
    await line.say("我家漏水了")
    await line.say("好像有点煤气味")
    assert line.call.expects() == "yes_no"
    await _press(line, "1001#")
    async with asyncio.timeout(5):
        while not line.call.handoff_id:
            await asyncio.sleep(0.01)
    assert (await line.stores.ledger.get(line.call.handoff_id)).kind == "gas_leak"


@pytest.mark.parametrize(
    ("expects", "slots", "phrase"),
    [
        ("phone", {}, "keys_phone"),
        ("address", {"building": "5"}, "keys_room"),
        ("address", {}, "not_heard"),
        ("name", {}, "not_heard"),
    ],
)
async def test_what_is_not_heard_twice_is_asked_for_by_keys(
    unknown_line: Line, expects: str, slots: dict[str, str], phrase: str
) -> None:
    """Only what has digits; the third time a person is asked for, as ever."""
    line = unknown_line
    _asking(line, expects, **slots)
    await line.say("我家漏水了")
    await line.say("")
    assert line.ears.said[-1] == line.services.community.phrase("not_heard")
    await line.say("")
    assert line.ears.said[-1] == line.services.community.phrase(phrase)
    await line.call.hear_turn(Turn(""))
    async with asyncio.timeout(5):
        while not line.call.handoff_id:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("keys", "wanted"), [("0", True), ("1001#", False), ("05718888", False), ("0*", False)]
)
async def test_whoever_settles_the_call_tells_a_wish_from_a_number(
    unknown_line: Line, keys: str, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway may die before it has acted."""
    monkeypatch.setattr(keypad, "_ALONE_SECONDS", 60.0)
    _asking(unknown_line, "phone")
    await unknown_line.say("我家漏水了")
    await _press(unknown_line, keys)
    traces = Traces.of(unknown_line.call.call_id, "", await unknown_line.timeline())
    assert traces.wanted_person is wanted
