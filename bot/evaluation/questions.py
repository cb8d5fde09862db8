"""How often the right standard answer is found, given, and given wrongly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from bot.evaluation.figures import Failure, Report, Target, share
from bot.evaluation.sets import NONE
from bot.language.retrieval import AnswerIndex, confident

_FIRST = Target(0.95)
_WRONG = Target(0.01, at_least=False)


def score_questions(
    rows: Iterable[Mapping[str, str]],
    index: AnswerIndex,
    *,
    silent: Collection[str] = (),
    condition: str = "clean",
) -> Report:
    """Score over one set, by the words alone; the classifier's opinion is left out.

    Figures: ``first`` of the questions an entry answers, the right one found first; ``answered``
    of those with an answer that may be given, answered and rightly; ``wrong`` of all questions,
    answered with confidence and wrongly, which for those of key ``none`` is any answer.

    Args:
        rows: With ``key`` and ``text``, and ``said`` where a recogniser stood in between.
        index: Of every entry, those included that must not be answered.
        silent: Keys of entries that are never said aloud (not confirmed, expired).
        condition: ``clean`` or ``garbled``; part of the figures' names.
    """
    name, report = f"questions.{condition}", Report()
    firsts, answereds, wrongs = [], [], []
    for row in rows:
        key, text = row["key"], row["text"]
        matches = index.best(text, k=1)
        found = matches[0].key if matches else NONE
        given = confident(matches) and found not in silent
        wrongs.append(given and found != key)
        if key != NONE:
            firsts.append(found == key)
            if key not in silent:
                answereds.append(given and found == key)
        spoilt = "wrong" if wrongs[-1] else "first" if key not in (NONE, found) else ""
        if spoilt:
            got = f"{found} {matches[0].score:.2f}" if matches else found
            report.failures.append(Failure(f"{name}.{spoilt}", key, got, text, row.get("said", "")))
    report.figures += share(f"{name}.first", "正确条目排第一 right entry first", firsts, _FIRST)
    report.figures += share(
        f"{name}.answered", "有答案且放心答对 answered with confidence, rightly", answereds
    )
    report.figures += share(
        f"{name}.wrong", "放心答错 wrong answer given with confidence", wrongs, _WRONG
    )
    return report
