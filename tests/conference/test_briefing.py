"""What an agent is told before the caller is joined."""

from __future__ import annotations

from typing import Any

import pytest

from voice_gateway.conference.briefing import briefing_text
from zhiban.handoffs import HandoffRecord, HandoffState


def _record(kind: str, **card: Any) -> HandoffRecord:
    return HandoffRecord(
        id="ho-1",
        call_id="c",
        ticket_number="",
        kind=kind,
        level=3,
        priority=0,
        state=HandoffState.ACCEPTED,
        reason="",
        node="",
        created_at="",
        updated_at="",
        card=card,
    )


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (
            _record(
                "elevator_trapped",
                where={"building": "3", "unit": "2", "room": "", "unconfirmed": []},
                people="两人，有一位老人",
                hurt="",
            ),
            "电梯困人，三栋二单元，两人，有一位老人。",
        ),
        (
            _record("fire", where={"building": "12", "unit": "", "room": "", "unconfirmed": ["x"]}),
            "火灾，十二栋，位置待确认。",
        ),
        (_record("human", words=["你好", "我要投诉楼上太吵"]), "业主要求转人工，说的是：我要投诉楼上太吵。"),
        (_record("not_understood"), "业主要求人工服务。"),
    ],
)  # fmt: skip
def test_briefing_tells_kind_place_people_in_that_order(record: HandoffRecord, text: str) -> None:
    assert briefing_text(record) == text
