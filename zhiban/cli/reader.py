"""Opens what ``zhiban understand`` and ``zhiban eval`` read with: trained weights and the site."""

from __future__ import annotations

import asyncio
import sys
import tarfile
import zlib
from datetime import date
from pathlib import Path

from bot.language.intents import IntentReader, read_intents
from bot.language.retrieval import AnswerIndex, Entry
from bot.language.roster import Roster
from bot.understanding import Understanding
from zhiban.community import load_community
from zhiban.community.answers import ANSWERS_FILE, read_answers
from zhiban.community.roster import roster_of
from zhiban.settings import Settings
from zhiban.setup import training
from zhiban.setup.faults import SetupCode, SetupError
from zhiban.setup.progress import Progress


def site_roster(settings: Settings) -> Roster:
    """Return the site's homes and residents.

    Raises:
        ZhibanError: The site's data is missing or wrong.
    """
    return roster_of(load_community(settings.site_dir))


def site_answers(settings: Settings, day: date) -> tuple[AnswerIndex, frozenset[str]]:
    """Return the site's standard answers as a call finds them, and the keys not to be given.

    Args:
        settings: Where the site's files are.
        day: Answers that expired before it are not given.

    Raises:
        ZhibanError: The file is missing or wrong.
    """
    rows = read_answers(settings.site_dir / ANSWERS_FILE)
    index = AnswerIndex(
        [
            Entry(
                row["key"],
                tuple(row["questions"]),
                row["category"],
                row["answer"] if row["confirmed"] else "",
            )
            for row in rows
        ]
    )
    silent = frozenset(
        row["key"]
        for row in rows
        if not row["confirmed"] or (row["valid_until"] and row["valid_until"] < day.isoformat())
    )
    return index, silent


def trained_model(settings: Settings) -> Path:
    """Return the model of the present sources, training it first if it is not there.

    Progress goes to standard error: standard output belongs to the results.

    Raises:
        SetupError: TRAINING_FAILED or MISSING_FILE.
    """
    path = training.model_path(settings)
    if path.exists():
        return path
    with Progress(sys.stderr).step("训练对话模型 / training the bot") as step:
        return asyncio.run(training.train(settings, step))


def open_intents(model: Path) -> IntentReader:
    """Return the classifier in a trained model.

    Raises:
        SetupError: MISSING_FILE or STEP_FAILED.
    """
    try:
        return read_intents(model)
    except FileNotFoundError as error:
        raise SetupError(
            f"没有这个模型 / no such model: {model}",
            code=SetupCode.MISSING_FILE,
            advice="运行 zhiban train / run zhiban train",
        ) from error
    except (ValueError, EOFError, OSError, tarfile.TarError, zlib.error) as error:
        raise SetupError(
            f"模型读不出来 / cannot read the model {model.name}: {error}",
            code=SetupCode.STEP_FAILED,
            advice="运行 zhiban train --again / run zhiban train --again",
        ) from error


def open_understanding(settings: Settings, model: Path | None = None) -> Understanding:
    """Return the understanding of the present sources, or of the model given.

    Raises:
        SetupError: The model cannot be trained or read.
        ZhibanError: The site's data is missing or wrong.
    """
    roster = site_roster(settings)
    return Understanding(open_intents(model or trained_model(settings)), roster)
