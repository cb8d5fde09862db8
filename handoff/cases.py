"""Open handoffs with what the clock remembers about each, read in one round trip."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from zhiban import redis_keys
from zhiban.calls.calling_back import CallBack
from zhiban.floor import Floor
from zhiban.handoffs import CLOSED_STATES, HandoffRecord, HandoffState
from zhiban.redis_client import RedisClient

logger = logging.getLogger(__name__)

WAITING = frozenset(
    {
        HandoffState.REQUESTED,
        HandoffState.DECLINED,
        HandoffState.TIMED_OUT,
        HandoffState.BUSY,
        HandoffState.AGENT_LOST,
    }
)
"""Nobody is being rung: the clock has to offer these."""
_CALLBACK = 2
UNANSWERED = WAITING | {HandoffState.OFFERED}
TALKING = frozenset({HandoffState.ACCEPTED, HandoffState.BRIEFING, HandoffState.BRIDGED})
"""An agent has answered."""

# A plan may be written only for the state it was made for.
_WRITE_PLAN = """
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
"""


@dataclass(frozen=True)
class Case:
    """A handoff and the clock's notes on it (fields of the same Redis hash).

    Attributes:
        tried: agents already rung in this round; ``tel:…`` those rung by telephone.
        rest_until: the chain was gone through in vain; begin again at this time.
        sought_since: when the search for a person began again, or ``""`` for from the start.
        call_ended: when the call ended, or ``""``.
        accepted_at: when an agent last accepted, or ``""``.
        agent_name: name of the agent rung or talking.
        claimed_at: when an agent took the due call-back on themselves, or ``""``.
        reminders: how often somebody was asked to take the due call-back, and last when.
        promised_at: deadline of the call-back promised to the caller, or ``""``.
        wanted_agent: whom the agent who passed the caller on wants rung first, or ``""``.
        wanted_role: the role wanted instead, or ``""``.
        leg: id of the telephone leg that rings, or ``""`` when a desk does.
        dialling: the owner who is being called back, if any.
        floor: who takes part besides caller and owner; empty unless an agent is on the line.
    """

    record: HandoffRecord
    tried: tuple[str, ...] = ()
    rest_until: str = ""
    sought_since: str = ""
    call_ended: str = ""
    accepted_at: str = ""
    agent_name: str = ""
    claimed_at: str = ""
    reminders: int = 0
    reminded_at: str = ""
    promised_at: str = ""
    wanted_agent: str = ""
    wanted_role: str = ""
    leg: str = ""
    dialling: CallBack | None = None
    floor: Floor = field(default_factory=Floor)

    @classmethod
    def from_hash(cls, fields: Mapping[str, str]) -> Case:
        """Read the Redis hash."""
        record = HandoffRecord.from_hash(fields)
        joined = record.state in (HandoffState.BRIEFING, HandoffState.BRIDGED)
        return cls(
            record=record,
            tried=tuple(filter(None, fields.get("tried", "").split(","))),
            rest_until=fields.get("rest_until", ""),
            sought_since=fields.get("sought_since", ""),
            call_ended=fields.get("call_ended", ""),
            accepted_at=fields.get("accepted_at", ""),
            agent_name=fields.get("agent_name", ""),
            claimed_at=fields.get("claimed_at", ""),
            reminders=int(fields.get("reminders", "0")),
            reminded_at=fields.get("reminded_at", ""),
            promised_at=fields.get("promised_at", ""),
            wanted_agent=fields.get("wanted_agent", ""),
            wanted_role=fields.get("wanted_role", ""),
            leg=fields.get("leg", ""),
            dialling=CallBack.of(fields),
            floor=Floor.from_json(fields.get("floor", "") if joined else "").settled(
                record.agent_id
            ),
        )


class CaseBook:
    """Reads cases and writes the clock's notes.

    Args:
        redis: a client with ``decode_responses=True``.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._write_plan = redis.register_script(_WRITE_PLAN)

    async def open(self) -> list[Case]:
        """Return all open cases, most urgent and oldest first."""
        return [case for case in await self.listed() if case.record.state not in CLOSED_STATES]

    async def listed(self) -> list[Case]:
        """Return the open cases and those whose closing is not fully written yet, in order."""
        ids = sorted(await self._redis.smembers(redis_keys.OPEN_HANDOFFS))
        cases = [case for case in await self._read(ids) if case is not None]
        return sorted(cases, key=queue_place)

    async def get(self, handoff_id: str) -> Case | None:
        """Return one case, open or closed, if it is still known."""
        return (await self._read([handoff_id]))[0]

    async def note(self, case: Case, **notes: str | int) -> bool:
        """Write notes and tell the desks, if the case has not moved on meanwhile."""
        flat = [str(part) for pair in notes.items() for part in pair]
        written = await self._write_plan(
            keys=[redis_keys.handoff(case.record.id)], args=[case.record.state.value, *flat]
        )
        if written:
            await self._announce(case.record.id)
        return bool(written)

    async def _announce(self, handoff_id: str) -> None:
        await self._redis.xadd(redis_keys.HANDOFFS, {"id": handoff_id, "state": "card"})

    async def _read(self, ids: list[str]) -> list[Case | None]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for handoff_id in ids:
                pipe.hgetall(redis_keys.handoff(handoff_id))
            stored = await pipe.execute()
        return [_read_case(fields) if fields else None for fields in stored]


def queue_place(case: Case) -> tuple[int, bool, str]:
    """Return a sort key: emergencies, requests, call-backs of lesser things; the oldest first.

    An emergency whose caller is gone comes after those who are on the line, before requests.
    """
    record = case.record
    gone = record.state in (HandoffState.CALLER_LEFT, HandoffState.CALLBACK_DUE)
    rank = _CALLBACK if gone and record.priority > 0 else record.priority
    return rank, gone, record.created_at


def _read_case(fields: Mapping[str, str]) -> Case | None:
    try:
        return Case.from_hash(fields)
    except (KeyError, ValueError):
        # One damaged hash must not stop the clock for all other callers.
        logger.exception("unreadable handoff %s", fields.get("id", "?"))
        return None
