"""The score of the slot readers: what counts as exact, and the development rows."""

from __future__ import annotations

import csv
from datetime import datetime

import pytest

from bot.evaluation.slots import score_slots
from bot.language.roster import Roster
from zhiban.settings import ROOT

DEV = ROOT / "nlu_data" / "dev"


def rows_of(name: str) -> list[dict[str, str]]:
    with (DEV / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize(("name", "least"), [("slots.tsv", 0.98), ("slots_garbled.tsv", 0.72)])
def test_development_rows_are_read_as_well_as_before(
    name: str, least: float, roster: Roster
) -> None:
    score = score_slots(rows_of(name), roster=roster)
    assert score.rate >= least, [miss.text for miss in score.misses]


def test_scoring_counts_invented_slots_as_wrong(roster: Roster) -> None:
    rows = [{"text": "五栋", "building": "5"}, {"text": "五栋"}, {"text": "你好"}]
    score = score_slots(rows, roster=roster, now=datetime(2026, 11, 18, 14, 0))  # noqa: DTZ001
    assert (score.exact, score.rows) == (2, 3)
    assert score.misses[0].read == {"building": "5"}
