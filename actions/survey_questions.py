"""Where a survey stands, and how each of its questions is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.talk import Talk
from zhiban.tickets.satisfaction import Grade, Survey

SLOT = "survey"


class Step(StrEnum):
    """What the survey asks."""

    CONSENT = "consent"
    SOLVED = "solved"
    GRADE = "grade"
    REASON = "reason"


@dataclass(frozen=True)
class Asking:
    """Where the survey stands (slot ``survey``).

    Attributes:
        ticket: number of the ticket it is about.
        by: agent who wanted it.
        at: when it began, UTC ISO 8601.
        called: whether the bot has called the owner, and has to say what about.
        keys: whether the owner's telephone has keys.
        step: what is asked now.
        tries: how often that was asked.
        solved: the first answer.
        grade: the second.
    """

    ticket: str
    by: str = ""
    at: str = ""
    called: bool = False
    keys: bool = True
    step: str = ""
    tries: int = 0
    solved: bool | None = None
    grade: str = ""

    @classmethod
    def of(cls, tracker: Tracker) -> Asking:
        """Read the slot."""
        stored: Mapping[str, Any] = tracker.slots.get(SLOT) or {}
        known = {field.name for field in fields(cls)}
        return cls(**{"ticket": "", **{k: v for k, v in stored.items() if k in known}})

    @property
    def unsatisfied(self) -> bool:
        """Whether the ticket is to be taken up again."""
        return self.solved is False or self.grade == Grade.DISSATISFIED

    def begun(self, call_id: str) -> Survey:
        """Return the survey as it began."""
        return Survey(call_id, self.by, self.at)

    def event(self) -> dict[str, Any]:
        """Return the event that stores it."""
        stored: dict[str, Any] = SlotSet(SLOT, asdict(self))
        return stored


_EXPECTS = {
    Step.CONSENT: "yes_no",
    Step.SOLVED: "solved",
    Step.GRADE: "grade",
    Step.REASON: "open",
}
_QUESTIONS = {
    Step.CONSENT: ("utter_survey_consent_again",),
    Step.SOLVED: ("utter_survey_solved",),
    Step.GRADE: ("utter_survey_grade", "utter_survey_grade_keys"),
    Step.REASON: ("utter_survey_reason",),
}
"""How each is asked, and how of who has keys."""
_AGAIN = {
    Step.CONSENT: ("utter_survey_consent_again",),
    Step.SOLVED: ("utter_survey_solved_again", "utter_survey_solved_again_keys"),
    Step.GRADE: ("utter_survey_grade_again", "utter_survey_grade_again_keys"),
    Step.REASON: ("utter_survey_reason_again",),
}


def ask(talk: Talk, asking: Asking, step: Step) -> Asking:
    """Ask a question; asking the same again for who has not heard it counts as no try."""
    asked = asking if asking.step == step else replace(asking, step=step.value, tries=1)
    _say(talk, asked, _QUESTIONS)
    return asked


def ask_again(talk: Talk, asking: Asking) -> Asking:
    """Ask the same in other words, once more."""
    again = replace(asking, tries=asking.tries + 1)
    _say(talk, again, _AGAIN)
    return again


def _say(talk: Talk, asking: Asking, words: Mapping[Step, tuple[str, ...]]) -> None:
    step = Step(asking.step)
    talk.say(words[step][-1 if asking.keys else 0])
    talk.expect(_EXPECTS[step])
