"""What a turn tells, read in the light of what was asked."""

from __future__ import annotations

import re

from actions.flow.keys import learn_keys
from actions.flow.spec import SHARED, category_of, missing_part, only_unit
from actions.flow.state import Field
from actions.flow.taking import CHECK_ADDRESS, CONFIRM, FIX, RESIDENT, Taking
from actions.flow.words import describe, is_generic, read_since, smells_burnt
from actions.turn import REPAIR_INTENTS
from bot.language.address import AddressReading
from bot.language.person import PersonReading
from bot.language.phone import PhoneReading
from bot.language.place import PlaceScope, read_place
from bot.language.reply import YesNo, read_yes_no
from bot.language.severity import SeverityGrade, read_severity
from bot.language.slots import Expects, Heard, hear
from bot.language.when import WhenKind, WhenReading, read_when
from zhiban.clock import local_now
from zhiban.tickets import Category

_WHERE = (Field.ADDRESS, RESIDENT, CHECK_ADDRESS)
_ABOUT_NAME = (Field.NAME, *_WHERE, CONFIRM, FIX)
_ABOUT_TIME = ("时间", "上门", "点", "上午", "下午", "今天", "明天")
_FREE = (Field.PROBLEM, Field.WISH, Field.SINCE)
_CORRECTING = (CONFIRM, FIX)
_EXPECTS = {
    Field.ADDRESS: Expects.ADDRESS,
    CHECK_ADDRESS: Expects.ADDRESS,
    RESIDENT: Expects.ADDRESS,
    Field.NAME: Expects.NAME,
    Field.PHONE: Expects.PHONE,
    Field.SINCE: Expects.SINCE,
    Field.TIME: Expects.AVAILABLE,
    CONFIRM: Expects.CORRECTION,
    FIX: Expects.CORRECTION,
}
_NUMERALS = re.compile("[\\d零〇一二三四五六七八九十幺两,，。 ]")
_LONGEST_DETAIL = 60
_LONGEST_BARE = 6
_LONGEST_PROBLEM = 200


def learn(taking: Taking, text: str) -> None:
    """Fill facts from the words; what was learned is in ``taking.learned``."""
    asking = taking.flow.asking
    if taking.turn.keyed:
        learn_keys(taking, text)
        return
    heard = _hear(taking, text, asking)
    spans = _learn_address(taking, heard.address)
    person = _learn_name(taking, text, asking, heard.person)
    phone_span = _learn_phone(taking, text, asking, heard.phone)
    rest = describe(text, *spans, person.span if person else "", phone_span)
    if taking.opening or asking == Field.PROBLEM:
        _learn_problem(taking, rest)
    _learn_place(taking, text, rest, asking)
    _learn_severity(taking, text, asking)
    _learn_times(taking, text, asking, heard.when)
    if asking == Field.WISH and len(rest) >= 2:
        taking.set(wish=rest[:_LONGEST_DETAIL])


def _hear(taking: Taking, text: str, asking: str) -> Heard:
    """Read the words in the light of what was asked."""
    roster = taking.resources.roster
    part = None
    if asking == Field.ADDRESS:
        part = missing_part(taking.facts, roster)
        # A bare number answers the part that was asked for; at first everything was asked.
        first = part == "building" and taking.flow.tried(Field.ADDRESS) <= 1
        if first and taking.facts.category not in SHARED:
            part = None
    expects = _EXPECTS.get(asking, Expects.OTHER if asking else Expects.ANY)
    if taking.opening:
        expects = Expects.ANY
    return hear(text, expects=expects, part=part, roster=roster, now=local_now())


def _learn_address(taking: Taking, reading: AddressReading | None) -> tuple[str, ...]:
    """Keep the home that was said; return the words it was said with."""
    if reading is None:
        return ()
    said = reading.home()
    shared = taking.facts.category in SHARED
    if (
        reading.floor
        and shared
        and not taking.opening
        and reading.span not in (taking.facts.problem or "")
    ):
        _add_detail(taking, f"在{reading.floor}楼")
    if not said:
        return ()
    if "building" in said and said["building"] != taking.facts.building:
        # Another building: the old unit and room belonged to the old one.
        taking.facts = taking.facts.but(unit=None, room=None)
    taking.set(**said)
    if taking.facts.building and not taking.facts.unit:
        taking.set(unit=only_unit(taking.facts, taking.resources.roster))
    if reading.repaired:
        taking.flow = taking.flow.doubting(sorted(said))
    return reading.spans


def _learn_name(
    taking: Taking, text: str, asking: str, reading: PersonReading | None
) -> PersonReading | None:
    if reading is None:
        return None
    introduced = "我" in text or "姓" in text or "叫" in text
    if asking not in _ABOUT_NAME and not introduced and not taking.opening:
        return None
    name = reading.name
    known = taking.facts.caller_name or ""
    if known.startswith(reading.surname) and len(name) <= len(known):
        return reading
    taking.set(caller_name=name)
    return reading


def _learn_phone(taking: Taking, text: str, asking: str, reading: PhoneReading | None) -> str:
    caller = taking.turn.caller
    if reading is None:
        if asking == Field.PHONE and caller and "phone_caller" in taking.flow.spoken:
            agreed = read_yes_no(text)
            if agreed is YesNo.YES:
                taking.set(phone=caller)
        return ""
    if reading.number:
        taking.set(phone=reading.number)
    elif reading.same_as_caller and caller:
        taking.set(phone=caller)
    return reading.span


def _learn_problem(taking: Taking, rest: str) -> None:
    category = category_of(taking.turn.intent)
    if not taking.opening and category and taking.turn.intent in REPAIR_INTENTS:
        current = taking.facts.category
        if current == Category.REPAIR_INDOOR and taking.turn.intent != "repair_request":
            taking.set(category=category.value)
    if taking.facts.problem and taking.opening:
        return
    if len(rest) >= 2 and not is_generic(rest):
        taking.set(problem=rest[:_LONGEST_PROBLEM])


def _learn_place(taking: Taking, text: str, rest: str, asking: str) -> None:
    reading = read_place(text)
    if reading is not None and reading.repaired and asking != Field.PLACE:
        # 楼下 is no 楼道; a place by sound counts only when a place was asked for.
        reading = None
    if reading is not None:
        known = taking.facts.place
        if not known or asking in _CORRECTING:
            taking.set(place=reading.place)
        elif asking == Field.PLACE and reading.place not in known:
            # 厨房 was known, 水槽下面 is where in it.
            taking.set(place=known + reading.place)
        if reading.scope is PlaceScope.PUBLIC and taking.facts.category in (
            Category.REPAIR_INDOOR,
            Category.LEAK,
        ):
            taking.set(category=Category.REPAIR_PUBLIC.value)
    if asking != Field.PLACE or taking.opening:
        return
    if len(rest) < 2:
        # 三栋楼下: the home's parts were taken out, but they are the place here.
        rest = text
    if _only(read_when(text), text, asking):
        return
    if reading is None and not taking.facts.place and read_yes_no(text) is YesNo.UNSURE:
        taking.set(place=rest[:_LONGEST_DETAIL])
    # What they say about the place describes the problem too; their words are kept.
    _add_detail(taking, rest)


def _learn_severity(taking: Taking, text: str, asking: str) -> None:
    category = taking.facts.category
    if category == Category.LIFT_FAULT:
        _learn_people_in_lift(taking, text, asking)
        return
    if category == Category.POWER_FAULT and smells_burnt(text):
        taking.set(severity=SeverityGrade.DANGEROUS.value)
        taking.flow = taking.flow.but(danger="electric_hazard")
        return
    reading = read_severity(text)
    if reading is None:
        if asking == Field.SEVERITY:
            _learn_bare_severity(taking, text)
        return
    if reading.repaired and category != Category.LEAK:
        # 跳闸了 sounds like 炸了.
        return
    if taking.opening and reading.grade is SeverityGrade.MODERATE:
        # 漏水了 only names the matter; how bad it is remains to be asked (DLG-005).
        return
    if asking in _FREE and category not in (Category.LEAK, Category.POWER_FAULT):
        return
    taking.set(severity=reading.grade.value)
    if not taking.opening:
        _add_detail(taking, describe(text))
    if reading.escalates:
        if category == Category.LEAK or "水" in text:
            taking.flow = taking.flow.but(danger="burst_pipe")
        elif category == Category.POWER_FAULT:
            taking.flow = taking.flow.but(danger="electric_hazard")


def _learn_bare_severity(taking: Taking, text: str) -> None:
    """A yes or no to 有没有焦味或者火花, or to how bad it is."""
    if len(text) > _LONGEST_BARE:
        return
    agreed = read_yes_no(text)
    if agreed is YesNo.NO:
        taking.set(severity=SeverityGrade.SLIGHT.value)
    elif agreed is YesNo.YES and taking.facts.category == Category.POWER_FAULT:
        # There is a burnt smell, or there are sparks.
        taking.set(severity=SeverityGrade.DANGEROUS.value)
        taking.flow = taking.flow.but(danger="electric_hazard")
    elif agreed is YesNo.YES and taking.facts.category == Category.LEAK:
        taking.set(severity=SeverityGrade.SERIOUS.value)


def _learn_people_in_lift(taking: Taking, text: str, asking: str) -> None:
    empty = any(word in text for word in ("没人", "没有人", "空的", "无人", "没困人", "没有困人"))
    if empty:
        taking.set(severity=SeverityGrade.SLIGHT.value)
    elif asking == Field.SEVERITY and not taking.opening:
        agreed = read_yes_no(text)
        if agreed is YesNo.NO:
            taking.set(severity=SeverityGrade.SLIGHT.value)
        elif agreed is YesNo.YES or "有人" in text or taking.flow.tried(Field.SEVERITY) >= 2:
            # Anything but a clear no after asking twice: better a person too many.
            taking.set(severity=SeverityGrade.DANGEROUS.value)
            taking.flow = taking.flow.but(danger="elevator_trapped")


def _learn_times(taking: Taking, text: str, asking: str, when: WhenReading | None) -> None:
    complaint = (taking.facts.category or "").startswith("complaint_")
    volunteered = not taking.facts.since and (taking.opening or complaint) and asking != Field.TIME
    if asking == Field.SINCE or volunteered:
        since = read_since(text)
        if not since and asking == Field.SINCE:
            since = when.text if when else ""
        if since:
            taking.set(since=since[:_LONGEST_DETAIL])
    _learn_visit(taking, text, asking)


def _learn_visit(taking: Taking, text: str, asking: str) -> None:
    """Read when somebody may come: asked for, corrected, or all the turn says."""
    reading = read_when(text, kind=WhenKind.AVAILABLE, now=local_now())
    correcting = asking in _CORRECTING and any(word in text for word in _ABOUT_TIME)
    if asking == Field.TIME or correcting or _only(reading, text, asking):
        urgent = taking.facts.urgency == "urgent" and taking.flow.tried(Field.TIME) == 1
        agreed = urgent and read_yes_no(text) is YesNo.YES
        if reading is not None:
            taking.set(available_time=reading.text)
        elif asking == Field.TIME and (agreed or "有人" in text or "在家" in text):
            # The answer to 家里现在有人吗.
            taking.set(available_time="现在家里有人")


def _only(reading: WhenReading | None, text: str, asking: str) -> bool:
    """Whether a time is all that was said, while something else was asked."""
    if reading is None or asking not in (Field.PLACE, Field.NAME, Field.PHONE, Field.ADDRESS):
        return False
    return len(reading.span) >= len(text) - 2


def _add_detail(taking: Taking, detail: str) -> None:
    problem = taking.facts.problem or ""
    words = _NUMERALS.sub("", detail)
    if len(words) >= 2 and detail not in problem:
        taking.set(problem=f"{problem}，{detail}".strip("，")[:_LONGEST_PROBLEM])
