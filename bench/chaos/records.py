"""Reads what the house has on record: SQL tables, Redis and the timeline, byte for byte.

Nothing of the product is imported here, on purpose: a fault in its code must not blind the
witness. Names of tables and keys are written out again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

_OPEN = "zhiban:handoffs:open"
_HANDOFF = "zhiban:handoff:{*}"
_EVENTS = "zhiban:call:{*}:events"


@dataclass(frozen=True)
class CaseOnRecord:
    """One handoff as both stores have it.

    Attributes:
        sql_state: state in the table, ``""`` when it has no row.
        redis_state: state in Redis, ``""`` when it has no hash.
        listed: whether it is among the open ones that the desk serves.
        promises: of its ticket.
    """

    id: str
    call_id: str
    ticket_number: str
    kind: str
    priority: int
    sql_state: str
    redis_state: str
    listed: bool
    reason: str
    disposition: str
    phone: str
    created_at: str
    updated_at: str
    promises: tuple[Mapping[str, Any], ...] = ()

    @property
    def state(self) -> str:
        """The state that counts: what the desk works from, else what is written down."""
        return self.redis_state or self.sql_state


@dataclass(frozen=True)
class Records:
    """Everything on record.

    Attributes:
        tickets: rows by number.
        events: rows of each call, in order.
    """

    cases: tuple[CaseOnRecord, ...]
    tickets: Mapping[str, Mapping[str, Any]]
    events: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)


def read_records(database: Path, redis_url: str) -> Records:
    """Read the records of a house at rest.

    Args:
        database: its SQLite file.
        redis_url: its Redis.

    Raises:
        sqlite3.Error: no such database.
        redis.RedisError: Redis does not answer.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)) as db:
        db.row_factory = sqlite3.Row
        handoffs = {row["id"]: dict(row) for row in db.execute("SELECT * FROM handoff")}
        tickets = {row["number"]: dict(row) for row in db.execute("SELECT * FROM ticket")}
        rows = [dict(row) for row in db.execute("SELECT * FROM call_event")]
    for ticket in tickets.values():
        ticket["promises"] = json.loads(ticket["promises"] or "[]")
    # redis-py cannot tell text from bytes answers.
    kv: Any = redis.Redis.from_url(redis_url, decode_responses=True, socket_timeout=20)
    with closing(kv):
        listed = set(kv.smembers(_OPEN))
        hashes = {}
        for key in kv.scan_iter(match=_HANDOFF, count=1000, _type="hash"):
            fields = kv.hgetall(key)
            if "id" in fields:
                hashes[fields["id"]] = fields
        for key in kv.scan_iter(match=_EVENTS, count=1000, _type="stream"):
            rows += [fields for _, fields in kv.xrange(key)]
    cases = tuple(
        _case(handoffs.get(one, {}), hashes.get(one, {}), one in listed, tickets)
        for one in sorted({*handoffs, *hashes})
    )
    return Records(cases, tickets, _events(rows))


def _case(
    row: Mapping[str, Any],
    fields: Mapping[str, str],
    listed: bool,
    tickets: Mapping[str, Mapping[str, Any]],
) -> CaseOnRecord:
    known = {**row, **fields}
    ticket = tickets.get(str(known["ticket_number"]), {})
    return CaseOnRecord(
        id=str(known["id"]),
        call_id=str(known["call_id"]),
        ticket_number=str(known["ticket_number"]),
        kind=str(known["kind"]),
        priority=int(known["priority"]),
        sql_state=str(row.get("state", "")),
        redis_state=fields.get("state", ""),
        listed=listed,
        reason=str(known.get("reason", "")),
        disposition=str(row.get("disposition", "")),
        phone=str(ticket.get("phone", "")),
        created_at=str(known["created_at"]),
        updated_at=str(known["updated_at"]),
        promises=tuple(ticket.get("promises", ())),
    )


def _events(rows: list[dict[str, Any]]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Join the table and the streams: an event may be in either or both."""
    found: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        data = row["data"]
        event = {**row, "data": json.loads(data) if isinstance(data, str) else data}
        found.setdefault(row["call_id"], {})[int(row["seq"])] = event
    return {call: tuple(events[seq] for seq in sorted(events)) for call, events in found.items()}
