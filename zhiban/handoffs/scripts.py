"""What must happen in Redis in one step, in Lua.

A change writes the hash and, to the outbox beside it, the event that it owes. Whoever finds an
outbox that is not empty writes the events; their key makes each one appear once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhiban import redis_keys
from zhiban.redis_client import RedisClient
from zhiban.timeline.events import EventName

ANY = "*"
"""Whatever it is, for what a change expects."""
UNKNOWN, CONFLICT, CHANGED = "unknown", "conflict", "changed"

_OWE = """
local function owe(rev, from, upto)
  local told = redis.call('HMGET', KEYS[1], 'ticket_number', 'kind', 'level', 'state', 'reason',
                          'agent_id', 'offered_to', 'stage', 'round', 'updated_at')
  for i = 1, 10 do told[i] = told[i] or '' end
  for i = from, upto, 2 do
    redis.call('RPUSH', KEYS[2],
               cjson.encode({tostring(rev), tostring(i), ARGV[i], ARGV[i + 1], unpack(told)}))
  end
end
"""

# ARGV: state, owner, rev, token, number of owed events, (name, data)…, (field, value)…
# The token tells a command that was repeated over a lost connection from a second one.
_CHANGE = (
    _OWE
    + """
local now = redis.call('HMGET', KEYS[1], 'state', 'agent_id', 'rev', 'token')
if not now[1] then return {'unknown'} end
if now[4] ~= ARGV[4] then
  if (ARGV[1] ~= '*' and now[1] ~= ARGV[1]) or (ARGV[2] ~= '*' and (now[2] or '') ~= ARGV[2])
     or (ARGV[3] ~= '*' and (now[3] or '0') ~= ARGV[3]) then
    return {'conflict', now[1], now[2] or ''}
  end
  local first = 6 + 2 * tonumber(ARGV[5])
  for i = first, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  redis.call('HSET', KEYS[1], 'token', ARGV[4])
  owe(redis.call('HINCRBY', KEYS[1], 'rev', 1), 6, first - 1)
end
return {'changed', unpack(redis.call('HGETALL', KEYS[1]))}
"""
)

# ARGV: number of owed events, (name, data)…, (field, value)…
_CREATE = (
    _OWE
    + """
if redis.call('EXISTS', KEYS[1]) == 0 then
  local first = 2 + 2 * tonumber(ARGV[1])
  for i = first, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  owe(redis.call('HGET', KEYS[1], 'rev'), 2, first - 1)
end
return {'changed', unpack(redis.call('HGETALL', KEYS[1]))}
"""
)

# ARGV: the revision up to which row and events are written.
_SETTLE = """
local upto = tonumber(ARGV[1])
while true do
  local head = redis.call('LINDEX', KEYS[2], 0)
  if not head or tonumber(cjson.decode(head)[1]) > upto then break end
  redis.call('LPOP', KEYS[2])
end
local settled = tonumber(redis.call('HGET', KEYS[1], 'settled') or '0')
if upto > settled and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'settled', upto)
end
"""


@dataclass(frozen=True)
class OwedEvent:
    """A timeline event that a change owes.

    Attributes:
        key: names it within its call.
    """

    rev: int
    key: str
    name: EventName
    data: Mapping[str, Any]
    state: str
    at: str

    @classmethod
    def from_json(cls, handoff_id: str, raw: str) -> OwedEvent:
        """Read an entry of the outbox."""
        rev, position, name, data, *told = json.loads(raw)
        number, kind, level, state, reason, agent_id, offered_to, stage, rounds, at = told
        return cls(
            rev=int(rev),
            key=f"{handoff_id}:{rev}:{position}",
            name=EventName(name),
            data={
                "handoff_id": handoff_id,
                "ticket_number": number,
                "kind": kind,
                "level": int(level or 0),
                "state": state,
                "reason": reason,
                "agent_id": agent_id,
                "offered_to": offered_to,
                "stage": int(stage or 0),
                "round": int(rounds or 0),
                **json.loads(data),
            },
            state=state,
            at=at,
        )


Owed = Sequence[tuple[EventName, Mapping[str, Any]]]


@dataclass(frozen=True)
class Answer:
    """What a change came to: ``changed`` with the hash, or why not."""

    outcome: str
    fields: Mapping[str, str]
    state: str = ""


class Scripts:
    """The scripts, ready to run.

    Args:
        redis: a client with ``decode_responses=True``.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._change = redis.register_script(_CHANGE)
        self._create = redis.register_script(_CREATE)
        self._settle = redis.register_script(_SETTLE)

    async def change(
        self,
        handoff_id: str,
        changes: Mapping[str, str | int],
        owed: Owed,
        *,
        state: str,
        owner: str,
        rev: str,
        token: str,
    ) -> Answer:
        """Change the hash if state, owner and revision are the expected ones."""
        answer = await self._change(
            keys=_keys(handoff_id),
            args=[state, owner, rev, token, len(owed), *_events(owed), *_pairs(changes)],
        )
        if answer[0] == CONFLICT:
            return Answer(CONFLICT, {}, answer[1])
        return Answer(answer[0], _fields(answer))

    async def create(
        self, handoff_id: str, content: Mapping[str, str | int], owed: Owed
    ) -> Mapping[str, str]:
        """Store a new hash, or return the one that is there."""
        answer = await self._create(
            keys=_keys(handoff_id), args=[len(owed), *_events(owed), *_pairs(content)]
        )
        return _fields(answer)

    async def settle(self, handoff_id: str, rev: int) -> None:
        """Note that row and events are written up to a revision."""
        await self._settle(keys=_keys(handoff_id), args=[rev])


def _keys(handoff_id: str) -> list[str]:
    return [redis_keys.handoff(handoff_id), redis_keys.handoff_outbox(handoff_id)]


def _pairs(content: Mapping[str, str | int]) -> list[str]:
    return [str(part) for pair in content.items() for part in pair]


def _events(owed: Owed) -> list[str]:
    return [
        part for name, data in owed for part in (name.value, json.dumps(data, ensure_ascii=False))
    ]


def _fields(answer: Sequence[str]) -> dict[str, str]:
    return dict(zip(answer[1::2], answer[2::2], strict=True))
