"""Questions: the standard answer or a registered promise, never an invention (FAQ-041)."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction

from actions.flow.spec import COMPLAINT_FORM, REQUEST_FORM
from actions.flow.words import is_generic, is_question
from actions.matters import Matters, sort_matters
from actions.memory import MORE_HELP, Memory
from actions.session import Events, OwnAction, understood
from actions.talk import Talk
from actions.turn import FALLBACK, QUESTION_INTENTS, Turn
from actions.ways import way_of
from bot.language.reply import wants_human, wants_manager


class AnswerQuestion(OwnAction):
    """Answers from the store; what is not there is registered with a reply band (SLA-053)."""

    action_name = "action_answer_question"

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Answer, or begin to register the question."""
        memory = Memory.of(tracker)
        if wants_manager(turn.text):
            return [FollowupAction("manager_form")]
        if wants_human(turn.text):
            return [FollowupAction("action_human")]
        if "投诉" in turn.text and not is_question(turn.text):
            return [understood(memory), FollowupAction(COMPLAINT_FORM)]
        matters = await sort_matters(turn, self.resources.parser)
        if matters.later and matters.now.intent not in (*QUESTION_INTENTS, FALLBACK):
            # Something more urgent was said in the same breath; the question is kept.
            return [_instead(memory, matters), FollowupAction(way_of(matters.now))]
        main, also = matters.now.text, matters.later
        answers, category = self.resources.answers, turn.intent
        answer = await answers.find(turn.text, category)
        if answer is None and also:
            answer = await answers.find(main, category)
        if answer is not None:
            talk.say("utter_answer", answer=answer.text)
            second = await answers.find(also) if also else None
            if second is not None and second.key != answer.key:
                talk.say("utter_answer", answer=second.text)
            talk.say("utter_answer_more")
            talk.expect("yes_no")
            return [understood(memory, MORE_HELP)]
        if is_generic(main) or len(main) <= 4:
            talk.say("utter_which_question")
            return [understood(memory)]
        talk.say("utter_no_answer")
        return [understood(memory), FollowupAction(REQUEST_FORM)]


def _instead(memory: Memory, matters: Matters) -> dict[str, Any]:
    now = matters.now
    instead = {
        "message_id": now.message_id,
        "text": now.text,
        "intent": now.intent,
        "confidence": now.confidence,
        "later": matters.later,
    }
    return memory.but(misses=0, awaiting="", instead=instead).event()
