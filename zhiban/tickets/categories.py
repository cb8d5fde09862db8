"""Categories, urgencies and states of tickets: a public contract."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """What a ticket is about."""

    FEE_INQUIRY = "fee_inquiry"
    PARKING = "parking"
    RENOVATION_RULES = "renovation_rules"
    COMMUNITY_RULES = "community_rules"
    OTHER_INQUIRY = "other_inquiry"
    REPAIR_PUBLIC = "repair_public"
    REPAIR_INDOOR = "repair_indoor"
    REPAIR_PAID = "repair_paid"
    LEAK = "leak"
    POWER_FAULT = "power_fault"
    LIFT_FAULT = "lift_fault"
    DOOR_ACCESS = "door_access"
    COMPLAINT_SERVICE = "complaint_service"
    COMPLAINT_QUALITY = "complaint_quality"
    COMPLAINT_REPAIR = "complaint_repair"
    COMPLAINT_FACILITY = "complaint_facility"
    COMPLAINT_ENVIRONMENT = "complaint_environment"
    COMPLAINT_NOISE = "complaint_noise"
    COMPLAINT_FEE = "complaint_fee"
    COMPLAINT_OTHER = "complaint_other"
    SECURITY = "security"
    SUGGESTION = "suggestion"
    HOUSEKEEPING = "housekeeping"
    VALUE_ADDED = "value_added"
    CALLBACK = "callback"
    EMERGENCY = "emergency"

    @property
    def is_complaint(self) -> bool:
        """Whether the complaint rules (levels, review, feedback) hold."""
        return self.value.startswith("complaint_")

    @property
    def is_repair(self) -> bool:
        """Whether somebody has to come and mend something."""
        return self in _REPAIRS


class Urgency(StrEnum):
    """How fast it must go (SLA-017…019)."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    NORMAL = "normal"
    PLANNED = "planned"


class Status(StrEnum):
    """Life of a ticket (TAX-139…144)."""

    INCOMPLETE = "incomplete"
    OPEN = "open"
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


_REPAIRS = frozenset(
    {
        Category.REPAIR_PUBLIC,
        Category.REPAIR_INDOOR,
        Category.REPAIR_PAID,
        Category.LEAK,
        Category.POWER_FAULT,
        Category.LIFT_FAULT,
        Category.DOOR_ACCESS,
    }
)
_INQUIRIES = frozenset(
    {
        Category.FEE_INQUIRY,
        Category.PARKING,
        Category.RENOVATION_RULES,
        Category.COMMUNITY_RULES,
        Category.OTHER_INQUIRY,
    }
)
_OWN_PREFIX = {
    Category.SECURITY: "AF",
    Category.SUGGESTION: "JY",
    Category.HOUSEKEEPING: "ZZ",
    Category.VALUE_ADDED: "ZZ",
    Category.CALLBACK: "HF",
    Category.EMERGENCY: "JJ",
}


def prefix_of(category: Category) -> str:
    """Return the ticket number's two letters (TAX-125, TAX-126)."""
    if category.is_repair:
        return "RP"
    if category.is_complaint:
        return "TS"
    if category in _INQUIRIES:
        return "ZX"
    return _OWN_PREFIX[category]
