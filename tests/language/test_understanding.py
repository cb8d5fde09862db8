"""One text understood: who decides about danger, intent and category."""

from datetime import datetime

import pytest

from bot.language.emergency import CLASSIFIER_ASK, CLASSIFIER_TRANSFER
from bot.language.intents import FALLBACK, FALLBACK_BAR
from bot.language.roster import Roster
from bot.understanding import Danger, Understanding, Understood

SURE = CLASSIFIER_TRANSFER + 0.01
UNSURE = CLASSIFIER_ASK + 0.01


class Says:
    """A classifier that always says the same."""

    def __init__(self, *ranking: tuple[str, float]) -> None:
        self._ranking = list(ranking)

    def ranking(self, text: str) -> list[tuple[str, float]]:
        return self._ranking


def read(text: str, *ranking: tuple[str, float], **given: object) -> Understood:
    return Understanding(Says(*ranking)).read(text, **given)  # type: ignore[arg-type]


def test_the_spotter_decides_whatever_the_classifier_says() -> None:
    understood = read("电梯里困人了", ("lift_fault", 0.99))
    assert understood.intent == "emergency_elevator_trapped"
    assert understood.category == "emergency"
    assert understood.emergency is not None and understood.emergency.action == "transfer"
    assert understood.confidence == understood.emergency.confidence


def test_a_question_of_the_spotter_leaves_the_intent_alone() -> None:
    understood = read("好像有点煤气味", ("other_inquiry", 0.99))
    assert understood.emergency is not None
    assert (understood.emergency.kind, understood.emergency.action) == ("gas_leak", "ask")
    assert (understood.intent, understood.category) == ("other_inquiry", "other_inquiry")


@pytest.mark.parametrize(("confidence", "action"), [(SURE, "transfer"), (UNSURE, "ask")])
def test_the_classifier_adds_what_the_spotter_missed(confidence: float, action: str) -> None:
    understood = read("今天天气不错", ("emergency_flood", confidence))
    assert understood.emergency == Danger("flood", action, confidence)
    assert (understood.intent, understood.category) == ("emergency_flood", "emergency")


@pytest.mark.parametrize("text", ["电梯里困人了", "好像有点煤气味"])
def test_where_the_spotter_spoke_the_classifier_is_not_asked(text: str) -> None:
    alone = read(text)
    assert alone.emergency is not None
    assert read(text, ("emergency_flood", SURE)).emergency == alone.emergency


def test_below_the_bar_it_falls_back() -> None:
    understood = read("今天天气不错", ("leak", FALLBACK_BAR - 0.01))
    assert understood == Understood(FALLBACK, FALLBACK_BAR - 0.01, None, None, {})
    assert read("hello") == Understood(FALLBACK, 0.0, None, None, {})


def test_slots_are_read_in_the_light_of_question_roster_time_and_caller() -> None:
    roster = Roster({"5": {"2": ("1001",)}})
    understanding = Understanding(Says(("provide_info", 0.9)), roster)
    assert understanding.read("舞蹈二单元幺零零一", expects="address").slots == {
        "building": "5",
        "unit": "2",
        "room": "1001",
    }
    now = datetime(2026, 11, 18, 14)  # noqa: DTZ001 - the site's own clock
    assert understanding.read("明天下午三点", expects="available", now=now).slots == {
        "start": "2026-11-19T15:00"
    }
    own = understanding.read("就打这个电话", expects="phone", caller="13812345678")
    assert own.slots == {"phone": "13812345678"}


def test_another_reading_of_the_recogniser_raises_a_question() -> None:
    understood = read("嗯", alternatives=["着火了"])
    assert understood.emergency is not None and understood.emergency.action == "ask"
