"""What the classifier may add to the spotter, and the categories intents lead to."""

import re

import pytest

from actions.flow.spec import category_of
from bot.language.categories import ticket_category
from bot.language.emergency import (
    CLASSIFIER_ASK,
    CLASSIFIER_TRANSFER,
    EmergencyAction,
    EmergencyKind,
    second_opinion,
)
from zhiban.settings import ROOT
from zhiban.tickets import Category

_INTENTS = re.findall(
    r"^- (\w+)$", (ROOT / "domain.yml").read_text(encoding="utf-8").split("entities:")[0], re.M
)


def test_sure_transfers() -> None:
    opinion = second_opinion([("emergency_fire", CLASSIFIER_TRANSFER), ("leak", 0.05)])
    assert opinion is not None
    assert (opinion.kind, opinion.action) == (EmergencyKind.FIRE, EmergencyAction.TRANSFER)
    assert opinion.confidence == CLASSIFIER_TRANSFER


def test_unsure_asks() -> None:
    opinion = second_opinion([("emergency_fire", CLASSIFIER_TRANSFER - 0.01), ("leak", 0.05)])
    assert opinion is not None and opinion.action is EmergencyAction.ASK


def test_torn_between_two_dangers_asks() -> None:
    half = CLASSIFIER_ASK * 0.6
    torn = [("emergency_flood", half), ("emergency_burst_pipe", half), ("leak", 0.1)]
    opinion = second_opinion(torn)
    assert opinion is not None
    assert (opinion.kind, opinion.action) == (EmergencyKind.FLOOD, EmergencyAction.ASK)
    assert second_opinion([torn[0], torn[2]]) is None


@pytest.mark.parametrize(
    "ranking",
    [
        [],
        [("leak", 0.5), ("emergency_flood", 0.5)],
        [("emergency_of_another_sort", 0.99)],
        [("emergency_flood", CLASSIFIER_ASK - 0.01)],
    ],
)
def test_otherwise_says_nothing(ranking: list[tuple[str, float]]) -> None:
    assert second_opinion(ranking) is None


@pytest.mark.parametrize("intent", _INTENTS)
def test_categories_are_the_contracts(intent: str) -> None:
    category = ticket_category(intent)
    assert category is None or category in {each.value for each in Category}
    form = category_of(intent)
    assert form is None or form.value == category


def test_every_category_is_reached() -> None:
    assert {ticket_category(intent) for intent in _INTENTS} == {
        None,
        *(each.value for each in Category),
    }
