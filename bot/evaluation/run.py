"""One evaluation: the parts wanted, over one set, into one report."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from bot.evaluation.emergencies import (
    Judge,
    Verdict,
    score_judge,
    score_partials,
    spotter_judge,
)
from bot.evaluation.figures import Failure, Report, Target, share
from bot.evaluation.intents import score_intents
from bot.evaluation.odd import score_odd
from bot.evaluation.questions import score_questions
from bot.evaluation.sets import (
    CONDITIONS,
    file_of,
    read_emergencies,
    read_intents,
    read_rows,
)
from bot.evaluation.slots import SCORED, score_slots
from bot.language.emergency import EmergencySpotter
from bot.language.retrieval import AnswerIndex
from bot.language.roster import Roster
from bot.language.slots import read_slots
from bot.understanding import Understanding

T = TypeVar("T")

_SLOTS_EXACT = {"clean": 0.95, "garbled": 0.85}


def evaluate_spotter(folder: Path) -> Report:
    """Score the spotter alone, on finished and on partial texts; needs no trained model.

    Args:
        folder: Of the set.

    Raises:
        SetError: A file of the set is not what it should be.
    """
    spotter, report = EmergencySpotter(), Report()
    for condition, cases in _each_condition(folder, "emergencies", read_emergencies, report):
        report.add(score_judge("spotter", condition, cases, spotter_judge(spotter)))
        report.add(score_partials(condition, cases, spotter))
    return report


def evaluate_emergencies(folder: Path, understanding: Understanding) -> Report:
    """Score finished texts by spotter and classifier together, as a call does.

    Raises:
        SetError: A file of the set is not what it should be.
    """
    report = Report()
    for condition, cases in _each_condition(folder, "emergencies", read_emergencies, report):
        judge = understanding_judge(understanding)
        report.add(score_judge("emergency", condition, cases, judge, by_kind=True))
    return report


def understanding_judge(understanding: Understanding) -> Judge:
    """Return the whole understanding as a judge of emergencies."""

    def judge(text: str) -> Verdict:
        danger = understanding.read(text).emergency
        return Verdict() if danger is None else Verdict(danger.action, danger.kind)

    return judge


def evaluate_intents(folder: Path, understanding: Understanding) -> Report:
    """Score intents and categories.

    Raises:
        SetError: A file of the set is not what it should be.
    """
    report = Report()
    for condition, cases in _each_condition(folder, "intents", read_intents, report):
        report.add(score_intents(condition, cases, understanding))
    return report


def evaluate_slots(folder: Path, roster: Roster) -> Report:
    """Score addresses, telephones, names, times and ticket numbers.

    Raises:
        SetError: A file of the set is not what it should be.
    """
    report = Report()
    for condition, rows in _each_condition(folder, "slots", _slot_rows, report):
        score, key = score_slots(rows, roster=roster), f"slots.{condition}.exact"
        results = [True] * score.exact + [False] * (score.rows - score.exact)
        report.figures += share(
            key,
            "全部正确 every slot right, none invented",
            results,
            Target(_SLOTS_EXACT[condition]),
        )
        report.failures += [
            Failure(
                key,
                f"{miss.expects} {_shown(miss.wanted)}",
                _shown(miss.read),
                miss.text,
                "" if miss.said == miss.text else miss.said,
            )
            for miss in score.misses
        ]
    return report


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
    folder: Path, name: str, read: Callable[[Path], list[T]], report: Report
) -> list[tuple[str, list[T]]]:
    """Read a set under each condition; what is not there goes into the report."""
    found = []
    for condition in CONDITIONS:
        path = file_of(folder, name, condition)
        if path.is_file():
            found.append((condition, read(path)))
        else:
            report.missing.append(f"{folder.name}/{path.name}")
    return found


def _slot_rows(path: Path) -> list[dict[str, str]]:
    return read_rows(path, ("expects", "text", *SCORED))


def _shown(slots: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in slots.items()) or "–"
