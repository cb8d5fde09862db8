"""Scoring the slot readers against labelled rows (``nlu_data/README.md``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.evaluation.figures import Failure, Report, Target, share
from bot.evaluation.sets import read_rows
from bot.language.roster import Roster
from bot.language.slots import read_slots

SCORED = ("building", "unit", "room", "phone", "caller_name", "ticket_number", "start", "end")
"""Slots a row is labelled with; all must be right for the row to count."""

LABELLED_AT = datetime(2026, 11, 18, 14, 0)  # noqa: DTZ001 - labels are local times
"""The moment, a Wednesday, at which the rows' times were labelled."""

_EXACT = {"clean": 0.95, "garbled": 0.85}


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


def report_slots(condition: str, rows: Iterable[Mapping[str, str]], roster: Roster) -> Report:
    """Score rows as labelled, into a report.

    Args:
        condition: ``clean`` or ``garbled``, which decides the target.
        rows: As for ``score_slots``.
        roster: The community the labels were made for.
    """
    score, key = score_slots(rows, roster=roster), f"slots.{condition}.exact"
    results = [True] * score.exact + [False] * (score.rows - score.exact)
    label = "全部正确 every slot right, none invented"
    return Report(
        share(key, label, results, Target(_EXACT[condition])),
        [
            Failure(
                key,
                f"{miss.expects} {_shown(miss.wanted)}",
                _shown(miss.read),
                miss.text,
                "" if miss.said == miss.text else miss.said,
            )
            for miss in score.misses
        ],
    )


def read_labelled(path: Path) -> list[dict[str, str]]:
    """Return the rows of a set of slots.

    Raises:
        SetError: See ``read_rows``.
        FileNotFoundError: There is no such file.
    """
    return read_rows(path, ("expects", "text", *SCORED))


def _shown(slots: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in slots.items()) or "–"
