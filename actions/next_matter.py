"""After one matter the next: answered at once, taken down in turn, or filed for a call back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa_sdk.events import FollowupAction

from actions.filing import draft_of, file_ticket
from actions.flow.spec import REQUEST_FORM, category_of
from actions.flow.state import MATTER, Facts, Flow, home_of
from actions.matters import instead_of, part_of
from actions.memory import MORE_HELP, Memory
from actions.promises import call_back_promise
from actions.resources import Resources
from actions.talk import Talk
from actions.turn import FALLBACK, Turn
from actions.waiting import Waiting, spoken_matter, waiting_event
from actions.ways import way_of
from zhiban.clock import utc_now
from zhiban.tickets import Category

Events = list[dict[str, Any]]


async def take_up_next(
    resources: Resources,
    turn: Turn,
    talk: Talk,
    memory: Memory,
    waiting: Sequence[Waiting],
    *,
    known: Mapping[str, Any] | None = None,
    given: Iterable[str] = (),
) -> Events:
    """Go on with what waits; when nothing does, ask whether there is more.

    Args:
        resources: stores and site facts.
        turn: the present turn.
        talk: what will be said.
        memory: counts; stored by the events returned.
        waiting: the matters, in order.
        known: what carries over to the next form.
        given: keys of answers this turn has given already.
    """
    rest, said = list(waiting), set(given)
    while rest:
        one = rest.pop(0)
        asks = one.is_question or one.intent == FALLBACK
        if asks:
            category = one.intent if one.is_question else ""
            answer = await resources.answers.find(one.text, category)
            if answer is not None:
                if answer.key not in said:
                    question = spoken_matter(one)
                    talk.say("utter_second_answer", question=question, answer=answer.text)
                said.add(answer.key)
                continue
        talk.say("utter_next_matter", matter=spoken_matter(one))
        if one.is_question:
            talk.say("utter_no_answer")
        now = part_of(turn, one)
        return [
            memory.but(misses=0, awaiting="", instead=instead_of(now, known)).event(),
            waiting_event(rest),
            FollowupAction(REQUEST_FORM if asks else way_of(now)),
        ]
    talk.say("utter_anything_else")
    talk.expect("yes_no")
    return [memory.but(misses=0, awaiting=MORE_HELP).event(), waiting_event(())]


async def file_waiting(
    resources: Resources, turn: Turn, facts: Facts, waiting: Iterable[Waiting]
) -> list[str]:
    """File a ticket to be called back about for each matter that will not be taken down now.

    Args:
        resources: the store.
        turn: the present turn: who calls.
        facts: who and where, as far as known.
        waiting: the matters.

    Returns:
        The ticket numbers.
    """
    facts, doubtful = _at_home(facts.but(**dict.fromkeys(MATTER)), turn)
    promise = call_back_promise(resources.community.deadlines, utc_now())
    numbers = []
    for one in waiting:
        category = category_of(one.intent) or Category.OTHER_INQUIRY
        flow = Flow("", said=(one.text,), unconfirmed=doubtful)
        what = facts.but(category=category.value, problem=one.text)
        draft, _ = draft_of(resources, turn, what, flow)
        ticket = await file_ticket(resources, draft, incomplete=True, promises=(promise,))
        numbers.append(str(ticket["number"]))
    return numbers


def _at_home(facts: Facts, turn: Turn) -> tuple[Facts, tuple[str, ...]]:
    """Complete who and where by the calling number's home, which nobody has confirmed."""
    resident = turn.resident or {}
    if facts.building or not resident.get("building"):
        return facts, ()
    home = home_of(resident)
    name = facts.caller_name or str(resident.get("name") or "") or None
    return facts.but(**home, caller_name=name), tuple(part for part in home if home[part])
