"""The leaders' board: calls in progress, queue, agents, oldest wait and the day's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handoff.board_figures import BoardFigures
from handoff.cases import TALKING, UNANSWERED
from handoff.feed import Feed
from handoff.times import parse
from handoff.views import CALLING_BACK, View, mask_deeply
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.handoffs import HandoffState
from zhiban.masking import mask_phone
from zhiban.redis_client import RedisClient

_CASE_FIELDS = (
    "kind",
    "title",
    "level",
    "priority",
    "state",
    "agent_id",
    "agent_name",
    "created_at",
    "accepted_at",
    "stage_label",
    "round",
    "due_at",
    "alarm",
    "on_hold_since",
    "participants",
)


class Wallboard:
    """Puts the board together; numbers are masked, nobody dials from it (SEC-005).

    Args:
        redis: a client with ``decode_responses=True``.
        feed: the open cases and present agents.
        figures: the day so far.
    """

    def __init__(self, redis: RedisClient, feed: Feed, figures: BoardFigures) -> None:
        self._redis = redis
        self._feed = feed
        self._figures = figures

    async def snapshot(self) -> View:
        """Return everything the page shows."""
        views, agents = self._feed.present()
        waiting = [view for view in views if _waits(view)]
        callbacks = [view for view in views if HandoffState(view["state"]) in CALLING_BACK]
        now = utc_now()
        oldest = min((view["created_at"] for view in waiting), default="")
        today = (await self._figures.today()).to_dict()
        board: View = mask_deeply(
            {
                "now": iso_ms(now),
                "calls": await self._calls(views),
                "queue": [_case(view) for view in waiting],
                "callbacks": [_case(view) for view in callbacks],
                "agents": [{**agent, "doing": _doing(agent, views)} for agent in agents],
                "oldest_wait_since": oldest,
                "oldest_wait_seconds": int((now - parse(oldest)).total_seconds()) if oldest else 0,
                "today": {**today, "callbacks_open": len(callbacks)},
            }
        )
        return board

    async def _calls(self, views: list[View]) -> list[View]:
        """Return the calls in progress, the bot's and the agents', longest first."""
        active = sorted(await self._redis.smembers(redis_keys.ACTIVE_CALLS))
        async with self._redis.pipeline(transaction=False) as pipe:
            for call_id in active:
                pipe.hgetall(redis_keys.call_info(call_id))
            infos = dict(zip(active, await pipe.execute(), strict=True))
        cases = {view["call_id"]: view for view in views if _is_on_the_line(view)}
        calls = [
            _call(call_id, infos.get(call_id, {}), cases.get(call_id))
            for call_id in dict.fromkeys([*active, *cases])
        ]
        return sorted(calls, key=lambda call: str(call["started_at"]))


def _call(call_id: str, info: Mapping[str, str], view: View | None) -> View:
    case = _case(view) if view else {"state": "bot", "title": "机器人接待", "priority": 2}
    started = info.get("started_at") or case.get("created_at", "")
    caller = mask_phone(info.get("caller") or (view or {}).get("ticket", {}).get("phone", ""))
    return {"call_id": call_id, "started_at": started, "caller": caller, **case}


def _case(view: View) -> View:
    kept = {name: view[name] for name in _CASE_FIELDS}
    return {"handoff_id": view["id"], "place": _place(view), **kept}


def _place(view: View) -> Mapping[str, Any]:
    named = ("building", "unit", "room", "place")
    for source in (view["ticket"], view["card"].get("where") or {}):
        place = {name: source.get(name, "") for name in named if source.get(name)}
        if place:
            return place
    return {}


def _waits(view: View) -> bool:
    return HandoffState(view["state"]) in UNANSWERED and not view["call_ended"]


def _is_on_the_line(view: View) -> bool:
    talking = HandoffState(view["state"]) in TALKING
    return (talking or _waits(view)) and not view["call_ended"]


def _doing(agent: Mapping[str, Any], views: list[View]) -> str:
    """Return ``busy``, ``ringing`` or what the agent has chosen."""
    who = agent["id"]
    for view in views:
        if HandoffState(view["state"]) in TALKING and not view["call_ended"]:
            people = {view["agent_id"], *(one["agent_id"] for one in view["participants"])}
            if who in people:
                return "busy"
    if any(v["offered_to"] == who and v["state"] == HandoffState.OFFERED for v in views):
        return "ringing"
    return str(agent["status"])
