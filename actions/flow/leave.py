"""Turns that step out of a form: a person, a repeat, danger, taking it back, hanging up."""

from __future__ import annotations

from actions.flow.state import Facts, Field, Outcome
from actions.flow.taking import DANGER, Taking
from actions.flow.words import smells_burnt, threatens, wants_to_cancel, wants_to_leave
from bot.language.emergency import SHORT_ANSWER, EmergencyAction, second_opinion
from bot.language.pinyin import sounds_of
from bot.language.reply import (
    YesNo,
    read_yes_no,
    wants_human,
    wants_manager,
    wants_repeat,
)
from bot.language.severity import read_severity
from zhiban.tickets import Category

_SURE = 0.6


def steps_out(taking: Taking) -> bool:
    """Handle a turn that is no answer; return whether the turn is over."""
    turn, talk = taking.turn, taking.talk
    if _answers_danger(taking) or _danger(taking):
        return taking.done or taking.flow.asking == DANGER
    if wants_repeat(turn.text) or turn.sure(_SURE) == "repeat_please":
        talk.repeat(taking.last_texts)
        talk.expect(taking.last_expects)
        return True
    if wants_manager(turn.text) or turn.sure(_SURE) == "manager_request":
        return _manager(taking)
    if wants_human(turn.text) or turn.sure(_SURE) == "human_request":
        taking.finish(Outcome.HUMAN)
        return True
    if wants_to_leave(turn.text):
        taking.finish(Outcome.LEFT)
        return True
    if wants_to_cancel(turn.text):
        taking.finish(Outcome.CANCELLED)
        return True
    if not taking.flow.crisis and threatens(turn.text) and _is_complaint(taking.facts):
        taking.flow = taking.flow.but(crisis=True)
        taking.talk.say("utter_sorry_upset")
    return False


def _is_complaint(facts: Facts) -> bool:
    return (facts.category or "").startswith("complaint_")


def _manager(taking: Taking) -> bool:
    """Ask once to go on, hand over at the second insistence (DLG-024, DLG-028)."""
    asks = taking.memory.manager_asks + 1
    taking.memory = taking.memory.but(manager_asks=asks)
    if asks >= 2:
        taking.finish(Outcome.MANAGER)
        return True
    taking.talk.say("utter_manager_empathy_known")
    taking.talk.repeat(taking.last_texts[-1:])
    taking.talk.expect(taking.last_expects)
    return True


def _danger(taking: Taking) -> bool:
    """Act on danger the classifier sees in the final text, ask when it is not sure."""
    opinion = second_opinion(taking.turn.ranking)
    if opinion is None or taking.opening:
        return False
    kind = opinion.kind.value
    asks_how_bad = taking.flow.asking == Field.SEVERITY
    asks_who_is_inside = asks_how_bad and taking.facts.category == Category.LIFT_FAULT
    if asks_who_is_inside and kind != "elevator_trapped":
        # 有人在里面 answers the question; it is no intruder.
        return False
    # 有焦味 and 里面有人 say all that was asked; of a leak a few syllables say too little.
    asks_for_danger = asks_how_bad and taking.facts.category != Category.LEAK
    sure = asks_for_danger or not _is_short(taking.turn.text)
    if opinion.action is EmergencyAction.TRANSFER and sure:
        taking.flow = taking.flow.but(danger=kind)
        taking.finish(Outcome.EMERGENCY)
        return True
    if kind in taking.flow.spoken or _tells_how_bad(taking):
        return False
    taking.once(kind)
    taking.flow = taking.flow.but(asking=DANGER, danger=kind)
    question = taking.resources.community.phrase(f"confirm_{kind}")
    taking.talk.say("utter_confirm_emergency", question=question)
    taking.talk.expect("yes_no")
    return True


def _is_short(text: str) -> bool:
    """Whether it is a few syllables of answer, of which the classifier cannot be that sure."""
    return len(sounds_of(text)) <= SHORT_ANSWER


def _tells_how_bad(taking: Taking) -> bool:
    """Whether the fault itself has become dangerous: no question, it is put through."""
    if taking.facts.category == Category.POWER_FAULT:
        return smells_burnt(taking.turn.text)
    reading = read_severity(taking.turn.text)
    return taking.facts.category == Category.LEAK and reading is not None and reading.escalates


def _answers_danger(taking: Taking) -> bool:
    """Transfer on anything but a clear no."""
    if taking.flow.asking != DANGER:
        return False
    if read_yes_no(taking.turn.text) is YesNo.NO:
        taking.flow = taking.flow.but(asking="", danger="")
        return False
    taking.finish(Outcome.EMERGENCY)
    return True
