from __future__ import annotations

import aiohttp
import pytest
from sqlalchemy import select

from handoff.accounts import Accounts
from tests.handoff.conftest import StartDesk
from tests.handoff.support import PASSWORD, Agent, ask_for_person
from tests.support.stores import Stores
from zhiban.access import api_token
from zhiban.settings import Settings
from zhiban.store.models import AuditLog


async def _actions(stores: Stores) -> list[tuple[str, str]]:
    async with stores.engine.connect() as connection:
        rows = await connection.execute(
            select(AuditLog.user_id, AuditLog.action).order_by(AuditLog.id)
        )
        return [(row.user_id, row.action) for row in rows]


async def test_everything_asks_for_a_sign_in(start_desk: StartDesk) -> None:
    desk = await start_desk()
    async with aiohttp.ClientSession() as stranger:
        for path in ("/api/boot", "/api/handoffs", "/api/recent", "/ws"):
            async with stranger.get(desk.url + path) as answer:
                assert (path, answer.status) == (path, 401)
        async with stranger.get(desk.url + "/", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/login")
        async with stranger.post(desk.url + "/api/handoffs/x/accept") as answer:
            assert answer.status == 401
        async with stranger.get(desk.url + "/health") as answer:
            assert answer.status == 200
            assert (await answer.json())["status"] == "ok"


async def test_headers_protect_every_page(start_desk: StartDesk) -> None:
    desk = await start_desk()
    async with aiohttp.ClientSession() as stranger:
        for path in ("/login", "/api/boot", "/static/desk.js", "/nothing-here"):
            async with stranger.get(desk.url + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "script-src 'self';" in policy
                assert "unsafe-inline" not in policy
                assert "frame-ancestors 'none'" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_session_cookie_is_closed_to_scripts_and_other_sites(start_desk: StartDesk) -> None:
    desk = await start_desk()
    agent = Agent(desk.url, "agent")
    answer = await agent.sign_in()
    cookie = answer.headers.getall("Set-Cookie")[0]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    await agent.close()


async def test_five_failures_lock_the_account_even_for_the_right_password(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent = Agent(desk.url, "agent")
    try:
        assert [(await agent.sign_in("wrong password")).status for _ in range(5)] == [
            401,
            401,
            401,
            401,
            429,
        ]
        refused = await agent.sign_in()
        assert refused.status == 429
        assert "锁定" in await refused.text()
        await Accounts(stores.engine).reset("agent", PASSWORD)
        assert (await agent.sign_in()).status == 303
        assert await _actions(stores) == [
            *[("agent", "sign_in_failed")] * 4,
            *[("agent", "sign_in_locked")] * 2,
            ("agent", "sign_in"),
        ]
    finally:
        await agent.close()


async def test_unknown_name_is_answered_like_a_wrong_password_and_not_kept(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    stranger, agent = Agent(desk.url, "my secret typed here"), Agent(desk.url, "agent")
    try:
        unknown, wrong = await stranger.sign_in("x" * 12), await agent.sign_in("x" * 12)
        assert unknown.status == wrong.status == 401
        assert "账号或密码不正确" in await unknown.text()
        assert await _actions(stores) == [("?", "sign_in_failed"), ("agent", "sign_in_failed")]
    finally:
        await stranger.close()
        await agent.close()


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-CSRF-Token": "guessed"}, {"X-CSRF-Token": "", "Origin": "http://evil.example"}],
)
async def test_forged_posts_are_refused(
    stores: Stores, start_desk: StartDesk, headers: dict[str, str]
) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    record = await ask_for_person(stores, "c1")
    url = f"{desk.url}/api/handoffs/{record.id}/accept"
    async with agent.http.post(url, json={}, headers=headers) as answer:
        assert answer.status == 403
    foreign = {"X-CSRF-Token": agent.csrf, "Origin": "http://evil.example"}
    async with agent.http.post(url, json={}, headers=foreign) as answer:
        assert answer.status == 403
    assert (await stores.ledger.get(record.id)).agent_id == ""


async def test_login_form_of_another_site_is_refused(start_desk: StartDesk) -> None:
    desk = await start_desk()
    async with aiohttp.ClientSession() as victim:
        form = {"user": "agent", "password": PASSWORD, "csrf": "made-up"}
        async with victim.post(f"{desk.url}/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 403


async def test_socket_of_another_site_is_refused(start_desk: StartDesk) -> None:
    desk = await start_desk()
    agent = await desk.sign_in("agent")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await agent.http.ws_connect(f"{desk.url}/ws", headers={"Origin": "http://evil.example"})
    assert refused.value.status == 403


async def test_signing_out_ends_the_session_and_the_presence(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent, other = await desk.sign_in("agent"), await desk.sign_in("leader")
    await other.sit_down()
    await agent.sit_down()
    await other.until(lambda: {"agent", "leader"} == {a["id"] for a in other.agents})
    form = {"csrf": agent.csrf}
    async with agent.http.post(f"{desk.url}/logout", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    await other.until(lambda: {"leader"} == {a["id"] for a in other.agents})
    async with agent.http.get(f"{desk.url}/api/boot") as answer:
        assert answer.status == 401


async def test_read_api_opens_to_sessions_and_tokens_only(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    await ask_for_person(stores, "c1")
    token = api_token(Settings(data_dir=stores.folder))
    agent = await desk.sign_in("agent")
    url = f"{desk.url}/api/calls/c1"
    async with agent.http.get(url) as answer:
        assert answer.status == 200
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    async with aiohttp.ClientSession() as machine:
        async with machine.get(url, headers=proxied) as answer:
            assert answer.status == 401
        bearer = proxied | {"Authorization": f"Bearer {token}"}
        async with machine.get(url, headers=bearer) as answer:
            assert answer.status == 200


async def test_numbers_are_hidden_from_those_not_concerned(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent, leader = await desk.sign_in("agent"), await desk.sign_in("leader")
    await agent.sit_down()
    await leader.sit_down()
    record = await ask_for_person(stores, "c1", words="我的电话是13812345678，电梯里被困了")
    assert (await agent.rung())["ticket"]["phone"] == "13812345678"
    view = await leader.state_of(record.id, "offered")
    assert view["ticket"]["phone"] == "138****5678"
    assert "13812345678" not in str(view)
