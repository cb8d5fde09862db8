"""The next question: first plainly, then differently, then by choice (DLG-059)."""

from __future__ import annotations

from actions.flow.keys import asks_for_keys
from actions.flow.spec import (
    COMPLAINT_FORM,
    OPTIONAL,
    REPAIR_FORM,
    SHARED,
    missing_part,
    needs,
)
from actions.flow.spoken import resident_address, resident_person, spoken_address, summary
from actions.flow.state import HOME, Field, Outcome
from actions.flow.taking import CHECK_ADDRESS, CONFIRM, RESIDENT, Taking
from bot.language.numbers import say_digits
from bot.language.phone import read_phone
from bot.language.severity import SeverityGrade
from zhiban.tickets import Category

_TRIES = 3
_CRISIS_TRIES = 1
_OPTIONAL_TRIES = {Field.WISH: 1, Field.SINCE: 1}
_EXPECTS = {
    Field.PROBLEM: "problem",
    Field.ADDRESS: "address",
    Field.PLACE: "problem",
    Field.SEVERITY: "problem",
    Field.NAME: "name",
    Field.PHONE: "phone",
    Field.TIME: "time",
    Field.SINCE: "time",
    Field.WISH: "problem",
}


def ask_next(taking: Taking) -> None:
    """Say the next question, read back when all is there, or give up to a person."""
    _advise(taking)
    if _checks_address(taking):
        return
    for need in needs(taking.flow.form, taking.facts, taking.flow, taking.resources.roster):
        if need.there:
            continue
        if _offers_resident(taking, need.field):
            return
        tried = taking.flow.tried(need.field)
        if need.field in OPTIONAL and tried >= _OPTIONAL_TRIES.get(need.field, 2):
            taking.flow = taking.flow.but(skipped=(*taking.flow.skipped, need.field.value))
            continue
        if taking.flow.crisis and tried >= _CRISIS_TRIES:
            break
        # An address has parts, each of which may be asked again.
        if tried >= _TRIES * (2 if need.field is Field.ADDRESS else 1):
            taking.finish(Outcome.NOT_UNDERSTOOD)
            return
        _ask(taking, need.field, tried)
        return
    if taking.flow.crisis:
        taking.finish(Outcome.ESCALATED)
        return
    read_back(taking)


def read_back(taking: Taking) -> None:
    """Read everything back and ask whether it is right (TAX-115)."""
    taking.flow = taking.flow.asked(CONFIRM)
    taking.talk.say("utter_read_back", summary=summary(taking.facts))
    taking.talk.expect("yes_no")


def _advise(taking: Taking) -> None:
    """Give the one piece of safety advice that fits, once (DLG-007)."""
    category, grade = taking.facts.category, taking.facts.severity
    if category == Category.LEAK and grade in (SeverityGrade.MODERATE, SeverityGrade.SERIOUS):
        if taking.once("safety"):
            taking.talk.say("utter_safety_leak")
    elif category == Category.POWER_FAULT and grade is not None and taking.once("safety"):
        taking.talk.say("utter_safety_power")


def _offers_resident(taking: Taking, field: Field) -> bool:
    """Ask whether it is the resident of the calling number, once, when the home is wanted."""
    resident = taking.turn.resident
    if field is not Field.ADDRESS or not resident or taking.flow.resident_says_no:
        return False
    if taking.facts.building or not taking.once(RESIDENT):
        return False
    taking.flow = taking.flow.but(asking=RESIDENT)
    taking.talk.say(
        "utter_ask_resident", address=resident_address(resident), person=resident_person(resident)
    )
    taking.talk.expect("yes_no")
    return True


def _checks_address(taking: Taking) -> bool:
    """Read back an address that was mended by ear, or ask again for one that does not exist."""
    facts, flow = taking.facts, taking.flow
    if taking.learned.isdisjoint(HOME):
        return False
    if missing_part(facts, taking.resources.roster) is not None:
        return False
    exists = taking.resources.roster.has(facts.building, facts.unit, facts.room)
    if taking.resources.roster.buildings and not exists:
        if flow.tried("unknown") == 0:
            taking.talk.say("utter_unknown_address", address=spoken_address(facts))
            taking.facts = facts.but(**dict.fromkeys(HOME))
            taking.flow = flow.asked("unknown").asked(Field.ADDRESS)
            taking.talk.expect("address")
            return True
        # They insist: taken down as told, and marked for the colleague.
        taking.flow = flow.doubting(("address",))
        return False
    if not set(flow.unconfirmed).isdisjoint(HOME):
        taking.flow = flow.but(asking=CHECK_ADDRESS)
        taking.talk.say("utter_check_address", address=spoken_address(facts))
        taking.talk.expect("yes_no")
        return True
    return False


def _ask(taking: Taking, field: Field, tried: int) -> None:
    expects = _EXPECTS[field]
    response, blanks = _question(taking, field, tried)
    closed = (Category.LIFT_FAULT, Category.POWER_FAULT)
    if response == "utter_ask_phone_caller" or (
        field is Field.SEVERITY and taking.facts.category in closed
    ):
        expects = "yes_no"
    taking.flow = taking.flow.asked(field)
    taking.talk.say(response, **blanks)
    taking.talk.expect(expects)


def _question(taking: Taking, field: Field, tried: int) -> tuple[str, dict[str, str]]:
    again = "_again" if tried else ""
    facts = taking.facts
    if field is Field.PROBLEM:
        return _problem_question(taking, tried), {}
    if field is Field.ADDRESS:
        return _address_question(taking, tried), {}
    if field is Field.PLACE:
        if facts.category in (Category.REPAIR_PUBLIC, Category.SECURITY):
            return "utter_ask_public_place", {}
        if facts.category == Category.LEAK and not facts.severity and not tried:
            return "utter_ask_leak_detail", {}
        return f"utter_ask_place{again}", {}
    if field is Field.SEVERITY:
        if facts.category == Category.LEAK and facts.place and not tried:
            # The finer place and how bad it is, in one question as in DLG-005.
            return "utter_ask_leak_detail_of", {"place": facts.place}
        kind = {Category.POWER_FAULT: "power", Category.LIFT_FAULT: "lift"}
        return f"utter_ask_severity_{kind.get(Category(facts.category or ''), 'leak')}", {}
    if field is Field.PHONE:
        return _phone_question(taking, tried)
    if field is Field.TIME and not tried and facts.urgency == "urgent":
        return "utter_ask_time_urgent", {}
    if field in (Field.SINCE, Field.WISH):
        return f"utter_ask_{field}", {}
    return f"utter_ask_{field}{again}", {}


def _problem_question(taking: Taking, tried: int) -> str:
    if taking.flow.form == REPAIR_FORM:
        return ("utter_ask_problem", "utter_ask_problem_again", "utter_ask_problem_choice")[tried]
    what = "complaint" if taking.flow.form == COMPLAINT_FORM else "matter"
    return f"utter_ask_{what}{'_again' if tried else ''}"


def _address_question(taking: Taking, tried: int) -> str:
    facts = taking.facts
    part = missing_part(facts, taking.resources.roster)
    if part == "building" and facts.category in SHARED:
        return "utter_ask_building_again" if tried else "utter_ask_public_building"
    if part == "building":
        steps = ("utter_ask_address", "utter_ask_address_again", "utter_ask_address_choice")
        return steps[tried] if tried < len(steps) else "utter_ask_building_again"
    if part == "room" and asks_for_keys(taking, taking.flow.misses):
        return "utter_ask_room_keys"
    again = "_again" if taking.flow.asking == Field.ADDRESS and not taking.learned else ""
    return f"utter_ask_{part}{again}"


def _phone_question(taking: Taking, tried: int) -> tuple[str, dict[str, str]]:
    if taking.turn.caller and taking.once("phone_caller"):
        return "utter_ask_phone_caller", {}
    if asks_for_keys(taking, tried):
        return "utter_ask_phone_keys", {}
    if taking.flow.asking == Field.PHONE:
        heard = read_phone(taking.turn.text, expect=True) if not taking.learned else None
        if heard is not None and heard.partial:
            return "utter_ask_phone_partial", {"digits": say_digits(heard.partial)}
    return ("utter_ask_phone_again" if tried >= 2 else "utter_ask_phone"), {}
