"""Not understood: ask differently, then by choice, then a person (DLG-059)."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction

from actions.filing import file_request_for_person
from actions.flow.spec import COMPLAINT_FORM, REPAIR_FORM, REQUEST_FORM
from actions.flow.state import Facts
from actions.memory import EMERGENCY, MORE_HELP, Memory
from actions.resources import Resources
from actions.session import Events, OwnAction, understood
from actions.several import first_of_several
from actions.talk import Talk
from actions.turn import QUESTION_INTENTS, REPAIR_INTENTS, REQUEST_INTENTS, Turn
from bot.language.emergency import second_opinion
from bot.language.reply import YesNo, is_backchannel, read_yes_no, wants_human, wants_manager
from zhiban.handoffs import HandoffReason
from zhiban.tickets import Category

_FAMILY_SHARE = 0.5
_COMPLAINTS = frozenset(c.value for c in Category if c.is_complaint)
_FAMILIES: tuple[tuple[frozenset[str], str], ...] = (
    (REPAIR_INTENTS, REPAIR_FORM),
    (_COMPLAINTS, COMPLAINT_FORM),
    (REQUEST_INTENTS, REQUEST_FORM),
    (QUESTION_INTENTS, "action_answer_question"),
)
HAND_OVER = "action_human"


def not_understood(talk: Talk, tracker: Tracker) -> Events:
    """Climb one step of the ladder; the third leads to a person."""
    memory = Memory.of(tracker)
    return _climb(talk, memory, f"utter_not_understood_{memory.misses + 1}")


def _climb(talk: Talk, memory: Memory, response: str) -> Events:
    misses = memory.misses + 1
    if misses >= 3:
        return [memory.but(misses=misses).event(), FollowupAction(HAND_OVER)]
    talk.say(response)
    return [memory.but(misses=misses, awaiting="").event()]


async def _understood_after_all(
    resources: Resources, turn: Turn, talk: Talk, tracker: Tracker
) -> Events:
    """Lead to one of several matters, or give a standard answer; empty if there is neither."""
    first = await first_of_several(resources, turn, talk, tracker)
    if first.events:
        return first.events
    answer = await resources.answers.find(turn.text)
    if answer is None:
        return []
    talk.say("utter_answer", answer=answer.text)
    talk.say("utter_answer_more")
    talk.expect("yes_no")
    return [understood(Memory.of(tracker), MORE_HELP)]


class NotUnderstood(OwnAction):
    """Tries what the classifier was unsure of in other ways before giving up."""

    action_name = "action_not_understood"

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Find the way by words, by an exact answer, by family; else the ladder."""
        memory = Memory.of(tracker)
        if memory.awaiting.startswith(EMERGENCY):
            # Anything but a clear no to a question about danger.
            no = read_yes_no(turn.text) is YesNo.NO
            return [FollowupAction("action_deny" if no else "action_emergency")]
        if second_opinion(turn.ranking) is not None:
            # Torn between two dangers, sure of neither: still a danger.
            return [FollowupAction("action_emergency")]
        if wants_manager(turn.text):
            return [FollowupAction("manager_form")]
        if wants_human(turn.text):
            return [FollowupAction(HAND_OVER)]
        events = await _understood_after_all(self.resources, turn, talk, tracker)
        if events:
            return events
        for intents, action in _FAMILIES:
            if turn.best_of(intents)[1] >= _FAMILY_SHARE:
                return [FollowupAction(action)]
        agreed = read_yes_no(turn.text)
        if memory.awaiting and agreed is not YesNo.UNSURE:
            return [FollowupAction("action_affirm" if agreed is YesNo.YES else "action_deny")]
        if is_backchannel(turn.text):
            talk.say("utter_how_can_i_help")
            return [understood(memory)]
        return not_understood(talk, tracker)


class OutOfScope(OwnAction):
    """Explains kindly what the hotline is for (DLG-060)."""

    action_name = "action_out_of_scope"

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Guide back; a wrong number is let go; a standard answer wins."""
        memory = Memory.of(tracker)
        events = await _understood_after_all(self.resources, turn, talk, tracker)
        if events:
            return events
        if "打错" in turn.text or "拨错" in turn.text:
            talk.say("utter_wrong_number")
            talk.end_call()
            return [understood(memory)]
        return _climb(talk, memory, "utter_out_of_scope")


class Human(OwnAction):
    """Hands over at once; a ticket stands behind it before anything rings."""

    action_name = "action_human"

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """File the call-back ticket and ask the gateway for a person."""
        memory = Memory.of(tracker)
        lost = memory.misses >= 3
        said = tuple(
            str(event.get("text") or "")
            for event in tracker.events
            if event.get("event") == "user" and event.get("text")
        )[-10:]
        what = "多次没有听懂业主的话，请人工接听" if lost else "业主要求人工服务"
        ticket = await file_request_for_person(self.resources, turn, Facts.of(tracker), what, said)
        talk.say("utter_not_understood_3" if lost else "utter_transferring")
        reason = HandoffReason.NOT_UNDERSTOOD if lost else HandoffReason.CALLER_ASKED
        talk.hand_off(reason.value, "human", str(ticket["number"]))
        return [understood(memory)]
