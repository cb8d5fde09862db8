"""What is measured on was never learned from, and what is tuned on is not what is reported.

Counts only: a failure must not show the frozen sentences to whoever tunes.
"""

from pathlib import Path

import pytest
import yaml

from bot.evaluation.sets import read_rows
from zhiban.settings import ROOT
from zhiban.setup.training import training_data

_FILES = ("emergencies.tsv", "intents.tsv", "questions.tsv", "slots.tsv")
# 喂, 转人工: there are only so many ways to say so little.
_LONGER_THAN = 4


def said(text: str) -> str:
    """Return a sentence without pauses and marks."""
    return "".join(character for character in text if character.isalnum())


def sentences(name: str, file: str) -> set[str]:
    rows = read_rows(ROOT / "nlu_data" / name / file, ("text",))
    return {words for row in rows if len(words := said(row["text"])) > _LONGER_THAN}


@pytest.fixture(scope="module")
def learned() -> set[str]:
    return {said(line) for path in training_data() for line in examples(path)}


def examples(path: Path) -> list[str]:
    if path.suffix != ".yml":
        return []
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return [line for entry in content.get("nlu") or () for line in entry["examples"].splitlines()]


def test_the_training_data_are_found(learned: set[str]) -> None:
    assert len(learned) > 6000


@pytest.mark.parametrize("file", _FILES)
@pytest.mark.parametrize("name", ["frozen", "dev"])
def test_no_sentence_was_learned_from(name: str, file: str, learned: set[str]) -> None:
    shared = len(sentences(name, file) & learned)
    assert shared == 0, f"{shared} sentences of {name}/{file} are in the training data"


@pytest.mark.parametrize("file", _FILES)
def test_no_frozen_sentence_is_tuned_on(file: str) -> None:
    frozen = sentences("frozen", file)
    tuned = set().union(*(sentences("dev", each) for each in _FILES))
    shared = len(frozen & tuned)
    assert shared == 0, f"{shared} sentences of frozen/{file} are in dev"
