"""One turn of a form, from what was said to the next question."""

from __future__ import annotations

from actions.flow.apart import FREE, first_comes, keep, others_wait
from actions.flow.ask import ask_next
from actions.flow.grade import grade_matter
from actions.flow.keys import wrong_keys
from actions.flow.learn import learn
from actions.flow.leave import steps_out
from actions.flow.spec import COMPLAINT_FORM, category_of, needs
from actions.flow.spoken import changes
from actions.flow.state import HOME, MATTER, Field, Outcome, home_of
from actions.flow.taking import CHECK_ADDRESS, CONFIRM, FIX, RESIDENT, Taking
from actions.flow.words import is_question, named_wrong, threatens
from actions.turn import QUESTION_INTENTS, REPAIR_INTENTS, REQUEST_INTENTS, Turn
from actions.waiting import Waiting
from bot.language.reply import YesNo, read_yes_no
from zhiban.tickets import Category

_SAID_TURNS = 30
_SURE = 0.5
_CLEAR = 0.6
_OTHER_MATTER = 0.65
_MISSES = 3


async def take(taking: Taking) -> None:
    """Run one turn of an intake form."""
    taking.flow = taking.flow.but(said=(*taking.flow.said, taking.turn.text)[-_SAID_TURNS:])
    if taking.opening:
        if await first_comes(taking):
            _begin(taking)
            _learn(taking)
            _after_learning(taking)
        else:
            taking.finish(Outcome.MATTER)
        return
    if taking.turn.keyed:
        _take_keys(taking)
        return
    aside = await others_wait(taking)
    if not taking.turn.text:
        _again(taking)
        return
    if steps_out(taking):
        return
    if aside is not None and await _steps_aside(taking, aside, apart=True):
        return
    if _answers_closed_question(taking):
        _after_learning(taking)
        return
    if _is_clear_question(taking) and await _steps_aside(taking, taking.turn):
        return
    _learn(taking)
    if _says_what_is_wrong(taking):
        _after_learning(taking)
        return
    if taking.flow.asking in (CONFIRM, FIX):
        _settle(taking)
        return
    aside = aside or taking.turn
    if not taking.learned and not taking.flow.crisis and await _steps_aside(taking, aside):
        return
    _count_misses(taking)
    if not taking.done:
        _after_learning(taking)


def _take_keys(taking: Taking) -> None:
    """Go on with what was pressed; keys that answer nothing are asked for once more."""
    _learn(taking)
    if taking.flow.asking in (CONFIRM, FIX) and taking.learned:
        _settle(taking)
    elif taking.learned:
        taking.flow = taking.flow.but(misses=0)
        _after_learning(taking)
    elif taking.flow.asking not in (Field.PHONE, Field.ADDRESS):
        _again(taking)
    elif not wrong_keys(taking):
        _count_misses(taking)
        if not taking.done:
            _after_learning(taking)


def _learn(taking: Taking) -> None:
    learn(taking, taking.turn.text)
    if "room" in taking.learned:
        taking.memory = taking.memory.but(home_offered=False)


def _begin(taking: Taking) -> None:
    """Forget the last matter, know the category, feel with the caller."""
    turn = taking.turn
    home = {name: value for name, value in taking.facts.known().items() if name in HOME}
    also = tuple(one.text for one in taking.waiting)
    taking.flow = taking.flow.but(home=home, also=also).doubting(turn.known.get("unconfirmed", ()))
    taking.facts = taking.facts.but(**dict.fromkeys(MATTER))
    family = {
        COMPLAINT_FORM: frozenset(c.value for c in Category if c.is_complaint),
    }.get(taking.flow.form)
    intent = turn.intent
    if category_of(intent) is None:
        choices = family or (REPAIR_INTENTS | REQUEST_INTENTS | QUESTION_INTENTS)
        intent = turn.best_of(choices)[0]
    category = category_of(intent)
    if taking.flow.form == COMPLAINT_FORM and (category is None or not category.is_complaint):
        about_fees = category in (Category.FEE_INQUIRY, Category.PARKING)
        category = Category.COMPLAINT_FEE if about_fees else Category.COMPLAINT_OTHER
    category = category or Category.OTHER_INQUIRY
    taking.facts = taking.facts.but(category=category.value)
    wanted = needs(taking.flow.form, taking.facts, taking.flow, taking.resources.roster)
    if any(need.field is Field.TIME for need in wanted):
        # One visit does for both; the read-back asks whether that is right.
        taking.facts = taking.facts.but(available_time=turn.known.get("available_time"))
    if taking.flow.form != COMPLAINT_FORM:
        return
    if threatens(taking.flow.said[-1]):
        # The whole turn counts: the threat may stand in another matter's words.
        taking.flow = taking.flow.but(crisis=True)
        taking.talk.say("utter_sorry_upset")
    elif category is Category.COMPLAINT_NOISE:
        taking.talk.say("utter_sorry_noise")
    else:
        taking.talk.say("utter_sorry_for_this")


def _is_clear_question(taking: Taking) -> bool:
    """Whether the turn asks something instead of answering."""
    if taking.flow.asking in (Field.PROBLEM, Field.WISH):
        return False
    return taking.turn.sure(_CLEAR) in QUESTION_INTENTS and is_question(taking.turn.text)


def _says_what_is_wrong(taking: Taking) -> bool:
    """Forget a field the caller calls wrong without saying what is right (电话不对)."""
    wrong = named_wrong(taking.turn.text)
    fields = {
        "phone": ("phone",),
        "address": HOME,
        "name": ("caller_name",),
        "time": ("available_time",),
    }.get(wrong, ())
    if not fields or taking.learned & set(fields) or taking.flow.asking == wrong:
        return False
    if not any(getattr(taking.facts, name) for name in fields):
        return False
    taking.facts = taking.facts.but(**dict.fromkeys(fields))
    taking.flow = taking.flow.but(resident_says_no=True, asking="")
    if wrong == "phone":
        taking.once("phone_caller")
    return True


def _answers_closed_question(taking: Taking) -> bool:
    """Take a bare yes or no to 请问您是…吗 and 您说的是…对吗."""
    asking = taking.flow.asking
    if asking not in (RESIDENT, CHECK_ADDRESS):
        return False
    agreed = read_yes_no(taking.turn.text)
    resident = taking.turn.resident or {}
    if agreed is YesNo.YES and asking == RESIDENT:
        taking.set(
            **home_of(resident),
            caller_name=str(resident.get("name") or "") or None,
            phone=str(resident.get("phone") or "") or None,
        )
        taking.flow = taking.flow.but(asking="", unconfirmed=())
        taking.memory = taking.memory.but(home_offered=True)
        return True
    if agreed is YesNo.YES:
        taking.flow = taking.flow.but(asking="", unconfirmed=())
        return True
    if agreed is YesNo.NO and asking == RESIDENT:
        taking.flow = taking.flow.but(resident_says_no=True, asking=Field.ADDRESS)
    elif agreed is YesNo.NO:
        taking.flow = taking.flow.but(asking=Field.ADDRESS, unconfirmed=())
        taking.facts = taking.facts.but(**dict.fromkeys(HOME))
    else:
        # Neither: perhaps the address itself, which is read next.
        says_no = taking.flow.resident_says_no or asking == RESIDENT
        taking.flow = taking.flow.but(
            resident_says_no=says_no, asking=Field.ADDRESS, unconfirmed=()
        )
    return False


def _settle(taking: Taking) -> None:
    """Handle the answer to the read-back, or to what is wrong with it."""
    agreed = read_yes_no(taking.turn.text)
    if taking.learned:
        grade_matter(taking)
        taking.flow = taking.flow.asked(CONFIRM)
        words = changes(taking.facts, taking.learned)
        taking.talk.say("utter_read_back_changed", changes=words or "这样")
        taking.talk.expect("yes_no")
    elif taking.flow.asking == CONFIRM and agreed is YesNo.YES:
        taking.finish(Outcome.COMPLETE)
    elif taking.flow.asking == CONFIRM and agreed is YesNo.NO and len(taking.turn.text) <= 8:
        taking.flow = taking.flow.asked(FIX)
        taking.talk.say("utter_what_is_wrong")
        taking.talk.expect("open")
    elif taking.flow.tried(taking.flow.asking) >= 3 or taking.flow.tried(FIX) >= 3:
        # Filed as it stands, marked, with a person to clear it up.
        taking.flow = taking.flow.doubting(("all",))
        taking.finish(Outcome.NOT_UNDERSTOOD)
    elif taking.flow.asking == FIX or agreed is YesNo.NO:
        # A correction of the matter itself: 不是漏水是堵了.
        told = f"{taking.facts.problem or ''}（更正：{taking.turn.text}）"
        taking.facts = taking.facts.but(problem=told)
        taking.flow = taking.flow.asked(CONFIRM)
        taking.talk.say("utter_noted")
        taking.talk.say("utter_confirm_again")
        taking.talk.expect("yes_no")
    else:
        taking.flow = taking.flow.asked(CONFIRM)
        taking.talk.say("utter_confirm_again")
        taking.talk.expect("yes_no")


async def _steps_aside(taking: Taking, turn: Turn, *, apart: bool = False) -> bool:
    """Answer a question in mid-form, or keep another matter; then ask the same again.

    Args:
        taking: the form in progress.
        turn: what is said, or the part of it that may be about something else.
        apart: its own words say that it is.
    """
    asked = taking.flow.asking
    asks = turn.sure(_SURE) in QUESTION_INTENTS or is_question(turn.text)
    if asks and asked != Field.PROBLEM:
        category = turn.sure(_SURE) if turn.sure(_SURE) in QUESTION_INTENTS else ""
        answer = await taking.resources.answers.find(turn.text, category)
        if answer is not None:
            taking.talk.say("utter_answer", answer=answer.text)
            return _again(taking)
        if turn.sure(_CLEAR) in QUESTION_INTENTS and is_question(turn.text):
            _keep(taking, turn)
            return _again(taking)
    other = category_of(turn.sure(_OTHER_MATTER))
    known = other is not None and turn.intent not in QUESTION_INTENTS
    elsewhere = asked not in FREE and not _same_matter(other, taking.facts.category)
    if known and (apart or elsewhere):
        _keep(taking, turn)
        return _again(taking)
    return False


def _same_matter(one: Category | None, other: str | None) -> bool:
    """Whether two categories may be the same matter; complaints of all kinds may."""
    if one is None or other is None:
        return False
    return one == other or (one.is_complaint and Category(other).is_complaint)


def _again(taking: Taking) -> bool:
    """Repeat the open question; it does not count as a try."""
    taking.talk.repeat(taking.last_texts[-1:])
    taking.talk.expect(taking.last_expects)
    return True


def _keep(taking: Taking, turn: Turn) -> None:
    keep(taking, [Waiting(turn.text, turn.intent, turn.confidence)])


def _count_misses(taking: Taking) -> None:
    """Three turns in a row that gave nothing: a person, without making them repeat again."""
    misses = 0 if taking.learned else taking.flow.misses + 1
    taking.flow = taking.flow.but(misses=misses)
    if misses >= _MISSES:
        taking.finish(Outcome.NOT_UNDERSTOOD)


def _after_learning(taking: Taking) -> None:
    if taking.flow.danger and not taking.done:
        taking.finish(Outcome.EMERGENCY)
        return
    grade_matter(taking)
    if taking.flow.form == COMPLAINT_FORM and not taking.opening and taking.flow.crisis:
        _forget_comfort(taking)
    ask_next(taking)


def _forget_comfort(taking: Taking) -> None:
    """In a crisis nothing is asked that the calling number already tells."""
    resident = taking.turn.resident
    if resident and not taking.facts.building and not taking.flow.resident_says_no:
        taking.facts = taking.facts.but(**home_of(resident))
        taking.flow = taking.flow.doubting(HOME)
        taking.memory = taking.memory.but(home_offered=True)
