"""Trains the learned layer of the emergency spotter.

Emergencies keep their kinds; everything else is gathered into a few groups of what callers want.
Kept apart like that, the harmless teach far better than as one heap labelled "none"
(docs/understanding.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.language.emergency.second_opinion import EMERGENCY_PREFIX
from bot.learning.corpus import Utterance
from bot.learning.separate import fit

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
_LEAST = 6
_COPIES = 2


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


def train_emergencies(corpus: Sequence[Utterance], path: Path) -> None:
    """Learn the corpus and write the weights.

    The harmless are also learned cut off, for the spotter reads interim words: 电梯里困住人了的
    演习 must not ring at 困住人了 if that can be helped. Emergencies are not: cut off early enough
    they say nothing yet.
    """
    fit(
        [one.text for one in corpus],
        [group_of(one.intent) for one in corpus],
        path,
        copies=_COPIES,
        least=_LEAST,
        cuts=lambda label: not label.startswith(EMERGENCY_PREFIX),
    )
