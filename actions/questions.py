"""Questions: the standard answer or a registered promise, never an invention (FAQ-041)."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction

from actions.flow.spec import COMPLAINT_FORM, REQUEST_FORM
from actions.flow.words import is_generic, is_question
from actions.matters import instead_of
from actions.memory import Memory
from actions.next_matter import take_up_next
from actions.session import Events, OwnAction, understood
from actions.several import first_of_several
from actions.talk import Talk
from actions.turn import Turn
from actions.waiting import waiting_event
from bot.language.reply import wants_human, wants_manager


class AnswerQuestion(OwnAction):
    """Answers from the store; what is not there is registered with a reply band (SLA-053)."""

    action_name = "action_answer_question"

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Answer, or begin to register the question; then go on with what else was said."""
        memory = Memory.of(tracker)
        if wants_manager(turn.text):
            return [FollowupAction("manager_form")]
        if wants_human(turn.text):
            return [FollowupAction("action_human")]
        if "投诉" in turn.text and not is_question(turn.text):
            return [understood(memory), FollowupAction(COMPLAINT_FORM)]
        first = await first_of_several(self.resources, turn, talk, tracker, here=self.action_name)
        if first.events:
            return first.events
        now, answers = first.now, self.resources.answers
        answer = await answers.find(now.text, now.intent)
        if answer is None and now is not turn:
            answer = await answers.find(turn.text, turn.intent)
        if answer is not None:
            talk.say("utter_answer", answer=answer.text)
            return await take_up_next(
                self.resources, turn, talk, memory, first.waiting, given=(answer.key,)
            )
        if is_generic(now.text) or len(now.text) <= 4:
            talk.say("utter_which_question")
            return [understood(memory), waiting_event(first.waiting)]
        talk.say("utter_no_answer")
        return [
            memory.but(misses=0, awaiting="", instead=instead_of(now)).event(),
            waiting_event(first.waiting),
            FollowupAction(REQUEST_FORM),
        ]
