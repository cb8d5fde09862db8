"""Writes events: Redis first (appendonly), a spool file when Redis does not answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.redis_client import RedisClient
from zhiban.timeline.events import EventName, TimelineEvent

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 3.0
_KEEP_SECONDS = 7 * 24 * 3600
_KEEP_EVENTS = 500_000

# Numbering and storing are one step, so followers never see a gap or a tie. An event that must
# be written once is known by its key; what was written before is only numbered again.
_APPEND = """
if ARGV[6] ~= '' then
  local known = redis.call('HGET', KEYS[3], ARGV[6])
  if known then return tonumber(known) end
end
local seq = redis.call('INCR', KEYS[1])
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[6], seq)
  redis.call('EXPIRE', KEYS[3], ARGV[5])
end
redis.call('XADD', KEYS[2], '*', 'call_id', ARGV[1], 'seq', seq,
           'at', ARGV[2], 'name', ARGV[3], 'data', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return seq
"""


class Timeline:
    """Appends events for any call; safe to share between tasks.

    Args:
        redis: a client with ``decode_responses=True``.
        spool: file that keeps events while Redis is away (JSON lines, seq 0); replayed by
            :meth:`replay`, and by the first append that Redis answers again.
    """

    def __init__(self, redis: RedisClient, spool: Path) -> None:
        self._redis = redis
        self._spool = spool
        self._replayed = spool.with_suffix(".replaying")
        self._behind = spool.exists() or self._replayed.exists()
        self._replaying = asyncio.Lock()
        self._script = redis.register_script(_APPEND)

    async def append(
        self,
        call_id: str,
        name: EventName,
        data: Mapping[str, Any] | None = None,
        *,
        at: str = "",
        once: str = "",
    ) -> TimelineEvent:
        """Store one event and return it with its number.

        Never raises for a Redis outage: the event goes to the spool file and has seq 0.

        Args:
            call_id: the call.
            name: what happened.
            data: details, JSON types only.
            at: when, UTC ISO 8601; now by default.
            once: names the event within the call; however often it is appended, by whichever
                process, it is written once.
        """
        at = at or iso_ms(utc_now())
        payload = json.dumps(data or {}, ensure_ascii=False)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                event = await self._store(call_id, at, str(name), payload, once)
        except (RedisError, OSError) as error:
            logger.error("timeline: Redis unavailable (%s), event spooled", type(error).__name__)
            event = TimelineEvent(call_id, 0, at, str(name), json.loads(payload))
            self._spool.parent.mkdir(parents=True, exist_ok=True)
            with self._spool.open("a", encoding="utf-8") as file:
                line = {**event.to_dict(), "once": once}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._behind = True
            return event
        if self._behind:
            await self._catch_up()
        return event

    async def replay(self) -> int:
        """Send spooled events to Redis; return how many.

        Raises:
            RedisError: Redis is still away; nothing of the spool is lost.
        """
        async with self._replaying:
            self._behind = False
            # A crash in the middle of a replay leaves its file; that one comes first.
            sent = await self._replay_taken()
            if self._spool.exists():
                self._spool.rename(self._replayed)
                sent += await self._replay_taken()
            return sent

    async def _catch_up(self) -> None:
        """Redis has just answered: bring in what was spooled while it did not."""
        try:
            await self.replay()
        except (RedisError, OSError) as error:
            logger.error("timeline: spool not replayed yet (%s)", type(error).__name__)

    async def _replay_taken(self) -> int:
        taken = self._replayed
        if not taken.exists():
            return 0
        lines = taken.read_text(encoding="utf-8").splitlines()
        for sent, line in enumerate(lines):
            event = json.loads(line)
            payload = json.dumps(event["data"], ensure_ascii=False)
            try:
                await self._store(
                    event["call_id"],
                    event["at"],
                    event["name"],
                    payload,
                    event.get("once", ""),
                )
            except (RedisError, OSError):
                taken.write_text("\n".join(lines[sent:]) + "\n", encoding="utf-8")
                self._behind = True
                raise
        taken.unlink()
        return len(lines)

    async def _store(
        self, call_id: str, at: str, name: str, payload: str, once: str
    ) -> TimelineEvent:
        seq = int(
            await self._script(
                keys=[
                    redis_keys.call_seq(call_id),
                    redis_keys.call_events(call_id),
                    redis_keys.call_once(call_id),
                ],
                args=[call_id, at, name, payload, _KEEP_SECONDS, once],
            )
        )
        # Also for one written before: who wrote it may have died here. Readers know repeats
        # by (call_id, seq).
        event = TimelineEvent(call_id, seq, at, name, json.loads(payload))
        await self._redis.xadd(
            redis_keys.TIMELINE,
            event.to_fields(),
            maxlen=_KEEP_EVENTS,
            approximate=True,
        )
        return event
