"""Base of our actions, and the start of a conversation."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, FollowupAction, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.flow.state import Facts
from actions.memory import EMERGENCY, Memory
from actions.next_matter import file_waiting
from actions.resources import Resources
from actions.talk import Talk
from actions.turn import Turn
from actions.waiting import left_waiting, waiting_event, waiting_of
from bot.language.reply import YesNo, read_yes_no

Events = list[dict[str, Any]]


class OwnAction(Action):
    """An action with the process's resources.

    Subclasses set :attr:`action_name` and write :meth:`act`.

    Args:
        resources: stores and site facts.
    """

    action_name = ""
    ends_turn = True
    """Whether the caller speaks next; False inside Rasa's form loop and at the session's start."""
    guarded = True
    """Whether the answer to an open question about danger goes to action_emergency instead."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def name(self) -> str:
        """Return the name in the domain."""
        return self.action_name

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Run the action and deliver what it said."""
        talk, turn = Talk(), Turn.from_tracker(tracker)
        if self.guarded and confirms_danger(Memory.of(tracker), turn):
            return [FollowupAction("action_emergency")]
        events = await self.act(turn, talk, tracker)
        if talk.lets_go:
            events = [*events, *await self._file_what_waits(turn, tracker, events)]
        talk.deliver(dispatcher)
        if self.ends_turn and not any(event.get("event") == "followup" for event in events):
            # Reached by a follow-up there is no rule that says what comes next.
            events = [*events, FollowupAction("action_listen")]
        return events

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Do the work; returns Rasa events."""
        raise NotImplementedError

    async def _file_what_waits(self, turn: Turn, tracker: Tracker, events: Events) -> Events:
        """Ticket what the caller mentioned before they are put through or hang up."""
        waiting = left_waiting(events, waiting_of(tracker))
        if not waiting:
            return []
        await file_waiting(self.resources, turn, Facts.of(tracker), waiting)
        return [waiting_event(())]


class SessionStart(OwnAction):
    """Puts who is calling into slots; the greeting is the gateway's."""

    action_name = "action_session_start"
    ends_turn = False
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Start the session; slots of an injected emergency survive."""
        metadata = tracker.slots.get("session_started_metadata") or {}
        events: Events = [SessionStarted()]
        # The start empties all slots; an emergency injected before it must stay known.
        events += [SlotSet(name, value) for name, value in tracker.slots.items() if value]
        if metadata.get("caller"):
            events.append(SlotSet("caller", metadata["caller"]))
        if metadata.get("resident"):
            events.append(SlotSet("resident", metadata["resident"]))
        return [*events, ActionExecuted("action_listen")]


def understood(memory: Memory, awaiting: str = "") -> dict[str, Any]:
    """Return the event after a turn that was understood."""
    return memory.but(misses=0, awaiting=awaiting).event()


def confirms_danger(memory: Memory, turn: Turn) -> bool:
    """Return whether a question about danger is open and this is anything but a clear no."""
    return memory.awaiting.startswith(EMERGENCY) and read_yes_no(turn.text) is not YesNo.NO
