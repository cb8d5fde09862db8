"""One evaluation: the parts wanted, over one set, into one report."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from bot.evaluation.emergencies import (
    score_judge,
    score_partials,
    spotter_judge,
    understanding_judge,
)
from bot.evaluation.figures import Report
from bot.evaluation.intents import score_intents
from bot.evaluation.odd import score_odd
from bot.evaluation.questions import score_questions
from bot.evaluation.sets import (
    CONDITIONS,
    EmergencyCase,
    IntentCase,
    file_of,
    read_emergencies,
    read_intents,
    read_rows,
)
from bot.evaluation.slots import read_labelled, report_slots
from bot.language.emergency import EmergencySpotter
from bot.language.retrieval import AnswerIndex
from bot.language.roster import Roster
from bot.language.slots import read_slots
from bot.understanding import Understanding

T = TypeVar("T")


def evaluate_spotter(folder: Path) -> Report:
    """Score the spotter alone, on finished and on partial texts; needs no trained model.

    Args:
        folder: Of the set.

    Raises:
        SetError: A file of the set is not what it should be.
    """
    spotter = EmergencySpotter()

    def score(condition: str, cases: list[EmergencyCase]) -> Report:
        report = score_judge("spotter", condition, cases, spotter_judge(spotter))
        report.add(score_partials(condition, cases, spotter))
        return report

    return _each_condition(folder, "emergencies", read_emergencies, score)


def evaluate_emergencies(folder: Path, understanding: Understanding) -> Report:
    """Score finished texts by spotter and classifier together, as a call does.

    Raises:
        SetError: A file of the set is not what it should be.
    """
    judge = understanding_judge(understanding)

    def score(condition: str, cases: list[EmergencyCase]) -> Report:
        return score_judge("emergency", condition, cases, judge, by_kind=True)

    return _each_condition(folder, "emergencies", read_emergencies, score)


def evaluate_intents(folder: Path, understanding: Understanding) -> Report:
    """Score intents and categories.

    Raises:
        SetError: A file of the set is not what it should be.
    """

    def score(condition: str, cases: list[IntentCase]) -> Report:
        return score_intents(condition, cases, understanding)

    return _each_condition(folder, "intents", read_intents, score)


def evaluate_slots(folder: Path, roster: Roster) -> Report:
    """Score addresses, telephones, names, times and ticket numbers.

    Raises:
        SetError: A file of the set is not what it should be.
    """

    def score(condition: str, rows: list[dict[str, str]]) -> Report:
        return report_slots(condition, rows, roster)

    return _each_condition(folder, "slots", read_labelled, score)


def evaluate_questions(folder: Path, index: AnswerIndex, silent: Collection[str]) -> Report:
    """Score the finding of standard answers.

    Args:
        folder: Of the set.
        index: Of every entry of the site.
        silent: Keys of entries that are never said aloud.

    Raises:
        SetError: A file of the set is not what it should be.
    """
    path = file_of(folder, "questions")
    if not path.is_file():
        return Report(missing=[f"{folder.name}/{path.name}"])
    return score_questions(read_rows(path, ("key", "text")), index, silent=silent)


def evaluate_odd(understanding: Understanding, roster: Roster, index: AnswerIndex) -> Report:
    """Time texts nobody would say.

    The parts are timed one by one besides, to say where the time goes.
    """
    spotter = EmergencySpotter()
    return score_odd(
        {
            "understanding": understanding.read,
            "partial": spotter.spot,
            "slots": lambda text: read_slots(text, roster=roster),
            "answers": index.best,
        }
    )


def _each_condition(
    folder: Path,
    name: str,
    read: Callable[[Path], list[T]],
    score: Callable[[str, list[T]], Report],
) -> Report:
    """Score a set under each condition; what is not there goes into the report."""
    report = Report()
    for condition in CONDITIONS:
        path = file_of(folder, name, condition)
        if path.is_file():
            report.add(score(condition, read(path)))
        else:
            report.missing.append(f"{folder.name}/{path.name}")
    return report
