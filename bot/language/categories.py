"""The ticket category a caller's intent leads to; most intents are named after theirs."""

from __future__ import annotations

from bot.language.emergency.second_opinion import EMERGENCY_PREFIX

EMERGENCY_CATEGORY = "emergency"

_NAMED_ALIKE = frozenset(
    "fee_inquiry parking renovation_rules community_rules other_inquiry "
    "repair_public repair_indoor repair_paid leak power_fault lift_fault door_access "
    "complaint_service complaint_quality complaint_repair complaint_facility "
    "complaint_environment complaint_noise complaint_fee complaint_other "
    "security suggestion housekeeping value_added".split()
)
_OTHERS = {
    # A repair of nobody knows what starts as one at home, where most are.
    "repair_request": "repair_indoor",
    # Behind a request for a person stands a ticket to call back.
    "human_request": "callback",
    "manager_request": "callback",
}


def ticket_category(intent: str) -> str | None:
    """Return the category of the ticket an intent leads to, None where it leads to none.

    Small talk, answers to the bot and asking after an existing ticket file nothing.
    """
    if intent.startswith(EMERGENCY_PREFIX):
        return EMERGENCY_CATEGORY
    return intent if intent in _NAMED_ALIKE else _OTHERS.get(intent)
