"""How satisfied the owner of a ticket is, and how a survey about it ended: a public contract."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Grade(StrEnum):
    """The four grades of a survey (OUT-007)."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    FAIR = "fair"
    DISSATISFIED = "dissatisfied"


POINTS = {
    Grade.VERY_SATISFIED: 5,
    Grade.SATISFIED: 4,
    Grade.FAIR: 3,
    Grade.DISSATISFIED: 1,
}
"""The grades on the five-point scale of the figures (CON-021, KPI-004)."""

GRADE_WORDS = {
    Grade.VERY_SATISFIED: "非常满意",
    Grade.SATISFIED: "满意",
    Grade.FAIR: "一般",
    Grade.DISSATISFIED: "不满意",
}


class SurveyOutcome(StrEnum):
    """How a survey ended once the owner was on the line."""

    ANSWERED = "answered"
    UNCLEAR = "unclear"
    """An answer was not understood twice: no grade, rather than a guessed one."""
    DECLINED = "declined"
    ELSEWHERE = "elsewhere"
    """Something else came up: danger, a person, another matter."""
    BROKEN_OFF = "broken_off"
    FAILED = "failed"
    """The dialogue could not begin it."""


SURVEY_WORDS = {
    SurveyOutcome.ANSWERED: "已评价",
    SurveyOutcome.UNCLEAR: "没有听清评价",
    SurveyOutcome.DECLINED: "业主不便评价",
    SurveyOutcome.ELSEWHERE: "转为处理其他事情",
    SurveyOutcome.BROKEN_OFF: "中途挂断",
    SurveyOutcome.FAILED: "系统故障，没有开始",
}


@dataclass(frozen=True)
class Survey:
    """One survey, as the ticket's ``details.surveys`` keep it.

    Attributes:
        call_id: the call it was held in.
        by: agent who wanted it.
        at: when it began, UTC ISO 8601.
        solved: whether the owner said that the matter is solved; None when not known.
        grade: a :class:`Grade`, or ``""``.
        reason: why they are not satisfied, in their words.
        follow_up_by: until when somebody follows up, UTC ISO 8601, or ``""``.
        outcome: how it ended, ``""`` while it goes on: a :class:`SurveyOutcome`, or what came of
            dialling when nobody was reached.
    """

    call_id: str
    by: str
    at: str
    solved: bool | None = None
    grade: str = ""
    reason: str = ""
    follow_up_by: str = ""
    outcome: str = ""

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Survey:
        """Read it from a ticket."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    @property
    def unsatisfied(self) -> bool:
        """Whether the ticket has to be taken up again (TAX-143, DLG-087)."""
        return self.solved is False or self.grade == Grade.DISSATISFIED

    @property
    def points(self) -> int | None:
        """The grade on the five-point scale."""
        return POINTS[Grade(self.grade)] if self.grade else None

    def to_dict(self) -> dict[str, Any]:
        """Return it as ticket and timeline have it."""
        return asdict(self) | {"points": self.points}
