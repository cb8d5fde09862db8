"""How often the intent is right, and the ticket's category; how fast texts are understood."""

from __future__ import annotations

from collections.abc import Sequence

from bot.evaluation.clock import cpu_ms
from bot.evaluation.figures import Failure, Figure, Report, Target, share
from bot.evaluation.sets import IntentCase
from bot.language.categories import ticket_category
from bot.understanding import Understanding

_ACCURACY = {"clean": 0.92, "garbled": 0.85}
_CATEGORY = {"clean": 0.95, "garbled": 0.90}
_PER_SECOND = Target(200.0)


def score_intents(
    condition: str, cases: Sequence[IntentCase], understanding: Understanding
) -> Report:
    """Score over one set.

    Args:
        condition: ``clean`` or ``garbled``, which decides the targets.
        cases: The set; where several intents are right, so are their categories.
        understanding: Who is scored.
    """
    key, report = f"intent.{condition}", Report()
    rights, category_rights, spent_ms = [], [], 0.0
    for case in cases:
        understood, spent = cpu_ms(understanding.read, case.text)
        spent_ms += spent
        categories = {ticket_category(intent) for intent in case.intents}
        rights.append(understood.intent in case.intents)
        category_rights.append(understood.category in categories)
        if not (rights[-1] and category_rights[-1]):
            report.failures.append(
                Failure(
                    f"{key}.{'accuracy' if category_rights[-1] else 'category'}",
                    "|".join(case.intents),
                    f"{understood.intent} {understood.confidence:.2f}",
                    case.text,
                    case.said,
                )
            )
    report.figures += share(
        f"{key}.accuracy", "意图正确 intent right", rights, Target(_ACCURACY[condition])
    )
    report.figures += share(
        f"{key}.category",
        "工单类别正确 category right",
        category_rights,
        Target(_CATEGORY[condition]),
    )
    if spent_ms > 0:
        report.figures.append(
            Figure(
                f"{key}.per_second",
                "每秒理解句数 utterances a second",
                len(cases) * 1000 / spent_ms,
                "/s",
                len(cases),
                target=_PER_SECOND,
            )
        )
    return report
