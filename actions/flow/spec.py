"""Which form asks for what, in which order. Data first: the engine is in taking.py."""

from __future__ import annotations

from dataclasses import dataclass

from actions.flow.state import Facts, Field, Flow
from bot.language.roster import Roster
from zhiban.tickets import Category, TicketDraft

REPAIR_FORM = "repair_form"
COMPLAINT_FORM = "complaint_form"
REQUEST_FORM = "request_form"
PROGRESS_FORM = "progress_form"
MANAGER_FORM = "manager_form"

SHARED = frozenset({Category.REPAIR_PUBLIC, Category.LIFT_FAULT, Category.DOOR_ACCESS})
"""Repairs outside of homes: the building is enough, the room is the caller's own business."""

_AT_HOME = frozenset(
    {Category.LEAK, Category.REPAIR_INDOOR, Category.REPAIR_PAID, Category.POWER_FAULT}
)
_DANGER_FIRST = frozenset({Category.POWER_FAULT, Category.LIFT_FAULT})
_WITH_VISIT = frozenset({Category.HOUSEKEEPING, Category.VALUE_ADDED})
_NEEDS_PLACE = frozenset({Category.REPAIR_PUBLIC, Category.SECURITY})

OPTIONAL = frozenset({Field.PLACE, Field.SEVERITY, Field.SINCE, Field.WISH, Field.TIME})
"""What is asked at most twice and then left open."""

_INTENT_CATEGORY = {"repair_request": Category.REPAIR_INDOOR}
_CATEGORIES = {category.value: category for category in Category}


def category_of(intent: str) -> Category | None:
    """Return the ticket category an intent stands for; most intents are named after theirs."""
    return _INTENT_CATEGORY.get(intent) or _CATEGORIES.get(intent)


@dataclass(frozen=True)
class Need:
    """A field a form wants, and whether it is there."""

    field: Field
    there: bool


def needs(form: str, facts: Facts, flow: Flow, roster: Roster) -> list[Need]:
    """Return what the form wants, in the order it asks (DLG-001…009, TAX-089…096)."""
    category = Category(facts.category or Category.OTHER_INQUIRY)
    if form == PROGRESS_FORM:
        wanted = [Field.ADDRESS, Field.NAME, Field.PHONE]
    elif form == REPAIR_FORM:
        wanted = _repair(category)
    elif form == COMPLAINT_FORM:
        wanted = _complaint(flow)
    else:
        wanted = _request(category)
    return [Need(field, has(field, facts, flow, roster)) for field in wanted]


def _repair(category: Category) -> list[Field]:
    wanted = [Field.PROBLEM]
    if category in _DANGER_FIRST:
        # Somebody inside, a burnt smell: that decides everything else (CON-008).
        wanted.append(Field.SEVERITY)
    wanted.append(Field.ADDRESS)
    if category in _AT_HOME - {Category.POWER_FAULT} or category in _NEEDS_PLACE:
        wanted.append(Field.PLACE)
    if category is Category.LEAK:
        wanted.append(Field.SEVERITY)
    wanted += [Field.NAME, Field.PHONE]
    if category in _AT_HOME:
        wanted.append(Field.TIME)
    return wanted


def _complaint(flow: Flow) -> list[Field]:
    if flow.crisis:
        # The least a colleague needs, then at once to a person (DLG-022).
        return [Field.PROBLEM, Field.ADDRESS]
    wanted = [Field.PROBLEM, Field.SINCE, Field.ADDRESS, Field.NAME, Field.PHONE]
    return [*wanted, Field.WISH]


def _request(category: Category) -> list[Field]:
    """Ask for what the ticket rules demand, and where or when if that matters."""
    missing = TicketDraft(category=category, problem="").missing()
    wanted = [Field.PROBLEM]
    if category in _NEEDS_PLACE:
        wanted.append(Field.PLACE)
    if "building" in missing:
        wanted.append(Field.ADDRESS)
    if "caller_name" in missing:
        wanted.append(Field.NAME)
    wanted.append(Field.PHONE)
    if category in _WITH_VISIT:
        wanted.append(Field.TIME)
    return wanted


def has(field: Field, facts: Facts, flow: Flow, roster: Roster) -> bool:
    """Return whether a field is known or was given up."""
    if field in flow.skipped:
        return True
    if field is Field.ADDRESS:
        return missing_part(facts, roster) is None
    value = {
        Field.PROBLEM: facts.problem,
        Field.PLACE: facts.place,
        Field.SEVERITY: facts.severity,
        Field.NAME: facts.caller_name,
        Field.PHONE: facts.phone,
        Field.TIME: facts.available_time,
        Field.SINCE: facts.since,
        Field.WISH: facts.wish,
    }[field]
    return bool(value)


def missing_part(facts: Facts, roster: Roster) -> str | None:
    """Return the first part of the address that is missing: building, unit, room, or None."""
    if not facts.building:
        return "building"
    if facts.category in SHARED:
        return None
    units = roster.buildings.get(facts.building, {})
    if not facts.unit and len([name for name in units if name]) > 1:
        return "unit"
    return None if facts.room else "room"


def only_unit(facts: Facts, roster: Roster) -> str | None:
    """Return the unit that needs no asking because the building has just one."""
    named = [name for name in roster.buildings.get(facts.building or "", {}) if name]
    return named[0] if len(named) == 1 else None
