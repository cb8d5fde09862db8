"""Scoring the slot readers against labelled rows (``nlu_data/README.md``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.language.roster import Roster
from bot.language.slots import read_slots

SCORED = ("building", "unit", "room", "phone", "caller_name", "ticket_number", "start", "end")
"""Slots a row is labelled with; all must be right for the row to count."""

LABELLED_AT = datetime(2026, 11, 18, 14, 0)  # noqa: DTZ001 - labels are local times
"""The moment, a Wednesday, at which the rows' times were labelled."""


@dataclass(frozen=True)
class SlotMiss:
    """A row that was not read exactly.

    Attributes:
        text: What the reader was given.
        said: What was spoken, for recognised rows; else the text.
        expects: What was asked for.
        wanted: Slots as labelled.
        read: Slots as read.
    """

    text: str
    said: str
    expects: str
    wanted: dict[str, str]
    read: dict[str, str]


@dataclass(frozen=True)
class SlotScore:
    """How many rows were read exactly.

    Attributes:
        exact: Rows of which every slot was right and none invented.
        rows: All rows.
        misses: The others.
    """

    exact: int
    rows: int
    misses: tuple[SlotMiss, ...]

    @property
    def rate(self) -> float:
        """Share of exact rows, 0 to 1."""
        return self.exact / self.rows if self.rows else 0.0


def score_slots(
    rows: Iterable[Mapping[str, str]],
    *,
    roster: Roster | None = None,
    now: datetime = LABELLED_AT,
) -> SlotScore:
    """Read every row and compare.

    Args:
        rows: ``text`` and ``expects`` (``any`` if missing), the labels under ``SCORED``,
            optionally ``said`` and ``caller``.
        roster: The community the labels were made for.
        now: When the caller spoke.
    """
    exact, count = 0, 0
    misses: list[SlotMiss] = []
    for row in rows:
        count += 1
        text, expects = row.get("text") or "", row.get("expects") or "any"
        wanted = {name: value for name in SCORED if (value := row.get(name))}
        slots = read_slots(
            text, expects=expects, roster=roster, now=now, caller=row.get("caller") or ""
        )
        read = {name: slots[name] for name in SCORED if name in slots}
        if read == wanted:
            exact += 1
        else:
            misses.append(SlotMiss(text, row.get("said") or text, expects, wanted, read))
    return SlotScore(exact, count, tuple(misses))
