"""The regression gate: emergency figures on the frozen sets never fall below what has landed.

Only the spotter's, which needs no trained model; ``zhiban eval --gate`` holds the rest too. What
fails here names figures, never sentences: nobody tunes on the frozen sets.
"""

import pytest
import yaml

from bot.evaluation import run
from bot.evaluation.figures import Report
from bot.evaluation.floor import Floor, fallen, read_floors
from zhiban.settings import ROOT

FROZEN = ROOT / "nlu_data" / "frozen"
_FAMILIES = ("spotter", "partial")
# Of a busy machine, not of the sources; zhiban eval --gate may hold them.
_TIMED = ".ms."


@pytest.fixture(scope="module")
def report() -> Report:
    measured = run.evaluate_spotter(FROZEN)
    # pytest shows a failing test's arguments; sentences must not be among them.
    measured.failures.clear()
    return measured


def floors() -> list[Floor]:
    content = yaml.safe_load((FROZEN / "floor.yml").read_text(encoding="utf-8"))
    return [
        floor
        for floor in read_floors(content)
        if floor.key.partition(".")[0] in _FAMILIES and _TIMED not in floor.key
    ]


def test_recall_and_false_alarms_have_a_floor_clean_and_garbled() -> None:
    held = {(floor.key, floor.bound.at_least) for floor in floors()}
    for condition in ("clean", "garbled"):
        assert (f"spotter.{condition}.caught", True) in held
        assert (f"spotter.{condition}.transferred", True) in held
        assert (f"spotter.{condition}.false_transfers", False) in held


@pytest.mark.parametrize("floor", floors(), ids=lambda floor: floor.key)
def test_nothing_fell_behind_what_has_landed(floor: Floor, report: Report) -> None:
    lost = fallen(report, [floor])
    assert not lost, lost[0]


def test_the_sets_are_as_large_as_demanded(report: Report) -> None:
    sizes = {
        (condition, name): figure.n
        for condition in ("clean", "garbled")
        for name in ("caught", "false_transfers")
        if (figure := report.figure(f"spotter.{condition}.{name}")) is not None
    }
    assert sizes["clean", "caught"] >= 300 and sizes["clean", "false_transfers"] >= 400
    assert sizes["garbled", "caught"] + sizes["garbled", "false_transfers"] >= 150
