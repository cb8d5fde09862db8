"""Which form or action deals with an intent, for actions that lead on themselves."""

from __future__ import annotations

from actions.flow.spec import COMPLAINT_FORM, PROGRESS_FORM, REPAIR_FORM, REQUEST_FORM
from actions.turn import PROGRESS_INTENT, QUESTION_INTENTS, REPAIR_INTENTS, REQUEST_INTENTS, Turn


def way_of(turn: Turn) -> str:
    """Return the name of the form or action; a complaint when nothing else fits."""
    if turn.emergency_kind:
        return "action_emergency"
    if turn.intent in QUESTION_INTENTS:
        return "action_answer_question"
    if turn.intent in REPAIR_INTENTS:
        return REPAIR_FORM
    if turn.intent in REQUEST_INTENTS:
        return REQUEST_FORM
    return PROGRESS_FORM if turn.intent == PROGRESS_INTENT else COMPLAINT_FORM
