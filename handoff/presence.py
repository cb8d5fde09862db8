"""Who sits at a desk: kept in Redis, so that every desk process and a restarted one know it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from handoff import keys
from handoff.times import parse
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.redis_client import RedisClient

REFRESH_SECONDS = 4.0
"""How often a desk process confirms the sockets it holds."""
SILENT_SECONDS = 12.0
"""Unconfirmed for this long, an agent is gone: their desk process died."""
RELOAD_GRACE_SECONDS = 5.0
"""A closed socket may be a page reload; only after this long is the agent gone."""

# Two sockets of one agent may write at once: merge inside Redis, never read-change-write.
_MERGE = """
local raw = redis.call('HGET', KEYS[1], ARGV[1])
local kept = raw and cjson.decode(raw) or {}
for name, value in pairs(cjson.decode(ARGV[2])) do kept[name] = value end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(kept))
return raw or ''
"""


class Status(StrEnum):
    """What an agent has chosen; only who is ready is rung."""

    READY = "ready"
    AWAY = "away"
    DND = "dnd"


@dataclass(frozen=True)
class Presence:
    """An agent as last heard of.

    Attributes:
        idle_since: when they last became free; the longest idle is rung first.
        seen_at: when a desk process last confirmed their socket.
        gone_at: when their last socket closed, or ``""``.
    """

    agent_id: str
    name: str
    role: str
    status: Status
    idle_since: str
    seen_at: str
    gone_at: str = ""

    @classmethod
    def from_json(cls, agent_id: str, raw: str) -> Presence:
        """Read the hash field."""
        fields: Mapping[str, Any] = json.loads(raw)
        return cls(
            agent_id=agent_id,
            name=fields.get("name", agent_id),
            role=fields.get("role", ""),
            status=Status(fields.get("status", Status.AWAY)),
            idle_since=fields.get("idle_since", ""),
            seen_at=fields.get("seen_at", ""),
            gone_at=fields.get("gone_at", ""),
        )

    @property
    def is_connected(self) -> bool:
        """Whether a socket is open as far as its desk process knows."""
        return bool(self.seen_at) and not self.gone_at

    def gone_from(self) -> datetime:
        """Return the moment from which this agent counts as gone, unless heard of again."""
        silent = parse(self.seen_at) + timedelta(seconds=SILENT_SECONDS)
        if self.gone_at:
            return min(silent, parse(self.gone_at) + timedelta(seconds=RELOAD_GRACE_SECONDS))
        return silent

    def is_here(self, now: datetime) -> bool:
        """Return whether the agent is at the desk or may just be reloading the page."""
        return bool(self.seen_at) and now < self.gone_from()

    def can_ring(self, now: datetime) -> bool:
        """Return whether a ring would reach the agent this moment."""
        return self.status is Status.READY and self.is_connected and self.is_here(now)


class PresenceBook:
    """Reads and writes presence.

    Args:
        redis: a client with ``decode_responses=True``.
        now: tells the time, UTC.
    """

    def __init__(self, redis: RedisClient, now: Callable[[], datetime] = utc_now) -> None:
        self._redis = redis
        self._now = now
        self._merge = redis.register_script(_MERGE)

    async def arrive(self, agent_id: str, name: str, role: str) -> Presence:
        """Note an opened socket; a reloaded page keeps its status, a new shift starts ready."""
        now = self._now()
        known = (await self.all()).get(agent_id)
        changes = {"name": name, "role": role, "seen_at": iso_ms(now), "gone_at": ""}
        if known is None or not known.is_here(now):
            changes |= {"status": Status.READY.value, "idle_since": iso_ms(now)}
        await self._write(agent_id, changes)
        return (await self.all())[agent_id]

    async def confirm(self, agent_id: str) -> None:
        """Note that the socket still answers (no announcement)."""
        changes = {"seen_at": iso_ms(self._now()), "gone_at": ""}
        before = await self._merge(
            keys=[redis_keys.AGENTS], args=[agent_id, json.dumps(changes, ensure_ascii=False)]
        )
        if not before or not Presence.from_json(agent_id, before).is_here(self._now()):
            await self._announce(agent_id)

    async def leave(self, agent_id: str) -> None:
        """Note that the agent's last socket at this process closed."""
        await self._write(agent_id, {"gone_at": iso_ms(self._now())})

    async def sign_out(self, agent_id: str) -> None:
        """Forget the agent: no grace for a deliberate sign-out."""
        await self._redis.hdel(redis_keys.AGENTS, agent_id)
        await self._announce(agent_id)

    async def choose(self, agent_id: str, status: Status) -> None:
        """Set ready, away or do not disturb."""
        changes = {"status": status.value}
        if status is Status.READY:
            changes["idle_since"] = iso_ms(self._now())
        await self._write(agent_id, changes)

    async def became_free(self, agent_id: str) -> None:
        """Start the idle time anew, after a call or a missed ring."""
        await self._write(agent_id, {"idle_since": iso_ms(self._now())})

    async def all(self) -> dict[str, Presence]:
        """Return everybody heard of, here or gone."""
        stored = await self._redis.hgetall(redis_keys.AGENTS)
        return {agent: Presence.from_json(agent, raw) for agent, raw in stored.items()}

    async def _write(self, agent_id: str, changes: Mapping[str, str]) -> None:
        await self._merge(
            keys=[redis_keys.AGENTS], args=[agent_id, json.dumps(changes, ensure_ascii=False)]
        )
        await self._announce(agent_id)

    async def _announce(self, agent_id: str) -> None:
        await self._redis.xadd(
            keys.PRESENCE_CHANGES, {"agent": agent_id}, maxlen=1_000, approximate=True
        )
