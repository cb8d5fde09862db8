"""``zhiban eval``: figures, failures, JSON and the gate, over a small set of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.tiny_intents import pack, train_tiny
from zhiban.cli import cli, evaluate
from zhiban.settings import ROOT, Settings
from zhiban.setup.training import model_path

EMERGENCIES = """expected\tnear_miss\tintent\ttext
elevator_trapped\t0\temergency_elevator_trapped\t电梯里困人了快来
fire\t0\temergency_fire\t今天天气不错
none\t1\tfee_inquiry\t物业费怎么收
"""
INTENTS = """intent\ttext
leak\t厨房漏水了
parking\t物业费怎么收
"""
FLOOR = """at_least:
  spotter.clean.caught: {caught}
  intent.clean.accuracy: 0.5
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    train_tiny(folder / "weights")
    return pack(folder / "weights", folder / "model.tar.gz")


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A development set in a project of its own."""
    monkeypatch.setattr(evaluate, "ROOT", tmp_path)
    folder = tmp_path / "nlu_data" / "dev"
    folder.mkdir(parents=True)
    (folder / "emergencies.tsv").write_text(EMERGENCIES, encoding="utf-8")
    (folder / "intents.tsv").write_text(INTENTS, encoding="utf-8")
    return folder


def score(*arguments: str | Path) -> Result:
    given = ["eval", "--set", "dev", "--site", str(ROOT / "site" / "sample"), *map(str, arguments)]
    return CliRunner().invoke(cli, given, prog_name="zhiban", standalone_mode=False)


def test_prints_figures_failures_and_what_is_missing(dev: Path, model: Path) -> None:
    result = score("--model", model, "--only", "emergency", "--only", "intent")
    assert result.exception is None and result.return_value == 0
    assert (
        "1/2" in result.output and "50.00 %" in result.output and "[  9.5,  90.5]" in result.output
    )
    assert "今天天气不错" in result.output, "a failure is listed"
    assert "dev/emergencies_garbled.tsv" in result.output
    quiet = score("--model", model, "--only", "spotter", "--no-failures")
    assert "今天天气不错" not in quiet.output and "1/2" in quiet.output


def test_json_holds_every_figure_and_no_failures_unasked(
    dev: Path, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    score("--model", model, "--only", "intent", "--no-failures", "--json", path)
    report = json.loads(path.read_text(encoding="utf-8"))
    figures = {figure["key"]: figure for figure in report["figures"]}
    accuracy = figures["intent.clean.accuracy"]
    assert (accuracy["hits"], accuracy["n"], accuracy["met"]) == (1, 2, False)
    assert accuracy["low"] < 0.5 < accuracy["high"] and accuracy["target"] == 0.92
    assert report["failures"] == []
    printed = score("--model", model, "--only", "intent", "--json", "-")
    again = json.loads(printed.output)
    assert [failure["text"] for failure in again["failures"]] == ["物业费怎么收"]


@pytest.mark.parametrize(("caught", "code"), [("0.5", 0), ("0.51", 1)])
def test_the_gate_holds_the_parts_that_were_measured(dev: Path, caught: str, code: int) -> None:
    (dev / "floor.yml").write_text(FLOOR.format(caught=caught), encoding="utf-8")
    result = score("--only", "spotter", "--gate")
    assert result.exception is None and result.return_value == code
    assert ("spotter.clean.caught: 50.00 %" in result.stderr) is (code == 1)
    assert "intent.clean.accuracy" not in result.stderr


def test_a_gate_without_a_floor_or_a_broken_set_is_an_error(dev: Path) -> None:
    missing = score("--only", "spotter", "--gate")
    assert missing.exception is not None and "floor.yml" in str(missing.exception)
    (dev / "emergencies.tsv").write_text("expected\ttext\nfire\t着火了\n", encoding="utf-8")
    broken = score("--only", "spotter")
    assert broken.exception is not None and "near_miss" in str(broken.exception)


def test_what_has_landed_still_holds_with_the_trained_model() -> None:
    """The whole gate; ``make test`` trains before it, other runs may have no model."""
    settings = Settings.from_env()
    if not model_path(settings).exists():
        pytest.skip("没有训练好的模型 / no trained model of the present sources: zhiban train")
    parts = [
        word for part in ("emergency", "intent", "slots", "questions") for word in ("--only", part)
    ]
    result = CliRunner().invoke(
        cli,
        ["eval", "--set", "frozen", "--no-failures", "--gate", *parts],
        prog_name="zhiban",
        standalone_mode=False,
    )
    assert result.exception is None and result.return_value == 0, result.stderr
