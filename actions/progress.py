"""Where a ticket stands, told only to the person it belongs to (DLG-036, DLG-056)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk import Tracker

from actions.flow.apart import first_comes
from actions.flow.ask import ask_next
from actions.flow.keys import wrong_keys
from actions.flow.learn import learn
from actions.flow.leave import steps_out
from actions.flow.spec import PROGRESS_FORM
from actions.flow.spoken import category_words, spoken_minutes
from actions.flow.state import HOME, Field, Outcome
from actions.flow.taking import Taking
from actions.forms import form_events, taking_of
from actions.residents import Claim, Residents, Verified
from actions.session import Events, OwnAction
from actions.talk import Talk
from actions.turn import Turn
from bot.language.numbers import say_number
from bot.language.speak import say_time
from bot.language.ticket_number import read_ticket_number
from zhiban.clock import CHINA, iso_ms, local_now, utc_now
from zhiban.tickets import Promise, Status

NO_TICKET = "no_ticket"
_WANTED = "wanted:"
_FAILURES = 2
_STATES = {
    Status.INCOMPLETE: "已经登记，同事会给您回电话补全信息",
    Status.OPEN: "已经登记，正在安排人员",
    Status.DISPATCHED: "已经派单，师傅上门前会先给您打电话",
    Status.IN_PROGRESS: "正在处理",
    Status.REOPENED: "正在重新处理",
}


class ValidateProgressForm(OwnAction):
    """Checks who is calling, then tells the newest ticket's state."""

    action_name = "validate_progress_form"
    ends_turn = False
    guarded = False

    async def act(self, turn: Turn, talk: Talk, tracker: Tracker) -> Events:
        """Run one turn."""
        taking = taking_of(self.resources, turn, talk, tracker, PROGRESS_FORM)
        before = taking.facts
        await self._take(taking)
        return form_events(taking, before)

    async def _take(self, taking: Taking) -> None:
        text = taking.turn.text
        taking.flow = taking.flow.but(said=(*taking.flow.said, text))
        if taking.opening:
            if not await first_comes(taking):
                taking.finish(Outcome.MATTER)
                return
            text = taking.turn.text
            taking.facts = taking.facts.but(category=None, problem=None)
            if taking.memory.home_offered:
                taking.facts = taking.facts.but(**dict.fromkeys((*HOME, "caller_name")))
            taking.talk.say("utter_identity_needed")
            if taking.turn.caller:
                # Calling from the number counts as knowing it.
                taking.facts = taking.facts.but(phone=taking.turn.caller)
        elif not taking.turn.keyed and steps_out(taking):
            return
        wanted = read_ticket_number(text, now=local_now())
        if wanted is not None and wanted.number:
            taking.flow = taking.flow.but(spoken=(*taking.flow.spoken, _WANTED + wanted.number))
        learn(taking, text)
        taking.facts = taking.facts.but(place=None, problem=None, since=None)
        taking.flow = taking.flow.but(unconfirmed=(), danger="")
        if await self._identify(taking):
            return
        if not taking.opening and not taking.learned:
            if taking.turn.keyed and wrong_keys(taking):
                return
            misses = taking.flow.misses + 1
            taking.flow = taking.flow.but(misses=misses)
            if misses > 2:
                taking.finish(Outcome.NOT_IDENTIFIED)
                return
        taking.flow = taking.flow.but(resident_says_no=True)
        ask_next(taking)

    async def _identify(self, taking: Taking) -> bool:
        """Verify once everything was told; return whether the turn is over."""
        facts = taking.facts
        units = taking.resources.roster.buildings.get(facts.building or "", {})
        unit_wanted = len([name for name in units if name]) > 1 and not facts.unit
        if not (facts.building and facts.room and facts.caller_name and facts.phone):
            return False
        if unit_wanted:
            return False
        claim = Claim(facts.building, facts.unit or "", facts.room, facts.caller_name, facts.phone)
        residents = Residents(taking.resources.engine)
        verified = await residents.verify(claim)
        if verified is not Verified.NO:
            taking.memory = taking.memory.but(home_offered=False)
            await self._report(taking, await residents.open_tickets(claim, verified))
            taking.finish(Outcome.IDENTIFIED)
            return True
        failures = taking.memory.identity_failures + 1
        taking.memory = taking.memory.but(identity_failures=failures)
        if failures >= _FAILURES:
            taking.finish(Outcome.NOT_IDENTIFIED)
            return True
        taking.facts = facts.but(**dict.fromkeys((*HOME, "caller_name")))
        if facts.phone != taking.turn.caller:
            taking.facts = taking.facts.but(phone=None)
        taking.flow = taking.flow.but(asking=Field.ADDRESS, resident_says_no=True)
        taking.talk.say("utter_identity_again")
        taking.talk.expect("address")
        return True

    async def _report(self, taking: Taking, tickets: list[Mapping[str, Any]]) -> None:
        talk = taking.talk
        if not tickets:
            talk.say("utter_progress_none")
            talk.expect("yes_no")
            taking.once(NO_TICKET)
            return
        wanted = [mark.removeprefix(_WANTED) for mark in taking.flow.spoken if _WANTED in mark]
        named = [ticket for ticket in tickets if ticket["number"] in wanted]
        if len(tickets) > 1 and not named:
            talk.say("utter_progress_many", count=_count(len(tickets)))
        await self._tell(taking, (named or tickets)[0])

    async def _tell(self, taking: Taking, ticket: Mapping[str, Any]) -> None:
        talk, now = taking.talk, utc_now()
        today = local_now().date()
        filed = _moment(str(ticket["created_at"])).astimezone(CHINA)
        talk.say(
            "utter_progress",
            when=say_time(filed, today=today),
            what=category_words(ticket["category"]),
            state=_STATES.get(Status(ticket["status"]), "正在处理"),
            display=str(ticket["number"]),
        )
        open_promises = [p for p in ticket["promises"] if not p.get("kept_at")]
        due = [_moment(str(promise["due_at"])) for promise in open_promises]
        if due and min(due) < now and ticket["status"] == Status.OPEN:
            await self._apologise(taking, ticket)
        elif due:
            local = min(due).astimezone(CHINA)
            talk.say("utter_progress_promise", due=say_time(local, today=today))

    async def _apologise(self, taking: Taking, ticket: Mapping[str, Any]) -> None:
        """Overdue: say sorry, promise a call, and write the promise down (DLG-037)."""
        minutes = taking.resources.community.deadlines.inquiry_report
        promise = Promise("催办并回电", iso_ms(utc_now() + timedelta(minutes=minutes)))
        await taking.resources.tickets.promise(
            str(ticket["number"]), promise, by="bot", what="reminded"
        )
        taking.talk.say("utter_progress_late", minutes=spoken_minutes(minutes))


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def _count(number: int) -> str:
    return "两" if number == 2 else say_number(number)
