"""The validation actions of the intake forms: one call a turn does all the work.

Rasa's own slot filling would ask again for what the opening sentence said and knows no
corrections, so each form has a single required slot that is never filled; our engine reads the
turn, sets the facts, asks the next question, and ends the loop when it is done.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.flow.spec import COMPLAINT_FORM, REPAIR_FORM, REQUEST_FORM
from actions.flow.state import Facts, Flow, Outcome
from actions.flow.take import take
from actions.flow.taking import Taking
from actions.memory import EMERGENCY, Memory
from actions.resources import Resources
from actions.session import Events, OwnAction, confirms_danger
from actions.talk import Talk, last_words
from actions.turn import Turn
from actions.waiting import waiting_event, waiting_of

FORM_DONE = "form_done"
REQUESTED_SLOT = "requested_slot"


def is_opening(tracker: Tracker, form: str) -> bool:
    """Return whether this turn begins the form: it was activated after the caller spoke."""
    for event in reversed(tracker.events):
        if event.get("event") == "active_loop" and event.get("name") == form:
            return True
        if event.get("event") == "user":
            return False
    return True


def form_events(taking: Taking, before: Facts) -> Events:
    """Return the events of a form's turn: facts, book-keeping, and whether the loop goes on."""
    requested: Any = None if taking.done else FORM_DONE
    return [
        *taking.facts.events(before),
        taking.flow.event(),
        taking.memory.but(misses=0, awaiting="").event(),
        waiting_event(taking.waiting),
        SlotSet(REQUESTED_SLOT, requested),
    ]


def taking_of(resources: Resources, turn: Turn, talk: Talk, tracker: Tracker, form: str) -> Taking:
    """Return the working state of this turn."""
    opening = is_opening(tracker, form)
    texts, expects = last_words(tracker)
    return Taking(
        turn=turn,
        facts=Facts.of(tracker),
        flow=Flow(form) if opening else Flow.of(tracker, form),
        memory=Memory.of(tracker),
        talk=talk,
        resources=resources,
        last_texts=texts,
        last_expects=expects,
        opening=opening,
        waiting=waiting_of(tracker),
    )


class _Intake(OwnAction):
    form = ""
    ends_turn = False
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Run one turn."""
        taking = taking_of(self.resources, turn, talk, tracker, self.form)
        before = taking.facts
        if confirms_danger(taking.memory, turn):
            danger = taking.memory.awaiting.removeprefix(EMERGENCY)
            taking.flow = taking.flow.but(danger=danger)
            taking.finish(Outcome.EMERGENCY)
        else:
            await take(taking)
        return form_events(taking, before)


class ValidateRepairForm(_Intake):
    """Takes down a repair (DLG-001…012)."""

    action_name = "validate_repair_form"
    form = REPAIR_FORM


class ValidateComplaintForm(_Intake):
    """Takes down a complaint (DLG-013…022, DLG-070)."""

    action_name = "validate_complaint_form"
    form = COMPLAINT_FORM


class ValidateRequestForm(_Intake):
    """Takes down suggestions, security matters, bookings and unanswered questions."""

    action_name = "validate_request_form"
    form = REQUEST_FORM
