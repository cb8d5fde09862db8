"""Pushes every change of cases and agents to the pages this process serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from handoff import keys
from handoff.cases import CaseBook
from handoff.presence import PresenceBook
from handoff.views import View, ViewMaker, for_viewer, invitation_of, is_invited
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.handoffs import CLOSED_STATES, HandoffState
from zhiban.redis_client import RedisClient
from zhiban.timeline import EventName

logger = logging.getLogger(__name__)

Message = dict[str, Any]

_BLOCK_MS = 2_000
_RECONCILE_SECONDS = 15.0
_BACKLOG = 500
_RETRY_SECONDS = 0.5


class Subscriber:
    """One page's queue of messages.

    Attributes:
        user_id: who looks at it.
        invitations: those the page was told of last.
        overrun: set when the page does not keep up; it must reconnect and begin anew.
    """

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.queue: asyncio.Queue[Message] = asyncio.Queue(_BACKLOG)
        self.overrun = asyncio.Event()
        self.invitations: list[View] = []

    def put(self, message: Message) -> None:
        """Queue a message without waiting."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.overrun.set()


class Feed:
    """Follows the streams and keeps the board: all open cases and present agents.

    Args:
        redis: a client with ``decode_responses=True``.
        views: builds what is shown.
        presence: who is at a desk.
    """

    def __init__(self, redis: RedisClient, views: ViewMaker, presence: PresenceBook) -> None:
        self._redis = redis
        self._views = views
        self._presence = presence
        self._cases = CaseBook(redis)
        self._board: dict[str, View] = {}
        self._agents: list[View] = []
        self._subscribers: set[Subscriber] = set()

    def subscribe(self, user_id: str) -> Subscriber:
        """Add a page; the board comes first, then every change."""
        subscriber = Subscriber(user_id)
        self._subscribers.add(subscriber)
        subscriber.put(self._whole(user_id))
        self._push_invitations()
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Remove a page."""
        self._subscribers.discard(subscriber)

    def concerns(self, user_id: str, call_id: str) -> bool:
        """Return whether the user has to do with this call: rung, talking or calling back."""
        return any(
            view["call_id"] == call_id and for_viewer(view, user_id) is view
            for view in self._board.values()
        )

    def present(self) -> tuple[list[View], list[View]]:
        """Return the open cases and present agents as last pushed; not to be changed."""
        return list(self._board.values()), self._agents

    async def board(self) -> list[View]:
        """Return views of all open cases, freshly read."""
        return [await self._views.make(case) for case in await self._cases.open()]

    async def run(self) -> None:
        """Follow until cancelled; outages are waited out and then everything is read anew."""
        while True:
            try:
                await self._follow()
            except (RedisError, SQLAlchemyError, OSError) as error:
                logger.error("feed: %s; reading again", type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _follow(self) -> None:
        streams = (redis_keys.HANDOFFS, keys.PRESENCE_CHANGES, redis_keys.TIMELINE)
        positions = {}
        for stream in streams:
            newest = await self._redis.xrevrange(stream, count=1)
            positions[stream] = newest[0][0] if newest else "0-0"
        loop = asyncio.get_running_loop()
        read_at = float("-inf")
        pending: dict[str, None] = {}
        while True:
            if loop.time() - read_at > _RECONCILE_SECONDS:
                # Whatever a lost announcement left stale is put right here.
                pending |= dict.fromkeys(await self._reconcile())
                read_at = loop.time()
            answer = await self._redis.xread(positions, block=None if pending else _BLOCK_MS)
            for stream, entries in answer or []:
                positions[stream] = entries[-1][0]
                if stream == redis_keys.HANDOFFS:
                    for _, fields in entries:
                        pending = _queued(pending, fields)
                elif stream == redis_keys.TIMELINE:
                    pending |= dict.fromkeys(self._changed_tickets(entries))
                else:
                    await self._push_agents()
            if pending:
                # One at a time: what rings meanwhile must not wait for all the others.
                handoff_id = next(iter(pending))
                del pending[handoff_id]
                await self._push_case(handoff_id)

    def _changed_tickets(self, entries: list[tuple[str, dict[str, str]]]) -> list[str]:
        calls = {
            fields["call_id"] for _, fields in entries if fields["name"] == EventName.TICKET_UPDATED
        }
        return [view["id"] for view in self._board.values() if view["call_id"] in calls]

    async def _reconcile(self) -> list[str]:
        """Read the agents anew; return the cases to be looked at again: open or shown as open."""
        agents = await self._read_agents()
        if agents != self._agents:
            await self._push_agents()
        return [*(case.record.id for case in await self._cases.open()), *self._board]

    async def _push_case(self, handoff_id: str) -> None:
        case = await self._cases.get(handoff_id)
        if case is None or case.record.state in CLOSED_STATES:
            self._board.pop(handoff_id, None)
            by = case.agent_name if case else ""
            message = {"type": "handoff_closed", "id": handoff_id, "by": by}
            self._push(lambda _: message)
            self._push_invitations()
            return
        view = await self._views.make(case)
        if view == self._board.get(handoff_id):
            return
        self._board[handoff_id] = view
        self._push(
            lambda subscriber: {"type": "handoff", "handoff": for_viewer(view, subscriber.user_id)}
        )
        self._push_invitations()

    def _push_invitations(self) -> None:
        """Tell every page the invitations addressed to its person, when they have changed."""
        for subscriber in list(self._subscribers):
            mine = [
                invitation_of(view)
                for view in self._board.values()
                if is_invited(view, subscriber.user_id)
            ]
            if mine != subscriber.invitations:
                subscriber.invitations = mine
                subscriber.put({"type": "invitations", "invitations": mine})

    async def _push_agents(self) -> None:
        self._agents = await self._read_agents()
        message = {"type": "agents", "agents": self._agents}
        self._push(lambda _: message)

    async def _read_agents(self) -> list[View]:
        now = utc_now()
        return [
            {
                "id": agent.agent_id,
                "name": agent.name,
                "role": agent.role,
                "status": agent.status.value,
                "idle_since": agent.idle_since,
            }
            for agent in sorted((await self._presence.all()).values(), key=lambda a: a.agent_id)
            if agent.is_here(now)
        ]

    def _whole(self, user_id: str) -> Message:
        return {
            "type": "board",
            "now": iso_ms(utc_now()),
            "handoffs": [for_viewer(view, user_id) for view in self._board.values()],
            "agents": self._agents,
        }

    def _push(self, message_for: Callable[[Subscriber], Message]) -> None:
        for subscriber in list(self._subscribers):
            subscriber.put(message_for(subscriber))


def _queued(pending: dict[str, None], change: Mapping[str, str]) -> dict[str, None]:
    """Return what is to be shown with one more change: rings first, the others in order."""
    if change["state"] == HandoffState.OFFERED:
        return {change["id"]: None, **pending}
    return pending | {change["id"]: None}
