"""Telephones of accounts: who is rung at the chain's phone stage, and who may set them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from handoff.__main__ import main
from handoff.cases import Case
from handoff.chain import decide
from handoff.decisions import Dial, Look, Move, Rest
from handoff.phones import Phone, PhoneBook, masked, read_phone
from handoff.presence import Presence, Status
from handoff.queue import Agents
from tests.handoff.conftest import StartDesk
from tests.handoff.pages import NEEDS_BROWSER, open_desk
from tests.support.stores import Stores
from zhiban.clock import iso_ms, utc_now
from zhiban.community import EscalationStage
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState

STAGE = EscalationStage("phone", 25, "值班手机")
CHAIN = (EscalationStage("agent", 20, "值班坐席"), STAGE, EscalationStage("leader", 20, "班长"))
WANG, LIU = Phone("wang", "王", "13800001111"), Phone("liu", "刘", "13800002222")
NOW = utc_now()


@pytest.mark.parametrize(
    ("raw", "dialled"),
    [
        (" 138 0000-1111 ", "13800001111"),
        ("+86 138 0000 1111", "+8613800001111"),
        ("(0571) 8888 6666", "057188886666"),
        ("8001", "8001"),
        ("sip:8001@10.0.0.5:5060", "sip:8001@10.0.0.5:5060"),
        ("", ""),
    ],
)
def test_what_is_a_telephone(raw: str, dialled: str) -> None:
    assert read_phone(raw) == dialled


@pytest.mark.parametrize(
    "raw", ["张三", "12", "sip:@10.0.0.5", "sip:8001@10.0.0.5\r\nX: 1", "sip:a@b;x=1", "1" * 40]
)
def test_what_is_none(raw: str) -> None:
    with pytest.raises(ZhibanError) as refused:
        read_phone(raw)
    assert refused.value.code is ErrorCode.BAD_MESSAGE


def test_no_whole_number_is_shown() -> None:
    assert masked("13800001111") == "138****1111"
    assert masked("sip:13800001111@10.0.0.5") == "sip:138****1111@10.0.0.5"
    assert masked("sip:8001@10.0.0.5") == "sip:8001@10.0.0.5"


async def test_who_is_rung(stores: Stores) -> None:
    """Those the stage lists, in its order; without a list all roles of the chain."""
    book = PhoneBook(stores.engine)
    await book.put("leader", "13800003333")
    await book.put("agent2", "sip:8002@10.0.0.5")
    await book.put("admin", "13800009999")
    await book.refresh()
    everybody = book.of_stage(STAGE, CHAIN)
    assert [one.agent_id for one in everybody] == ["agent2", "leader"]
    listed = replace(STAGE, phones=("13911112222", "leader", "13800003333", "agent", "nonsense"))
    assert [(one.agent_id[:6], one.to) for one in book.of_stage(listed, CHAIN)] == [
        ("phone:", "13911112222"),
        ("leader", "13800003333"),
    ]


def _case(**changes: object) -> Case:
    record = HandoffRecord(
        id="ho-1",
        call_id="c1",
        ticket_number="JJ1",
        kind="fire",
        level=3,
        priority=0,
        state=HandoffState.REQUESTED,
        reason="emergency",
        node="",
        created_at=iso_ms(NOW),
        updated_at=iso_ms(NOW),
        stage=1,
    )
    of_record = {k: v for k, v in changes.items() if k in HandoffRecord.__dataclass_fields__}
    rest = {k: v for k, v in changes.items() if k not in of_record}
    return Case(replace(record, **of_record), **rest)  # type: ignore[arg-type]


def _decide(
    case: Case, *others: Case, present: tuple[Presence, ...] = (), later: float = 0
) -> object:
    now = NOW + timedelta(seconds=later)
    agents = Agents.of({one.agent_id: one for one in present}, [case, *others], now)
    return decide(
        case,
        agents,
        CHAIN,
        now,
        join_seconds=8,
        pause_seconds=5,
        phones=lambda _stage, _chain: (WANG, LIU),
    )


def test_telephones_are_rung_one_after_the_other() -> None:
    first = _decide(_case())
    assert isinstance(first, Dial)
    assert first.phone == WANG
    tried = _case(tried=("tel:wang",), state=HandoffState.BUSY, reason="phone_busy")
    second = _decide(tried)
    assert isinstance(second, Dial)
    assert second.phone == LIU


def test_the_next_stage_is_told_how_the_last_telephone_failed() -> None:
    done = _case(tried=("tel:wang", "tel:liu"), state=HandoffState.TIMED_OUT, reason="phone_no_key")
    rest = _decide(done)
    assert isinstance(rest, Rest)
    assert [step.reason for step in rest.steps] == [HandoffReason.PHONE_NO_KEY]


def test_a_telephone_that_talks_is_not_rung_and_one_that_rings_gives_way_to_danger() -> None:
    talking = _case(id="ho-2", state=HandoffState.BRIDGED, agent_id="wang")
    decided = _decide(_case(), talking)
    assert isinstance(decided, Dial)
    assert decided.phone == LIU
    lesser = _case(id="ho-3", state=HandoffState.OFFERED, offered_to="wang", priority=1, leg="l")
    decided = _decide(_case(), lesser)
    assert isinstance(decided, Dial)
    assert (decided.phone, decided.preempts) == (WANG, "ho-3")


@pytest.mark.parametrize(("priority", "phone"), [(0, WANG), (1, LIU)])
def test_who_does_not_want_to_be_disturbed_is_rung_in_danger_only(
    priority: int, phone: Phone
) -> None:
    away = Presence("wang", "王", "agent", Status.DND, iso_ms(NOW), iso_ms(NOW))
    decided = _decide(_case(priority=priority, round=1), present=(away,))
    assert isinstance(decided, Dial)
    assert decided.phone == phone


def test_a_telephone_nobody_tells_about_is_given_up_in_time() -> None:
    """The gateway that rings it may be gone."""
    ringing = _case(state=HandoffState.OFFERED, offered_to="wang", leg="leg-1", stage=1)
    assert isinstance(_decide(ringing, later=25), Look)
    assert _decide(ringing, later=66) == Move(HandoffState.TIMED_OUT, HandoffReason.PHONE_LOST)


async def test_only_admins_see_and_set_telephones(stores: Stores, start_desk: StartDesk) -> None:
    desk = await start_desk()
    admin, agent = await desk.sign_in("admin"), await desk.sign_in("agent")
    status, _ = await agent.post("/api/phones/agent", phone="13800001111")
    assert status == 403
    async with agent.http.get(f"{desk.url}/api/phones") as answer:
        assert answer.status == 403
    status, answered = await admin.post("/api/phones/agent", phone="138 0000 1111")
    assert (status, answered) == (200, {"phone": "13800001111"})
    status, answered = await admin.post("/api/phones/agent", phone="喂")
    assert (status, answered["error"]["code"]) == (400, "bad_message")
    async with admin.http.get(f"{desk.url}/api/phones") as answer:
        phones = {one["id"]: one["phone"] for one in (await answer.json())["accounts"]}
    assert phones == {"agent": "13800001111", "agent2": "", "leader": "", "admin": ""}


def test_telephones_from_a_terminal(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIBAN_DATA_DIR", str(tmp_path))
    main(["add-user", "zhao", "--phone", "139 1111 2222"], standalone_mode=False)
    main(["set-phone", "zhao", "sip:8003@10.0.0.5"], standalone_mode=False)
    main(["set-phone", "zhao"], standalone_mode=False)
    told = capsys.readouterr().out.splitlines()
    assert told[1:] == ["zhao  sip:8003@10.0.0.5", "zhao  -"]
    with pytest.raises(ZhibanError):
        main(["set-phone", "nobody", "8001"], standalone_mode=False)


class TestPage:
    """The admins' dialog, in a real browser."""

    pytestmark = NEEDS_BROWSER

    async def test_an_admin_gives_somebody_a_telephone(
        self, stores: Stores, start_desk: StartDesk, browser: Browser
    ) -> None:
        desk = await start_desk()
        page = await open_desk(browser, desk.url, "admin")
        await page.click("#phones-open")
        await page.fill("#phone-agent2", "13800002222x")
        await page.press("#phone-agent2", "Enter")
        await expect(page.locator("#phones .error:visible")).to_contain_text("号码或 sip")
        await page.fill("#phone-agent2", "138 0000 2222")
        await page.press("#phone-agent2", "Enter")
        await expect(page.locator(".toast").last).to_contain_text("电话已保存")
        await expect(page.locator("#phone-agent2")).to_have_value("13800002222")
        book = PhoneBook(stores.engine)
        assert {one.id: one.phone for one in await book.accounts()}["agent2"] == "13800002222"

    async def test_others_have_no_such_button(
        self, stores: Stores, start_desk: StartDesk, browser: Browser
    ) -> None:
        desk = await start_desk()
        page = await open_desk(browser, desk.url, "agent")
        await expect(page.locator("#phones-open")).to_be_hidden()
