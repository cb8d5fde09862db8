"""Changes of one handoff: atomic in Redis, with the events they owe; row and events follow."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.handoffs.record import HandoffRecord
from zhiban.handoffs.scripts import ANY, CONFLICT, UNKNOWN, Owed, Scripts
from zhiban.handoffs.settlement import Settlement
from zhiban.handoffs.states import EVENT_OF, HandoffReason, HandoffState, is_legal
from zhiban.redis_client import RedisClient
from zhiban.timeline.writer import Timeline

_ANSWERED = (HandoffState.ACCEPTED, HandoffState.BRIEFING, HandoffState.BRIDGED)

Changes = Mapping[str, str | int]


class Moves:
    """Moves handoffs along the edges that exist.

    Args:
        redis: a client with ``decode_responses=True``.
        engine: the database.
        timeline: gets one event for each move.
        now: tells the time, UTC.
    """

    def __init__(
        self,
        redis: RedisClient,
        engine: AsyncEngine,
        timeline: Timeline,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._redis = redis
        self._now = now
        self._scripts = Scripts(redis)
        self._settlement = Settlement(redis, engine, timeline, self._scripts)

    async def move(
        self,
        handoff_id: str,
        before: HandoffState,
        after: HandoffState,
        reason: HandoffReason,
        *,
        by: str,
        changes: Changes | None = None,
        data: Mapping[str, Any] | None = None,
        owner: str | None = None,
        rev: int | None = None,
        first: Owed = (),
    ) -> HandoffRecord:
        """Move a handoff from one state to the next, atomically.

        Args:
            handoff_id: which.
            before: the state the caller of this method believes it to be in.
            after: the next state.
            reason: why.
            by: agent id, ``desk``, ``gateway`` or ``caller``.
            changes: other fields of the Redis hash that change with it (``agent_id``,
                ``offered_to``, ``stage``, ``round``).
            data: more for the timeline event.
            owner: move it only while it is this agent's; None for whoever's.
            rev: move it only while it is at this revision; None for any.
            first: events that belong to this move and come before its own.

        Raises:
            ZhibanError: HANDOFF_ILLEGAL for an edge that does not exist, HANDOFF_CONFLICT when
                somebody else moved it first (its message names the present state),
                HANDOFF_UNKNOWN.
        """
        if not is_legal(before, after):
            raise ZhibanError(
                f"handoff cannot go from {before} to {after}", code=ErrorCode.HANDOFF_ILLEGAL
            )
        pairs: dict[str, str | int] = {
            "state": after.value,
            "reason": reason.value,
            "updated_at": iso_ms(self._now()),
            **(changes or {}),
        }
        if before in _ANSWERED and after in (HandoffState.AGENT_LOST, HandoffState.OFFERED):
            pairs["sought_since"] = iso_ms(self._now())
        if after is HandoffState.ACCEPTED:
            pairs |= {"wanted_agent": "", "wanted_role": ""}
        if after is HandoffState.OFFERED:
            # Rung at a desk, unless the move says by which telephone leg.
            pairs = {"leg": "", "leg_to": "", **pairs}
        own = (EVENT_OF[after], {"by": by, **(data or {})})
        return await self.change(handoff_id, pairs, (*first, own), state=before.value, owner=owner)

    async def get(self, handoff_id: str) -> HandoffRecord:
        """Return a handoff.

        Raises:
            ZhibanError: HANDOFF_UNKNOWN.
        """
        fields = await self._redis.hgetall(redis_keys.handoff(handoff_id))
        if not fields:
            raise _unknown()
        return HandoffRecord.from_hash(fields)

    async def change(
        self,
        handoff_id: str,
        changes: Changes,
        owed: Owed,
        *,
        state: str = ANY,
        owner: str | None = None,
        rev: int | None = None,
    ) -> HandoffRecord:
        """Change the hash if it is as expected; None expects nothing.

        Raises:
            ZhibanError: HANDOFF_CONFLICT, HANDOFF_UNKNOWN.
        """
        answer = await self._scripts.change(
            handoff_id,
            changes,
            owed,
            state=state,
            owner=ANY if owner is None else owner,
            rev=ANY if rev is None else str(rev),
            token=uuid.uuid4().hex,
        )
        if answer.outcome == UNKNOWN:
            raise _unknown()
        if answer.outcome == CONFLICT:
            raise ZhibanError(f"handoff is already {answer.state}", code=ErrorCode.HANDOFF_CONFLICT)
        await self._settlement.settle(handoff_id)
        return HandoffRecord.from_hash(answer.fields)


def _unknown() -> ZhibanError:
    return ZhibanError("没有这次转接 / no such handoff", code=ErrorCode.HANDOFF_UNKNOWN)
