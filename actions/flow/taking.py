"""The working state of one turn of a form."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions.flow.state import Facts, Flow, Outcome
from actions.memory import Memory
from actions.resources import Resources
from actions.talk import Talk
from actions.turn import Turn
from actions.waiting import Waiting

CONFIRM = "confirm"
FIX = "fix"
RESIDENT = "resident"
CHECK_ADDRESS = "check_address"
DANGER = "danger"


@dataclass
class Taking:
    """Everything the steps of a turn read and change.

    Attributes:
        turn: what was said.
        facts: what is known, changed as it is learned.
        flow: the form's book-keeping, likewise.
        memory: counts that outlive the form.
        talk: what will be said.
        resources: stores and site facts.
        last_texts: the bot's previous words, to repeat.
        last_expects: what they awaited.
        opening: the turn that begins the form.
        waiting: other matters of the call, to be dealt with after this one.
        learned: names of fields filled or changed in this turn.
    """

    turn: Turn
    facts: Facts
    flow: Flow
    memory: Memory
    talk: Talk
    resources: Resources
    last_texts: list[str]
    last_expects: str
    opening: bool
    waiting: tuple[Waiting, ...] = ()
    learned: set[str] = field(default_factory=set)

    def finish(self, outcome: Outcome) -> None:
        """End the form."""
        self.flow = self.flow.but(outcome=outcome.value, asking="")

    @property
    def done(self) -> bool:
        """Whether the form has ended."""
        return bool(self.flow.outcome)

    def set(self, **values: str | None) -> None:
        """Store facts and note which of them are new or different."""
        for name, value in values.items():
            if value is not None and getattr(self.facts, name) != value:
                self.learned.add(name)
                self.facts = self.facts.but(**{name: value})

    def once(self, mark: str) -> bool:
        """Return True the first time it is asked with this mark."""
        if mark in self.flow.spoken:
            return False
        self.flow = self.flow.but(spoken=(*self.flow.spoken, mark))
        return True
