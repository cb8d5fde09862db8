"""Danger the spotter did not hear but the classifier does, on the final text."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.flow.state import Facts
from actions.matters import sort_matters
from actions.memory import EMERGENCY, Memory
from actions.misunderstandings import not_understood
from actions.session import Events, OwnAction, understood
from actions.talk import Talk
from actions.turn import Turn
from actions.waiting import waiting_event, waiting_of
from bot.language.emergency import CLASSIFIER_TRANSFER, EmergencyAction, second_opinion


class ReportEmergency(OwnAction):
    """Reports a sure one to the gateway at once, asks one closed question when unsure.

    The gateway files the emergency ticket and rings; here nothing may delay it (EMG-001).
    """

    action_name = "action_emergency"
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Report or ask; anything but a clear no to the question is reported."""
        memory = Memory.of(tracker)
        if memory.awaiting.startswith(EMERGENCY):
            asked = memory.awaiting.removeprefix(EMERGENCY)
            return self._report(asked, max(turn.confidence, CLASSIFIER_TRANSFER), talk, tracker)
        kept = await self._keep_the_rest(turn, tracker)
        opinion = second_opinion(turn.ranking)
        if opinion is None:
            return not_understood(talk, tracker)
        kind = opinion.kind.value
        if opinion.action is EmergencyAction.TRANSFER:
            return [*self._report(kind, opinion.confidence, talk, tracker), *kept]
        question = self.resources.community.phrase(f"confirm_{kind}")
        talk.say("utter_confirm_emergency", question=question)
        talk.expect("yes_no")
        return [understood(memory, EMERGENCY + kind), *kept]

    async def _keep_the_rest(self, turn: Turn, tracker: Tracker) -> Events:
        """Remember what else was said in this breath; the gateway files it once it has rung."""
        matters = await sort_matters(turn, self.resources.parser)
        if not (matters.several and matters.now.emergency_kind):
            return []
        return [waiting_event((*waiting_of(tracker), *matters.later))]

    def _report(self, kind: str, confidence: float, talk: Talk, tracker: Tracker) -> Events:
        talk.say("utter_reassure", reassure=self.resources.community.phrase(f"reassure_{kind}"))
        talk.report_emergency(kind, confidence, Facts.of(tracker).known())
        return [understood(Memory.of(tracker))]
