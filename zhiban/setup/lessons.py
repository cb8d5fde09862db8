"""What the intent model is taught: the utterances of nlu_data and the site's own questions.

All of it goes into one file. Given a file for each voice, Rasa merges them one after the other and
copies everything learned so far every time, five times over: most of a training's minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from zhiban.community.answers import ANSWERS_FILE, read_answers

_WEIGHT = 0.5
"""Paraphrases of one question count for less than what people say of their own accord."""


def write_lessons(sources: Iterable[Path], site_dir: Path, target: Path) -> list[Path]:
    """Write all utterances and the site's questions as one Rasa NLU file.

    The questions of a standard answer are examples of its category. Answering needs no training;
    this only brings a caller's own wording to the answers more often.

    Returns:
        The sources that hold something else, rules for instance.

    Raises:
        ZhibanError: SITE_DATA_MISSING or SITE_DATA_INVALID, naming the entry.
    """
    taught: list[dict[str, Any]] = []
    others: list[Path] = []
    for source in sources:
        entries = _utterances(source)
        if entries is None:
            others.append(source)
        else:
            taught += entries
    lessons = {"version": "3.1", "nlu": [*taught, *_questions(site_dir)]}
    with target.open("w", encoding="utf-8") as file:
        yaml.safe_dump(lessons, file, allow_unicode=True, sort_keys=False)
    return others


def _utterances(source: Path) -> list[dict[str, Any]] | None:
    """Return a file's entries; None for what holds anything else, which is for Rasa to judge."""
    if source.suffix not in (".yml", ".yaml"):
        return None
    try:
        content = yaml.safe_load(source.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return None
    if not isinstance(content, dict) or not set(content) <= {"version", "nlu"}:
        return None
    return content.get("nlu") or []


def _questions(site_dir: Path) -> list[dict[str, Any]]:
    by_category: defaultdict[str, set[str]] = defaultdict(set)
    for entry in read_answers(site_dir / ANSWERS_FILE):
        by_category[entry["category"]] |= {" ".join(text.split()) for text in entry["questions"]}
    return [
        {
            "intent": category,
            "metadata": {"weight": _WEIGHT},
            "examples": "".join(f"- {text}\n" for text in sorted(questions)),
        }
        for category, questions in sorted(by_category.items())
    ]
