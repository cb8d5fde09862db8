"""What happens when a form has ended, by outcome."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet

from actions.filing import draft_of, file_request_for_person, file_ticket
from actions.flow.spec import MANAGER_FORM, PROGRESS_FORM
from actions.flow.spoken import spoken_minutes
from actions.flow.state import MATTER, Facts, Flow, Outcome
from actions.memory import MORE_HELP, NEW_MATTER, Memory
from actions.progress import NO_TICKET
from actions.promises import call_back_promise, manager_promise
from actions.session import Events, OwnAction
from actions.talk import Talk
from actions.turn import Turn
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


class Finish(OwnAction):
    """Files the ticket first, then promises, hands over or says goodbye."""

    action_name = "action_finish"
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Act on the form's outcome."""
        flow, facts, memory = Flow.ended(tracker), Facts.of(tracker), Memory.of(tracker)
        outcome = Outcome(flow.outcome)
        events: Events = []
        if outcome is Outcome.COMPLETE:
            events += await self._complete(turn, talk, facts, flow)
            memory = memory.but(awaiting=MORE_HELP)
        elif outcome is Outcome.IDENTIFIED:
            memory = memory.but(awaiting=NEW_MATTER if NO_TICKET in flow.spoken else MORE_HELP)
        elif outcome is Outcome.MATTER:
            events.append(FollowupAction(way_of(turn)))
        elif outcome is Outcome.EMERGENCY:
            talk.say(
                "utter_reassure",
                reassure=self.resources.community.phrase(f"reassure_{flow.danger}"),
            )
            talk.report_emergency(flow.danger, turn.confidence, facts.known())
        elif outcome is Outcome.CANCELLED:
            talk.say("utter_cancelled")
            talk.expect("yes_no")
            memory = memory.but(awaiting=MORE_HELP)
        elif outcome is Outcome.LEFT:
            events += await self._left(turn, talk, facts, flow)
        else:
            events += await self._to_person(turn, talk, facts, flow, outcome)
        return [*events, memory.event(), *_forget(facts)]

    async def _complete(self, turn: Turn, talk: Talk, facts: Facts, flow: Flow) -> Events:
        draft, promised = draft_of(self.resources, turn, facts, flow)
        ticket = await file_ticket(self.resources, draft, incomplete=bool(draft.missing()))
        number = str(ticket["number"])
        talk.say("utter_filed", number=say_ticket(number), display=number)
        talk.say(promised.response, **promised.blanks)
        if draft.category.is_repair or draft.category.is_complaint:
            talk.say("utter_can_ask_progress")
        await self._answer_also(talk, flow)
        talk.say("utter_anything_else")
        talk.expect("yes_no")
        return [SlotSet("ticket_number", number)]

    async def _answer_also(self, talk: Talk, flow: Flow) -> None:
        """Answer what was asked in passing, if there is an answer; the ticket keeps the rest."""
        for words in flow.also:
            answer = await self.resources.answers.find(words)
            if answer is not None:
                talk.say("utter_second_answer", question=words, answer=answer.text)

    async def _left(self, turn: Turn, talk: Talk, facts: Facts, flow: Flow) -> Events:
        """Keep what was said before the caller hangs up, and say goodbye."""
        events: Events = []
        if facts.problem and flow.form not in (PROGRESS_FORM, MANAGER_FORM):
            draft, _ = draft_of(self.resources, turn, facts, flow)
            promise = call_back_promise(self.resources.community.deadlines, utc_now())
            ticket = await file_ticket(self.resources, draft, incomplete=True, promises=(promise,))
            talk.say("utter_kept_unfinished")
            events = [SlotSet("ticket_number", ticket["number"])]
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


def _forget(facts: Facts) -> Events:
    """Forget the matter; who and where stay known for the next one in this call."""
    return [SlotSet(name, None) for name in MATTER if getattr(facts, name)]
