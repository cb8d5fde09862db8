"""Greeting, thanks, goodbye, bare yes and no, repeats, stray information."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction

from actions.flow.learn import learn
from actions.flow.state import HOME, Facts, Flow
from actions.flow.taking import Taking
from actions.flow.words import wants_to_leave
from actions.memory import EMERGENCY, MORE_HELP, NEW_MATTER, Memory
from actions.misunderstandings import not_understood
from actions.next_matter import take_up_next
from actions.session import Events, OwnAction, understood
from actions.several import first_of_several
from actions.talk import Talk, last_words
from actions.turn import Turn
from actions.waiting import waiting_of


class _SmallTalk(OwnAction):
    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Answer, unless a matter was brought up in the same breath (谢谢，对了我家灯坏了)."""
        first = await first_of_several(self.resources, turn, talk, tracker)
        return first.events or await self.answer(turn, talk, tracker)

    async def answer(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Answer small talk; returns Rasa events."""
        raise NotImplementedError


class Greet(_SmallTalk):
    """Answers a greeting; the call's own greeting is spoken by the gateway."""

    action_name = "action_greet"

    async def answer(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Ask what it is about."""
        talk.say("utter_how_can_i_help")
        return [understood(Memory.of(tracker))]


class Thank(_SmallTalk):
    """Answers thanks."""

    action_name = "action_thank"

    async def answer(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Ask whether there is more; thanks after that question mean goodbye."""
        memory = Memory.of(tracker)
        if memory.awaiting == MORE_HELP:
            talk.say("utter_farewell")
            talk.end_call()
            return [understood(memory)]
        talk.say("utter_welcome")
        talk.expect("yes_no")
        return [understood(memory, MORE_HELP)]


class Goodbye(_SmallTalk):
    """Says goodbye, after asking once whether there is more (SCR-036)."""

    action_name = "action_goodbye"

    async def answer(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """End the call on a plain goodbye, or when that was asked already."""
        memory = Memory.of(tracker)
        if memory.awaiting in (MORE_HELP, NEW_MATTER) or wants_to_leave(turn.text):
            talk.say("utter_farewell")
            talk.end_call()
            return [understood(memory)]
        talk.say("utter_anything_else")
        talk.expect("yes_no")
        return [understood(memory, MORE_HELP)]


class Affirm(_SmallTalk):
    """A bare yes: depends on what was asked last."""

    action_name = "action_affirm"

    async def answer(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Go where the open question leads."""
        memory = Memory.of(tracker)
        if memory.awaiting.startswith(EMERGENCY):
            return [FollowupAction("action_emergency")]
        if memory.awaiting in (MORE_HELP, NEW_MATTER):
            talk.say("utter_please_say_it")
        else:
            talk.say("utter_how_can_i_help")
        return [understood(memory)]


class Deny(_SmallTalk):
    """A bare no: depends on what was asked last."""

    action_name = "action_deny"

    async def answer(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """End the call after 还有其他…吗, otherwise ask what it is about."""
        memory, waiting = Memory.of(tracker), waiting_of(tracker)
        if memory.awaiting in (MORE_HELP, NEW_MATTER):
            talk.say("utter_farewell")
            talk.end_call()
        elif waiting:
            # No danger after all, and something else was said with it.
            return await take_up_next(self.resources, turn, talk, memory, waiting)
        else:
            talk.say("utter_how_can_i_help")
        return [understood(memory)]


class Repeat(OwnAction):
    """Says the last words again."""

    action_name = "action_repeat"

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Repeat them, and await the same kind of answer."""
        texts, expects = last_words(tracker)
        if texts:
            talk.repeat(texts)
            talk.expect(expects)
        else:
            talk.say("utter_nothing_to_repeat")
        return []


class TakeInformation(_SmallTalk):
    """Remembers a name or an address that nobody asked for, and asks what it is about."""

    action_name = "action_take_information"

    async def answer(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Keep what is readable; otherwise it was not understood."""
        before = Facts.of(tracker)
        texts, expects = last_words(tracker)
        taking = Taking(
            turn=turn,
            facts=before,
            flow=Flow(""),
            memory=Memory.of(tracker),
            talk=talk,
            resources=self.resources,
            last_texts=texts,
            last_expects=expects,
            opening=True,
        )
        learn(taking, turn.text)
        kept = {*HOME, "caller_name", "phone"}
        if not taking.learned & kept:
            return not_understood(talk, tracker)
        told = {name: getattr(taking.facts, name) for name in kept}
        talk.say("utter_how_can_i_help")
        return [*before.but(**told).events(before), understood(taking.memory)]
