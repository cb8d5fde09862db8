"""What callers are promised: only times from the site's deadlines (SCR-044, SCR-045)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.flow.grade import ComplaintLevel
from actions.flow.spoken import spoken_hours, spoken_minutes
from bot.language.speak import speakable
from zhiban.clock import CHINA, iso_ms
from zhiban.community import Community, Deadlines
from zhiban.tickets import Category, Promise, Urgency

_DAY_END_HOUR = 18
_SATURDAY = 5


@dataclass(frozen=True)
class Promised:
    """A promise for the ticket and the same for the caller's ear.

    Attributes:
        promises: what is stored, with its due time.
        response: name of the response that says it.
        blanks: words for the response.
    """

    promises: tuple[Promise, ...]
    response: str
    blanks: dict[str, str]


def promise_for(
    community: Community,
    category: Category,
    urgency: Urgency,
    level: ComplaintLevel,
    now: datetime,
) -> Promised:
    """Return what may be promised for a matter.

    Args:
        community: its deadlines and departments.
        category: decides which deadlines hold.
        urgency: of a repair.
        level: of a complaint.
        now: aware.
    """
    deadlines = community.deadlines
    department = community.department_for(category.value)
    if category.is_complaint:
        return _complaint(deadlines, level, now)
    if category.is_repair:
        minutes = repair_minutes(deadlines, urgency)
        return Promised(
            (_promise(f"{department}{minutes}分钟内响应", now, minutes),),
            "utter_promise_repair",
            {"department": department, "minutes": spoken_minutes(minutes)},
        )
    band = deadlines.inquiry_default_band
    due = band_due(band, now)
    spoken = {"department": department, "band": speakable(band)}
    if category is Category.SUGGESTION:
        return Promised((), "utter_thanks_suggestion", {"department": department})
    asked = category in (
        Category.FEE_INQUIRY,
        Category.PARKING,
        Category.RENOVATION_RULES,
        Category.COMMUNITY_RULES,
        Category.OTHER_INQUIRY,
    )
    response = "utter_promise_inquiry" if asked else "utter_promise_request"
    return Promised((Promise(f"{department}{band}内回电", iso_ms(due)),), response, spoken)


def repair_minutes(deadlines: Deadlines, urgency: Urgency) -> int:
    """Return the response time of a repair in minutes (SLA-017…019)."""
    return {
        Urgency.EMERGENCY: deadlines.emergency_respond,
        Urgency.URGENT: deadlines.urgent_respond,
        Urgency.NORMAL: deadlines.normal_respond,
        Urgency.PLANNED: deadlines.planned_respond,
    }[urgency]


def manager_promise(deadlines: Deadlines, now: datetime) -> Promise:
    """Return the promise that the person in charge answers (SLA-037)."""
    return _promise(f"负责人{deadlines.manager_reply}分钟内回复", now, deadlines.manager_reply)


def call_back_promise(deadlines: Deadlines, now: datetime) -> Promise:
    """Return the promise of a call back to complete what broke off (SLA-055)."""
    return _promise(f"{deadlines.inquiry_report}分钟内回电", now, deadlines.inquiry_report)


def band_due(band: str, now: datetime) -> datetime:
    """Return when a reply band (``30分钟``, ``2个工作日``) ends; working days skip weekends.

    Raises:
        ValueError: the band is in neither form.
    """
    number = int("".join(c for c in band if c.isdigit()) or 0)
    if number and band.endswith("分钟"):
        return now + timedelta(minutes=number)
    if number and band.endswith("小时"):
        return now + timedelta(hours=number)
    if not number or not band.endswith("工作日"):
        raise ValueError(f"unknown reply band: {band}")
    day = now.astimezone(CHINA)
    while number:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY:
            number -= 1
    return day.replace(hour=_DAY_END_HOUR, minute=0, second=0, microsecond=0)


def _complaint(deadlines: Deadlines, level: ComplaintLevel, now: datetime) -> Promised:
    feedback = deadlines.complaint_feedback_hours[level.value]
    return Promised(
        (
            _promise("确认投诉细节", now, deadlines.complaint_confirm),
            _promise("投诉初步答复", now, deadlines.complaint_first_answer),
            _promise("投诉进展反馈", now, feedback * 60),
        ),
        "utter_promise_complaint",
        {
            "minutes": spoken_minutes(deadlines.complaint_confirm),
            "first": spoken_minutes(deadlines.complaint_first_answer),
            "feedback": spoken_hours(feedback),
        },
    )


def _promise(what: str, now: datetime, minutes: int) -> Promise:
    return Promise(what, iso_ms(now + timedelta(minutes=minutes)))
