"""What happens when a form has ended, by outcome."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet

from actions.filing import draft_of, file_request_for_person, file_ticket
from actions.flow.spec import MANAGER_FORM, PROGRESS_FORM, SHARED
from actions.flow.spoken import spoken_minutes
from actions.flow.state import HOME, MATTER, Facts, Flow, Outcome
from actions.memory import NEW_MATTER, Memory
from actions.next_matter import take_up_next
from actions.progress import NO_TICKET
from actions.promises import call_back_promise, manager_promise
from actions.session import Events, OwnAction
from actions.talk import Talk
from actions.turn import Turn
from actions.waiting import Waiting, waiting_event, waiting_of
from actions.ways import way_of
from bot.language.speak import say_ticket
from zhiban.clock import utc_now
from zhiban.handoffs import HandoffReason
from zhiban.tickets import Category

_PERSON = {
    Outcome.HUMAN: (HandoffReason.CALLER_ASKED, "human"),
    Outcome.MANAGER: (HandoffReason.MANAGER_ASKED, "manager"),
    Outcome.NOT_UNDERSTOOD: (HandoffReason.NOT_UNDERSTOOD, "human"),
    Outcome.ESCALATED: (HandoffReason.COMPLAINT_ESCALATED, "manager"),
    Outcome.NOT_IDENTIFIED: (HandoffReason.IDENTITY_FAILED, "human"),
}
_GROWN_FROM = {
    "burst_pipe": Category.LEAK,
    "flood": Category.LEAK,
    "electric_hazard": Category.POWER_FAULT,
    "elevator_trapped": Category.LIFT_FAULT,
}
"""Emergencies that are the very matter the form was about, only worse."""


class Finish(OwnAction):
    """Files the ticket first, then promises, hands over or says goodbye."""

    action_name = "action_finish"
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Act on the form's outcome."""
        flow, facts, memory = Flow.ended(tracker), Facts.of(tracker), Memory.of(tracker)
        waiting, outcome = waiting_of(tracker), Outcome(flow.outcome)
        # What comes next is known last, but forgetting the old matter must not undo it.
        events = [memory.event(), *_forget(facts, flow)]
        if outcome is Outcome.COMPLETE:
            events += await self._complete(turn, talk, facts, flow)
            events += await self._next(turn, talk, memory, waiting, _carried(facts, flow))
        elif outcome is Outcome.IDENTIFIED and (waiting or NO_TICKET not in flow.spoken):
            events += await self._next(turn, talk, memory, waiting)
        elif outcome is Outcome.IDENTIFIED:
            events.append(memory.but(awaiting=NEW_MATTER).event())
        elif outcome is Outcome.MATTER:
            events.append(FollowupAction(way_of(turn)))
        elif outcome is Outcome.EMERGENCY:
            talk.say(
                "utter_reassure",
                reassure=self.resources.community.phrase(f"reassure_{flow.danger}"),
            )
            talk.report_emergency(flow.danger, turn.confidence, facts.known())
            if facts.problem and facts.category != _GROWN_FROM.get(flow.danger):
                # Another matter than the danger: filed by the gateway once somebody is rung.
                told = Waiting(facts.problem, str(facts.category), 1.0)
                events.append(waiting_event((told, *waiting)))
        elif outcome is Outcome.CANCELLED:
            talk.say("utter_cancelled")
            events += await self._next(turn, talk, memory, waiting)
        elif outcome is Outcome.LEFT:
            events += await self._left(turn, talk, facts, flow, waiting)
        else:
            events += await self._to_person(turn, talk, facts, flow, outcome)
        return events

    async def _next(
        self,
        turn: Turn,
        talk: Talk,
        memory: Memory,
        waiting: tuple[Waiting, ...],
        known: dict[str, Any] | None = None,
    ) -> Events:
        return await take_up_next(self.resources, turn, talk, memory, waiting, known=known)

    async def _complete(self, turn: Turn, talk: Talk, facts: Facts, flow: Flow) -> Events:
        draft, promised = draft_of(self.resources, turn, facts, flow)
        ticket = await file_ticket(self.resources, draft, incomplete=bool(draft.missing()))
        number = str(ticket["number"])
        talk.say("utter_filed", number=say_ticket(number), display=number)
        talk.say(promised.response, **promised.blanks)
        if draft.category.is_repair or draft.category.is_complaint:
            talk.say("utter_can_ask_progress")
        return [SlotSet("ticket_number", number)]

    async def _left(
        self, turn: Turn, talk: Talk, facts: Facts, flow: Flow, waiting: tuple[Waiting, ...]
    ) -> Events:
        """Keep what was said before the caller hangs up, and say goodbye."""
        events: Events = []
        if facts.problem and flow.form not in (PROGRESS_FORM, MANAGER_FORM):
            draft, _ = draft_of(self.resources, turn, facts, flow)
            promise = call_back_promise(self.resources.community.deadlines, utc_now())
            ticket = await file_ticket(self.resources, draft, incomplete=True, promises=(promise,))
            events = [SlotSet("ticket_number", ticket["number"])]
        if events or waiting:
            talk.say("utter_kept_unfinished")
        talk.say("utter_farewell")
        talk.end_call()
        return events

    async def _to_person(
        self, turn: Turn, talk: Talk, facts: Facts, flow: Flow, outcome: Outcome
    ) -> Events:
        deadlines = self.resources.community.deadlines
        draft, _ = draft_of(self.resources, turn, facts, flow)
        promises = draft.promises
        if outcome in (Outcome.MANAGER, Outcome.ESCALATED):
            promises = (*promises, manager_promise(deadlines, utc_now()))
        if facts.problem and draft.category is not Category.CALLBACK and _has_matter(flow):
            ticket = await file_ticket(self.resources, draft, incomplete=True, promises=promises)
        else:
            what = facts.problem or (flow.said[-1] if flow.said else turn.text)
            ticket = await file_request_for_person(self.resources, turn, facts, what, flow.said)
            if outcome is Outcome.MANAGER:
                promise = manager_promise(deadlines, utc_now())
                await self.resources.tickets.change(
                    ticket["number"], {"promises": [promise.to_dict()]}, by="bot"
                )
        if outcome in (Outcome.MANAGER, Outcome.ESCALATED):
            talk.say("utter_manager_promise", minutes=spoken_minutes(deadlines.manager_reply))
        elif outcome is Outcome.NOT_UNDERSTOOD:
            talk.say("utter_not_understood_3")
        elif outcome is Outcome.NOT_IDENTIFIED:
            talk.say("utter_identity_failed")
        else:
            talk.say("utter_transferring_kept" if facts.problem else "utter_transferring")
        reason, kind = _PERSON[outcome]
        talk.hand_off(reason.value, kind, str(ticket["number"]))
        return [SlotSet("ticket_number", ticket["number"])]


def _has_matter(flow: Flow) -> bool:
    return flow.form not in (PROGRESS_FORM, MANAGER_FORM)


def _carried(facts: Facts, flow: Flow) -> dict[str, Any]:
    """Return what the next matter need not be asked again: one visit, the same doubts."""
    known = ("address", *HOME, "caller_name", "phone")
    return {
        "available_time": facts.available_time,
        "unconfirmed": [name for name in flow.unconfirmed if name in known],
    }


def _forget(facts: Facts, flow: Flow) -> Events:
    """Forget the matter; who and where stay known for the next one in this call."""
    events: Events = [SlotSet(name, None) for name in MATTER if getattr(facts, name)]
    elsewhere = facts.category in SHARED and not facts.room
    if elsewhere and (flow.home or facts.category == Category.REPAIR_PUBLIC):
        # Where a street lamp stands is not where the caller lives.
        events += [SlotSet(name, flow.home.get(name)) for name in HOME]
    return events
