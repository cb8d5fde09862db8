"""The caller wants the manager: feel with them, ask once, then hand over (DLG-023…028)."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.flow.leave import steps_out
from actions.flow.spec import MANAGER_FORM
from actions.flow.state import Outcome
from actions.flow.taking import Taking
from actions.flow.words import describe
from actions.forms import form_events, taking_of
from actions.session import Events, OwnAction
from actions.talk import Talk
from actions.turn import QUESTION_INTENTS, Turn
from bot.language.reply import YesNo, read_yes_no

_ENOUGH_TO_GO_ON = 4
_REFUSES = ("不", "别", "就要", "只要", "必须", "一定要", "经理", "领导", "主管")


class ValidateManagerForm(OwnAction):
    """Asks what the matter is, once."""

    action_name = "validate_manager_form"
    ends_turn = False
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Run one turn."""
        taking = taking_of(self.resources, turn, talk, tracker, MANAGER_FORM)
        before = taking.facts
        self._take(taking)
        return form_events(taking, before)

    def _take(self, taking: Taking) -> None:
        text = taking.turn.text
        taking.flow = taking.flow.but(said=(*taking.flow.said, text))
        if taking.opening:
            asks = taking.memory.manager_asks + 1
            taking.memory = taking.memory.but(manager_asks=asks)
            if asks >= 2:
                taking.finish(Outcome.MANAGER)
                return
            taking.talk.say("utter_manager_empathy")
            taking.talk.expect("problem")
            taking.flow = taking.flow.asked("matter")
            return
        if steps_out(taking):
            return
        told = describe(text)
        understood = taking.turn.sure() in QUESTION_INTENTS or len(told) >= _ENOUGH_TO_GO_ON
        refuses = read_yes_no(text) is YesNo.NO or text.startswith(_REFUSES)
        if understood and not (refuses and len(told) <= 2 * _ENOUGH_TO_GO_ON):
            taking.finish(Outcome.MATTER)
        else:
            # They will not say what it is: no more questions.
            taking.finish(Outcome.MANAGER)
