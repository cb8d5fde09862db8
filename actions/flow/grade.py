"""How fast a matter must go: only from what was told, by fixed rules (TAX-114, SLA-017…032)."""

from __future__ import annotations

from enum import StrEnum

from actions.flow.state import Facts, Flow
from actions.flow.taking import Taking
from actions.flow.words import is_repeated, is_serious
from bot.language.severity import SeverityGrade
from zhiban.tickets import Category, Urgency


class ComplaintLevel(StrEnum):
    """Levels of complaints, as in the site's deadlines; the bot only suggests (SLA-032)."""

    NORMAL = "normal"
    IMPORTANT = "important"
    URGENT = "urgent"
    CRISIS = "crisis"

    @property
    def number(self) -> int:
        """1 for normal to 4 for crisis, as tickets store it."""
        return list(ComplaintLevel).index(self) + 1


_COMPLAINT_URGENCY = {
    ComplaintLevel.NORMAL: Urgency.NORMAL,
    ComplaintLevel.IMPORTANT: Urgency.NORMAL,
    ComplaintLevel.URGENT: Urgency.URGENT,
    ComplaintLevel.CRISIS: Urgency.URGENT,
}
_WHOLE_BUILDING = ("整栋", "整个单元", "整层", "全楼", "一栋楼", "都没电", "整个楼")
_PLANNED = frozenset({Category.REPAIR_PAID, Category.HOUSEKEEPING, Category.VALUE_ADDED})


def grade_matter(taking: Taking) -> None:
    """Set the urgency from category, severity and words."""
    taking.facts = taking.facts.but(urgency=urgency_of(taking.facts, taking.flow).value)


def urgency_of(facts: Facts, flow: Flow) -> Urgency:
    """Return how fast it must go."""
    category = Category(facts.category or Category.OTHER_INQUIRY)
    if category.is_complaint:
        return _COMPLAINT_URGENCY[complaint_level(category, flow)]
    if category in _PLANNED:
        return Urgency.PLANNED
    if category is Category.LEAK:
        # A leak is urgent unless the caller says it is slight (SLA-017, DLG-007).
        slight = facts.severity == SeverityGrade.SLIGHT
        return Urgency.NORMAL if slight else Urgency.URGENT
    if category is Category.POWER_FAULT:
        wide = any(word in said for said in flow.said for word in _WHOLE_BUILDING)
        return Urgency.URGENT if wide else Urgency.NORMAL
    return Urgency.NORMAL


def complaint_level(category: Category, flow: Flow) -> ComplaintLevel:
    """Suggest a complaint's level from the caller's words (SLA-032)."""
    words = "。".join(flow.said)
    if flow.crisis:
        return ComplaintLevel.CRISIS
    if is_serious(words) or is_repeated(words):
        return ComplaintLevel.URGENT
    if category is Category.COMPLAINT_QUALITY:
        # Beyond what a department can decide.
        return ComplaintLevel.IMPORTANT
    return ComplaintLevel.NORMAL
