"""A survey over the whole house: the agent leaves, the bot asks, the desk follows up."""

from __future__ import annotations

import aiohttp
import pytest

from tests.calls.support import at_desk, finish, of_call, on_the_line, rung_for
from tests.support.house import House
from zhiban.callers import TextCaller

pytestmark = pytest.mark.call


async def test_an_unsatisfied_owner_is_asked_why_and_followed_up(house: House) -> None:
    """DLG-085…087: the grade is on the ticket, the same ticket, and on the list of call-backs."""
    async with at_desk(house) as agent, TextCaller(house.gateway, caller="15800007777") as phone:
        await phone.wait_turn(0)
        await phone.say("转人工")
        view = await rung_for(agent, phone.call_id)
        async with on_the_line(agent, view["id"]):
            turns = phone.turns_done
            status, body = await agent.act(view["id"], "survey")
            assert status == 200, body
            await phone.wait_turn(turns)
        assert "问题解决了吗" in phone.heard[-1]
        heard, _ = await phone.say("没有，师傅还没来")
        assert any("非常满意请按一" in text for text in heard)
        heard, _ = await phone.say("不太满意")
        assert any("什么原因" in text for text in heard)
        heard, _ = await phone.say("约好的时间没有人来")
        assert any("一个工作日内会有同事跟您联系" in text for text in heard)
        ended = await phone.wait_event("call.ended", 10)
        assert ended is not None
        assert ended["data"]["reason"] == "completed"
        due = await of_call(agent, phone.call_id, "callback_due")
        assert (due["kind"], due["ticket_number"]) == ("unsatisfied", view["ticket_number"])
        url = f"{house.desk}/api/tickets/{view['ticket_number']}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            ticket = await answer.json()
        await finish(agent, due["id"])
    assert ticket["satisfaction"] == "dissatisfied"
    (survey,) = ticket["details"]["surveys"]
    assert (survey["call_id"], survey["by"]) == (phone.call_id, agent.user)
    assert (survey["solved"], survey["points"]) == (False, 1)
    assert (survey["reason"], survey["outcome"]) == ("约好的时间没有人来", "answered")
    assert [e["name"] for e in phone.events].count("survey.ended") == 1
    assert [e["name"] for e in phone.events].count("ticket.filed") == 1
