"""The files for Asterisk: read as Asterisk reads them, then run against a real gateway."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.asterisk import AudioSocketChannel, WebSocketChannel
from tests.support.asterisk_house import PASSWORD, USER, Pbx, engine, pbx, redis_url, stores
from tests.support.dialplan import (
    Dialplan,
    DialplanError,
    Step,
    matches,
    read_dialplan,
    read_lines,
    read_sections,
    split_args,
)
from tests.support.dialplan_run import Caller, Phone
from tests.support.made_voice import made_voice
from voice_gateway.asterisk.settings import AsteriskSettings
from zhiban.settings import ROOT

__all__ = ["engine", "pbx", "redis_url", "stores"]

pytestmark = pytest.mark.timeout(120)

_FOLDER = ROOT / "deploy" / "asterisk"
_APPS = {
    *("Answer", "AudioSocket", "Dial", "ExecIf", "Gosub", "Goto", "GotoIf", "Hangup", "NoOp"),
    *("Playback", "Read", "Return", "Set"),
}
_FUNCTIONS = {"CALLERID", "CURL", "CURLOPT", "LEN", "MASTER_CHANNEL", "PJSIP_HEADER", "URIENCODE"}
_PERSON, _ONCALL = "PJSIP/8001", "PJSIP/13800001111@carrier"


@pytest.fixture(scope="module")
def plan() -> Dialplan:
    """The shipped dialplan."""
    return read_dialplan(_FOLDER / "extensions.conf")


def _steps(plan: Dialplan) -> list[tuple[str, str, Step]]:
    return [
        (context, pattern, step)
        for context, extensions in plan.contexts.items()
        for pattern, steps in extensions.items()
        for step in steps
    ]


# --- as text ------------------------------------------------------------------------------------


def test_every_file_of_the_dialplan_is_part_of_the_sample(plan: Dialplan) -> None:
    included = {where.split(":")[0] for where, _ in read_lines(_FOLDER / "extensions.conf")}
    apart = {"websocket_client.conf", "pjsip-zhiban.conf", "manager-zhiban.conf"}
    assert included | apart == {path.name for path in _FOLDER.iterdir()}
    assert {"zhiban-websocket", "zhiban-audiosocket", "zhiban-sip"} <= set(plan.contexts)


def test_only_known_applications_and_functions_are_used(plan: Dialplan) -> None:
    for context, _, step in _steps(plan):
        assert step.app in _APPS, (context, step)
        functions = set(re.findall(r"\b([A-Z_]+)\((?!\))", step.args)) - {"U"}
        assert functions <= _FUNCTIONS, (context, step)


def _targets(step: Step) -> list[str]:
    """Return where a step may lead, as ``[[context,]extension,]priority``."""
    match step.app:
        case "Goto":
            return [step.args]
        case "GotoIf":
            return [t for t in step.args.rpartition("?")[2].split(":") if t]
        case "Gosub":
            return [step.args.partition("(")[0]]
        case "Dial" | "ExecIf":
            found = [f"{c},s,1" for c in re.findall(r"U\(([\w-]+)\)", step.args)]
            found += [f"{c},s,1" for c in re.findall(r"Local/s@([\w-]+)", step.args)]
            for before in re.findall(r"b\(([\w-]+\^\w+\^\w+)", step.args):
                found.append(before.replace("^", ","))
            return found
    return []


def test_every_target_exists(plan: Dialplan) -> None:
    seen = 0
    for context, pattern, step in _steps(plan):
        for target in _targets(step):
            for name, value in plan.globals.items():
                target = target.replace(f"${{{name}}}", value)
            target = target.replace("${EXTEN}", "02161234567")
            parts = [*[""] * 2, *split_args(target)][-3:]
            number = parts[1] or _example(pattern)
            plan.place(parts[0] or context, number, parts[2])
            seen += 1
    assert seen >= 15


def _example(pattern: str) -> str:
    number = {"_8XXX": "8001", "_[+0-9]!": "02161234567"}.get(pattern, pattern)
    assert matches(pattern, number)
    return number


def test_every_way_through_an_extension_ends(plan: Dialplan) -> None:
    """An extension that just runs out hangs the caller up."""
    for context, extensions in plan.contexts.items():
        for pattern, steps in extensions.items():
            assert steps[-1].app in ("Hangup", "Goto", "Return"), (context, pattern)


def test_every_ring_is_bounded_and_the_caller_goes_on_after_it(plan: Dialplan) -> None:
    dials = [step.args for _, _, step in _steps(plan) if step.app == "Dial"]
    dials += re.findall(r"Dial\((.*)\)$", "\n".join(s.args for _, _, s in _steps(plan)), re.M)
    assert len(dials) == 6
    for args in dials:
        _, seconds, options = split_args(args)
        assert 5 <= int(seconds) <= 30
        assert options.startswith("g")
    mobiles = [args for args in dials if "ONCALL" in args]
    assert mobiles
    assert all("U(zhiban-press1)" in args for args in mobiles)


def test_the_person_of_the_globals_can_be_reached_by_transfers(plan: Dialplan) -> None:
    context = AsteriskSettings().transfer_context
    assert plan.extension(context, plan.globals["ZHIBAN_PERSON"])
    for outside in ("13800001111", "008613800001111", "0", "80011"):
        with pytest.raises(DialplanError):
            plan.extension(context, outside)


def test_the_other_files_hold_what_they_must() -> None:
    ((name, client),) = read_sections(_FOLDER / "websocket_client.conf")
    assert (name, client["type"], client["protocols"]) == ("zhiban", "websocket_client", "media")
    assert client["connection_type"] == "per_call_config"
    assert client["uri"].endswith("/v1/asterisk/media")
    assert client["username"] == AsteriskSettings().user
    pjsip = read_sections(_FOLDER / "pjsip-zhiban.conf")
    assert [(section, options["type"]) for section, options in pjsip] == [
        ("8000", "endpoint"),
        ("8000", "auth"),
        ("8000", "aor"),
    ]
    assert pjsip[0][1]["auth"] == pjsip[0][1]["aors"] == "8000"
    assert int(pjsip[0][1]["rtp_timeout"]) <= 5
    ((user, manager),) = read_sections(_FOLDER / "manager-zhiban.conf")
    assert (user, manager["write"], manager["read"]) == ("zhiban", "call", "")


@pytest.mark.parametrize(
    "text",
    [
        "[a]\nexten => s,2,NoOp()",
        "[a]\nexten => s,1,NoOp()\n same => 1,NoOp()",
        "[a]\nexten => s,1,NoOp(\n",
        "[a]\nexten => s,1,NoOp(${X)",
        "[a]\nexten => s,1(x),NoOp()\n same => n(x),NoOp()",
        "[a]\nexten => s,1,NoOp()\n[a]\n",
        "[a]\nsame => n,NoOp()",
        '[a]\n#include "missing.conf"',
    ],
)
def test_the_reader_sees_mistakes(text: str, tmp_path: Path) -> None:
    """What the tests above rely on."""
    path = tmp_path / "extensions.conf"
    path.write_text(text)
    with pytest.raises(DialplanError):
        read_dialplan(path)


# --- at work ------------------------------------------------------------------------------------


def _caller(plan: Dialplan, pbx: Pbx, **options: Any) -> Caller:
    """Return a caller in the shipped dialplan, with the addresses of the test's gateway."""
    ((_, client),) = read_sections(_FOLDER / "websocket_client.conf")
    here = {
        "ZHIBAN_URL": pbx.gateway,
        "ZHIBAN_LOGIN": f"{USER}:{PASSWORD}",
        "ZHIBAN_AUDIOSOCKET": f"127.0.0.1:{pbx.audiosocket}",
    }
    options.setdefault("phones", {_PERSON: Phone()})
    return Caller(
        replace(plan, globals={**plan.globals, **here}),
        {**client, "uri": pbx.media_url, "password": PASSWORD},
        **options,
    )


_LINKS = pytest.mark.parametrize("link", ["zhiban-websocket", "zhiban-audiosocket"])


@_LINKS
async def test_a_call_that_is_over_is_hung_up(plan: Dialplan, pbx: Pbx, link: str) -> None:
    pbx.engine.answer = lambda text: {"messages": [{"text": "再见。"}], "end_call": True}
    saying: list[asyncio.Task[None]] = []

    async def talk(channel: WebSocketChannel | AudioSocketChannel) -> None:
        rate = channel.rate if isinstance(channel, WebSocketChannel) else 8000
        speech = bytes(rate * 3) + made_voice(1.2, rate) + bytes(rate * 6)
        saying.append(asyncio.create_task(channel.say(speech)))

    caller = _caller(plan, pbx, on_bot=talk)
    await caller.run(link, "02161234567")
    await asyncio.gather(*saying)
    started = await pbx.event("call.started")
    assert started.data["caller"] == "13812345678"
    assert (started.data["dialled"], started.data["pbx_call_id"]) == (
        "02161234567",
        "1732279200.17",
    )
    assert (await pbx.event("call.ended")).data["reason"] == "completed"
    assert caller.rung == []
    assert caller.trace[-1] == "hung up"


@_LINKS
async def test_a_gateway_that_is_down_costs_no_caller(plan: Dialplan, pbx: Pbx, link: str) -> None:
    caller = _caller(plan, pbx)
    await pbx.stack.aclose()
    begun = asyncio.get_running_loop().time()
    await caller.run(link, "02161234567")
    assert asyncio.get_running_loop().time() - begun < 5
    assert caller.rung == [_PERSON]


@_LINKS
async def test_a_gateway_that_goes_in_mid_call_costs_no_caller(
    plan: Dialplan, pbx: Pbx, link: str
) -> None:
    stopping: list[asyncio.Task[None]] = []

    async def stop(_channel: WebSocketChannel | AudioSocketChannel) -> None:
        await pbx.event("bot.said")
        stopping.append(asyncio.create_task(pbx.stack.aclose()))

    caller = _caller(plan, pbx, on_bot=stop)
    await caller.run(link, "02161234567")
    await asyncio.gather(*stopping)
    assert caller.bot is not None
    assert caller.rung == [_PERSON]


@_LINKS
async def test_a_torn_link_costs_no_caller(plan: Dialplan, pbx: Pbx, link: str) -> None:
    async def tear(channel: WebSocketChannel | AudioSocketChannel) -> None:
        await pbx.event("bot.said")
        channel.crash()

    caller = _caller(plan, pbx, on_bot=tear)
    await caller.run(link, "02161234567")
    assert caller.rung == [_PERSON]


@_LINKS
async def test_a_wrong_password_costs_no_caller(plan: Dialplan, pbx: Pbx, link: str) -> None:
    caller = _caller(plan, pbx)
    caller.plan.globals["ZHIBAN_LOGIN"] = f"{USER}:wrong-horse-battery"
    caller.client["password"] = "wrong-horse-battery"
    await caller.run(link, "02161234567")
    assert caller.rung == [_PERSON]
    assert await pbx.events() == []


@_LINKS
async def test_a_full_house_sends_the_caller_to_a_person(
    plan: Dialplan, pbx: Pbx, link: str
) -> None:
    await pbx.dial("call=full.1")
    await pbx.dial("call=full.2")
    caller = _caller(plan, pbx)
    await caller.run(link, "02161234567")
    assert caller.rung == [_PERSON]


async def test_the_carrier_context_leads_to_the_bot(plan: Dialplan, pbx: Pbx) -> None:
    async def leave(channel: WebSocketChannel | AudioSocketChannel) -> None:
        await channel.hang_up()

    caller = _caller(plan, pbx, on_bot=leave)
    await caller.run("from-carrier", "+862161234567")
    assert (await pbx.event("call.started")).data["dialled"] == "+862161234567"


@pytest.mark.parametrize(
    ("phones", "rung", "taken"),
    [
        ({_PERSON: Phone()}, [_PERSON], False),
        ({_PERSON: Phone("BUSY"), _ONCALL: Phone(key="1")}, [_PERSON, _ONCALL], True),
        # A mailbox, or "the number is switched off": answers, presses nothing. Five rounds.
        ({_PERSON: Phone("NOANSWER"), _ONCALL: Phone()}, [_PERSON, _ONCALL] * 5, False),
        ({_PERSON: Phone("NOANSWER"), _ONCALL: Phone(key="2")}, [_PERSON, _ONCALL] * 5, False),
        ({}, [_PERSON, _ONCALL] * 5, False),
    ],
)
async def test_people_are_rung_until_one_takes_the_call(
    plan: Dialplan, phones: dict[str, Phone], rung: list[str], taken: bool
) -> None:
    caller = Caller(plan, {}, phones)
    await caller.run("zhiban-handoff", "8001")
    assert caller.rung == rung
    assert (caller.variables.get("ZHIBAN_TAKEN") == "1") is taken
    assert caller.trace[-1] == "hung up"
    assert ("Playback" in caller.trace) is (len(rung) == 10)


@pytest.mark.parametrize("status", ["BUSY", "CHANUNAVAIL", "CONGESTION", "NOANSWER"])
async def test_the_sip_leg_carries_number_and_id(plan: Dialplan, pbx: Pbx, status: str) -> None:
    """By SIP the bot is a telephone: full (486), not there, refused (503), or silent; a person."""
    phones = {_PERSON: Phone(), "PJSIP/8000": Phone(status)}
    caller = _caller(plan, pbx, phones=phones)
    await caller.run("zhiban-sip", "02161234567")
    assert caller.rung == ["PJSIP/8000", _PERSON]
    assert caller.headers == {"X-DID": "02161234567", "X-PBX-Call": "1732279200.17"}
