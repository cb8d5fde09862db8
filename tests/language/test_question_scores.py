"""The score of the standard answers: what counts as first, as answered, as wrong."""

from __future__ import annotations

from bot.evaluation.questions import score_questions
from bot.language.retrieval import AnswerIndex, Entry

INDEX = AnswerIndex(
    [
        Entry("fee", ("物业费多少钱一平方", "物业费怎么收费")),
        Entry("pets", ("小区里可以养狗吗", "养猫要不要登记")),
        Entry("draft", ("泳池几点开门", "泳池门票多少钱")),
    ]
)


def _rows(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "text": text} for key, text in pairs]


def _figures(
    rows: list[dict[str, str]], silent: frozenset[str] = frozenset()
) -> dict[str, tuple[int, int]]:
    report = score_questions(rows, INDEX, silent=silent)
    return {f.key.rpartition(".")[2]: (f.hits or 0, f.n) for f in report.figures}


def test_right_and_sure() -> None:
    rows = _rows(("fee", "物业费多少钱一平方"), ("pets", "小区里可以养狗吗"))
    assert _figures(rows) == {"first": (2, 2), "answered": (2, 2), "wrong": (0, 2)}
    assert score_questions(rows, INDEX).failures == []


def test_sure_and_wrong_counts_over_all_questions() -> None:
    rows = _rows(("pets", "物业费多少钱一平方"), ("none", "物业费怎么收费"), ("none", "今天星期几"))
    report = score_questions(rows, INDEX)
    assert _figures(rows) == {"first": (0, 1), "answered": (0, 1), "wrong": (2, 3)}
    assert [failure.part for failure in report.failures] == ["questions.clean.wrong"] * 2
    assert report.failures[0].expected == "pets" and report.failures[0].got.startswith("fee")


def test_an_entry_that_is_never_spoken_is_found_but_answers_nothing() -> None:
    rows = _rows(("draft", "泳池几点开门"), ("none", "泳池门票多少钱"), ("fee", "物业费怎么收费"))
    silent = frozenset({"draft"})
    assert _figures(rows, silent=silent) == {"first": (2, 2), "answered": (1, 1), "wrong": (0, 3)}
    assert _figures(rows)["wrong"] == (1, 3)


def test_found_second_is_a_failure_though_nothing_was_said() -> None:
    report = score_questions(_rows(("draft", "狗")), INDEX)
    assert [failure.part for failure in report.failures] == ["questions.clean.first"]
    assert report.figure("questions.clean.wrong").value == 0  # type: ignore[union-attr]
