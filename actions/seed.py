"""Loads residents and standard answers of the site into the database: ``python -m actions seed``.

Idempotent. What an admin changed in the database wins over the files, unless forced.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from zhiban.clock import iso_ms, utc_now
from zhiban.community import Community
from zhiban.community.answers import ANSWERS_FILE, read_answers
from zhiban.store.models import Resident, StandardAnswer

_RESIDENTS = Resident.__table__
_ANSWERS = StandardAnswer.__table__


@dataclass(frozen=True)
class Seeded:
    """How many rows were added or renewed."""

    residents: int
    answers: int


async def seed(
    engine: AsyncEngine, community: Community, site_dir: Path, *, force: bool = False
) -> Seeded:
    """Bring the database up to the site's files.

    Args:
        engine: a migrated database.
        community: the roster of residents.
        site_dir: holds ``answers.yml``.
        force: also overwrite answers that were changed in the database.

    Raises:
        ZhibanError: the file is missing or wrong; nothing was written.
    """
    answers = read_answers(site_dir / ANSWERS_FILE)
    async with engine.begin() as connection:
        residents = await _seed_residents(connection, community)
        changed = await _seed_answers(connection, answers, force=force)
    return Seeded(residents, changed)


async def _seed_residents(connection: AsyncConnection, community: Community) -> int:
    rows = await connection.execute(
        select(_RESIDENTS.c.phone, _RESIDENTS.c.building, _RESIDENTS.c.unit, _RESIDENTS.c.room)
    )
    known = {tuple(row) for row in rows}
    new = [
        {
            "name": r.name,
            "title": r.title,
            "phone": r.phone,
            "building": r.building,
            "unit": r.unit,
            "room": r.room,
            "role": r.role,
            "special_flags": list(r.special_flags),
        }
        for r in community.residents
        if (r.phone, r.building, r.unit, r.room) not in known
    ]
    if new:
        await connection.execute(insert(Resident), new)
    return len(new)


async def _seed_answers(
    connection: AsyncConnection, answers: list[dict[str, Any]], *, force: bool
) -> int:
    """Insert or renew; an entry whose source is no longer the file belongs to an admin."""
    rows = await connection.execute(select(_ANSWERS))
    held = {row["key"]: row for row in rows.mappings()}
    now = iso_ms(utc_now())
    changed = 0
    for answer in answers:
        row = held.get(answer["key"])
        values = answer | {"source": ANSWERS_FILE, "updated_at": now}
        if row is None:
            await connection.execute(insert(StandardAnswer).values(**values))
        elif all(row[name] == value for name, value in answer.items()):
            continue
        elif force or row["source"] == ANSWERS_FILE:
            await connection.execute(
                update(StandardAnswer).where(_ANSWERS.c.key == answer["key"]).values(**values)
            )
        else:
            continue
        changed += 1
    return changed
