"""The labels of the spotter's model: the kinds of emergency and groups of harmless calls.

Kept apart like that, the harmless teach far better than as one heap labelled "none"
(docs/understanding.md).
"""

from __future__ import annotations

from bot.language.emergency.second_opinion import EMERGENCY_PREFIX

_INQUIRIES = frozenset(
    ("fee_inquiry", "parking", "renovation_rules", "community_rules", "other_inquiry")
)
_REPAIRS = frozenset(
    "repair_indoor repair_public repair_paid leak power_fault lift_fault door_access".split()
)
_TALK = frozenset(
    (
        "greet goodbye thank affirm deny repeat_please provide_info correct_info human_request "
        "manager_request repair_request"
    ).split()
)


def group_of(intent: str) -> str:
    """Return the label of the spotter's model an intent belongs to."""
    if intent.startswith(EMERGENCY_PREFIX):
        return intent
    if intent in _REPAIRS:
        return "repair"
    if intent in _INQUIRIES:
        return "inquiry"
    if intent.startswith("complaint_"):
        return "complaint"
    return "talk" if intent in _TALK else intent
