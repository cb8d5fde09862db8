"""The survey after a matter is done: is it solved, how satisfied, and why not (DLG-085…087)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, ActiveLoop, FollowupAction, SlotSet

from actions.flow.leave import steps_out
from actions.flow.spoken import category_words
from actions.flow.state import Outcome
from actions.flow.taking import DANGER, Taking
from actions.forms import FORM_DONE, REQUESTED_SLOT, form_events, taking_of
from actions.memory import Memory
from actions.promises import band_due
from actions.resources import Resources
from actions.session import Events, OwnAction
from actions.survey_questions import Asking, Step, ask, ask_again
from actions.survey_words import (
    names_grade,
    read_consent,
    read_grade,
    read_reason,
    read_solved,
    tells_solved,
)
from actions.talk import Talk
from actions.turn import (
    PROGRESS_INTENT,
    QUESTION_INTENTS,
    REPAIR_INTENTS,
    REQUEST_INTENTS,
    Turn,
)
from actions.ways import way_of
from bot.language.emergency import second_opinion
from bot.language.reply import wants_human, wants_repeat
from bot.language.speak import say_ticket, say_time, speakable
from zhiban.calls.surveys import FOLLOW_UP, FORM, START, Answer, end_survey, note_answer
from zhiban.clock import CHINA, iso_ms, local_now, utc_now
from zhiban.handoffs import HandoffReason
from zhiban.tickets import Promise
from zhiban.tickets.satisfaction import Grade, SurveyOutcome

_MATTERS = REPAIR_INTENTS | REQUEST_INTENTS | QUESTION_INTENTS | {PROGRESS_INTENT}
_SURE = 0.6
_TRIES = 2
_LONGEST_REASON = 500


class StartSurvey(OwnAction):
    """Begins a survey the gateway wants; the form then reads the answers."""

    action_name = START
    ends_turn = False
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Say what it is about and ask the first question."""
        asking = Asking.of(tracker)
        asking = replace(asking, at=asking.at or iso_ms(utc_now()))
        if asking.called:
            await self._introduce(talk, asking)
            asking = replace(asking, step=Step.CONSENT.value, tries=1)
            talk.expect("yes_no")
        else:
            talk.say("utter_survey_opening")
            asking = ask(talk, asking, Step.SOLVED)
        return [
            asking.event(),
            Memory.of(tracker).but(misses=0, awaiting="").event(),
            ActiveLoop(FORM),
            SlotSet(REQUESTED_SLOT, FORM_DONE),
            ActionExecuted("action_listen"),
        ]

    async def _introduce(self, talk: Talk, asking: Asking) -> None:
        ticket = await self.resources.tickets.get(asking.ticket)
        filed = datetime.fromisoformat(str(ticket["created_at"])).astimezone(CHINA)
        talk.say(
            "utter_survey_calling",
            company=self.resources.community.company,
            when=say_time(filed, today=local_now().date()),
            what=category_words(ticket["category"]),
            number=say_ticket(asking.ticket),
            display=asking.ticket,
        )


class ValidateSurveyForm(OwnAction):
    """Reads one answer after the other; an unclear one is asked for once more, never guessed."""

    action_name = f"validate_{FORM}"
    ends_turn = False
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Run one turn."""
        taking = taking_of(self.resources, turn, talk, tracker, FORM)
        before = taking.facts
        held = _Held(self.resources, taking, Asking.of(tracker))
        await held.take()
        return [*form_events(taking, before), held.asking.event(), *held.following]


class _Held:
    """One turn of a survey."""

    def __init__(self, resources: Resources, taking: Taking, asking: Asking) -> None:
        self._resources = resources
        self._taking = taking
        self.asking = asking
        self.following: Events = []

    async def take(self) -> None:
        """Deal with the owner's words."""
        taking, turn = self._taking, self._taking.turn
        asked_danger = taking.flow.asking == DANGER
        if asked_danger or second_opinion(turn.ranking) is not None:
            if steps_out(taking):
                await self._stepped_out()
                return
            if asked_danger:
                # A clear no to the danger answers nothing else.
                self._ask(self.asking.step)
                return
        if wants_repeat(turn.text):
            self._ask(self.asking.step)
        elif await self._answered(turn.text):
            await self._go_on()
        elif steps_out(taking):
            await self._stepped_out()
        elif not turn.keyed and turn.sure(_SURE) in _MATTERS and self.asking.step != Step.REASON:
            await self._end(SurveyOutcome.ELSEWHERE)
            self.following = [FollowupAction(way_of(turn))]
        elif self.asking.tries < _TRIES:
            self._ask_again()
        else:
            await self._give_up()

    async def _answered(self, text: str) -> bool:
        """Take what the words answer; False when they do not answer what was asked."""
        asking = self.asking
        match asking.step:
            case Step.CONSENT:
                return await self._agreed(text)
            case Step.SOLVED:
                solved, grade = read_solved(text), names_grade(text)
            case Step.GRADE:
                solved, grade = asking.solved, read_grade(text)
                if grade is None:
                    return False
            case _:
                return await self._told_reason(text)
        if solved is None and grade is None:
            return False
        await self._note(solved=solved, grade=grade)
        return solved is not None or self.asking.unsatisfied

    async def _agreed(self, text: str) -> bool:
        told, named = tells_solved(text), names_grade(text)
        if told is not None or named is not None:
            await self._note(solved=told, grade=named)
            return True
        agreed = read_consent(text)
        if agreed is False:
            await self._end(SurveyOutcome.DECLINED)
            self._goodbye("utter_survey_ended")
        return agreed is not None

    async def _told_reason(self, text: str) -> bool:
        if self._taking.turn.keyed:
            return False
        if wants_human(text):
            return False  # a person is wanted rather than an explanation given
        reason = read_reason(text)[:_LONGEST_REASON]
        if reason:
            await self._store(lambda survey: replace(survey, reason=reason))
        await self._end(SurveyOutcome.ANSWERED)
        self._promise()
        return True

    async def _note(self, *, solved: bool | None, grade: Grade | None) -> None:
        """Keep an answer on the ticket before anything is said about it."""
        known = self.asking
        self.asking = replace(
            known,
            solved=known.solved if solved is None else solved,
            grade=grade.value if grade else known.grade,
        )
        now = self.asking
        await self._store(lambda survey: replace(survey, solved=now.solved, grade=now.grade))

    async def _store(self, answer: Answer) -> None:
        band = self._resources.community.deadlines.unsatisfied_band
        promise = Promise(f"{FOLLOW_UP}：{band}内联系", iso_ms(band_due(band, utc_now())))
        begun = self.asking.begun(self._taking.turn.call_id)
        await note_answer(self._resources, self.asking.ticket, begun, answer, promise)

    async def _go_on(self) -> None:
        """Ask what is still to be known, or end it."""
        asking, talk = self.asking, self._taking.talk
        if self._taking.done:
            return
        if asking.solved is None and not asking.unsatisfied:
            self._ask(Step.SOLVED)
        elif not asking.grade:
            if asking.solved is False:
                talk.say("utter_survey_sorry")
            self._ask(Step.GRADE)
        elif asking.unsatisfied:
            self._ask(Step.REASON)
        else:
            await self._end(SurveyOutcome.ANSWERED)
            self._goodbye("utter_survey_thanks")

    async def _give_up(self) -> None:
        """Twice unclear: thank and end without a grade; who has no solution yet is promised one."""
        if self.asking.unsatisfied and self.asking.step != Step.REASON:
            self._ask(Step.REASON)
            return
        await self._end(SurveyOutcome.ANSWERED if self.asking.grade else SurveyOutcome.UNCLEAR)
        if self.asking.unsatisfied:
            self._promise()
        else:
            self._goodbye("utter_survey_ended")

    async def _stepped_out(self) -> None:
        """The words were no answer: danger, a person, goodbye; or only a question about danger."""
        taking, talk = self._taking, self._taking.talk
        outcome = taking.flow.outcome
        if not outcome:
            return
        if outcome in (Outcome.LEFT, Outcome.CANCELLED):
            if self.asking.unsatisfied:
                await self._end(SurveyOutcome.ANSWERED)
                self._promise()
            else:
                await self._end(SurveyOutcome.DECLINED)
                self._goodbye("utter_survey_ended")
            return
        await self._end(SurveyOutcome.ELSEWHERE)
        if outcome == Outcome.EMERGENCY:
            danger = taking.flow.danger
            reassure = self._resources.community.phrase(f"reassure_{danger}")
            talk.say("utter_reassure", reassure=reassure)
            talk.report_emergency(danger, taking.turn.confidence, taking.facts.known())
        else:
            manager = outcome == Outcome.MANAGER
            reason = HandoffReason.MANAGER_ASKED if manager else HandoffReason.CALLER_ASKED
            talk.say("utter_transferring")
            talk.hand_off(reason.value, "manager" if manager else "human", self.asking.ticket)

    async def _end(self, outcome: SurveyOutcome) -> None:
        begun = self.asking.begun(self._taking.turn.call_id)
        await end_survey(self._resources, self.asking.ticket, begun, outcome)
        if not self._taking.done:
            self._taking.finish(Outcome.COMPLETE)
        # No rule says what comes after this form.
        self.following = [FollowupAction("action_listen")]

    def _promise(self) -> None:
        band = speakable(self._resources.community.deadlines.unsatisfied_band)
        self._taking.talk.say("utter_survey_follow_up", band=band)
        self._taking.talk.end_call()

    def _goodbye(self, response: str) -> None:
        self._taking.talk.say(response)
        self._taking.talk.end_call()

    def _ask(self, step: str) -> None:
        self.asking = ask(self._taking.talk, self.asking, Step(step))

    def _ask_again(self) -> None:
        self.asking = ask_again(self._taking.talk, self.asking)
