"""What the site's standard answers teach the intent model: which questions are about what.

The questions of an entry are examples of the entry's category. Answering needs no training;
this only brings a caller's own wording to the answers more often.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import yaml

from zhiban.community.answers import ANSWERS_FILE, read_answers

_WEIGHT = 0.5
"""Paraphrases of one question count for less than what people say of their own accord."""


def write_lessons(site_dir: Path, target: Path) -> None:
    """Write the questions as a Rasa NLU file.

    Raises:
        ZhibanError: SITE_DATA_MISSING or SITE_DATA_INVALID, naming the entry.
    """
    by_category: defaultdict[str, set[str]] = defaultdict(set)
    for entry in read_answers(site_dir / ANSWERS_FILE):
        by_category[entry["category"]] |= {" ".join(text.split()) for text in entry["questions"]}
    nlu = [
        {
            "intent": category,
            "metadata": {"weight": _WEIGHT},
            "examples": "".join(f"- {text}\n" for text in sorted(questions)),
        }
        for category, questions in sorted(by_category.items())
    ]
    lessons = yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True, sort_keys=False)
    target.write_text(lessons, encoding="utf-8")
