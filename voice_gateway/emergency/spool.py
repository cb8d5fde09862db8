"""Emergencies that could not be stored when they were heard: filed as soon as it is possible."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from voice_gateway.services import Services
from zhiban.clock import iso_ms, utc_now
from zhiban.emergencies import EMERGENCY_LABELS
from zhiban.tickets import Category, Promise, TicketDraft, Urgency

logger = logging.getLogger(__name__)


async def file_spooled_emergencies(services: Services) -> int:
    """File a ticket, with a call-back due at once, for each spooled line; return how many.

    A line whose call has an emergency ticket by now was stored after all and is skipped. Lines
    not filed because a store still fails stay in the file.

    Raises:
        Exception: a store still fails.
    """
    path = services.settings.data_dir / "spool" / "emergencies.jsonl"
    if not path.exists():
        return 0
    lines = path.read_text(encoding="utf-8").splitlines()
    filed = 0
    while lines:
        spooled = json.loads(lines[0])
        known = await services.tickets.of_call(spooled["call_id"])
        if not any(ticket["category"] == Category.EMERGENCY for ticket in known):
            minutes = services.community.deadlines.missed_emergency_callback
            due_at = iso_ms(utc_now() + timedelta(minutes=minutes))
            label = EMERGENCY_LABELS[spooled["kind"]]
            where = spooled["where"]
            await services.tickets.file(
                TicketDraft(
                    category=Category.EMERGENCY,
                    problem=f"{label}：{spooled['words'][-1]}",
                    urgency=Urgency.EMERGENCY,
                    level=spooled["level"],
                    department=services.community.department_for("emergency"),
                    building=where["building"],
                    unit=where["unit"],
                    room=where["room"],
                    phone=spooled["caller"],
                    summary=f"{label}，补录，发生于 {spooled['at']}",
                    verbatim=tuple(spooled["words"]),
                    details={"kind": spooled["kind"], "happened_at": spooled["at"]},
                    call_id=spooled["call_id"],
                    promises=(Promise("回拨业主", due_at),),
                ),
                by="bot",
            )
            filed += 1
            logger.critical("call %s: spooled emergency filed", spooled["call_id"])
        lines.pop(0)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    path.unlink()
    return filed
