"""The evaluation itself: shares, intervals, sets, scores, floors, reports."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.evaluation import run
from bot.evaluation.emergencies import Verdict, score_judge, score_partials
from bot.evaluation.figures import Figure, Report, Target, percentile, share
from bot.evaluation.floor import FloorError, fallen, read_floors
from bot.evaluation.intents import score_intents
from bot.evaluation.interval import wilson
from bot.evaluation.odd import LONGEST, odd_texts, score_odd
from bot.evaluation.report import as_dict, figure_line, text_lines
from bot.evaluation.sets import (
    EmergencyCase,
    IntentCase,
    SetError,
    read_emergencies,
    read_intents,
)
from bot.language.emergency import EmergencyAction, EmergencyKind, EmergencySpotter, Finding
from bot.language.retrieval import AnswerIndex, Entry
from bot.language.roster import Roster
from bot.understanding import Understanding
from tests.language.test_understanding import Says


def value(report: Report, key: str) -> float:
    figure = report.figure(key)
    assert figure is not None, f"{key} was not measured"
    return figure.value


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # The first three: Newcombe 1998, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_wilson_agrees_with_the_literature(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_no_interval_of_what_is_no_share(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(hits, n)


def test_percentile() -> None:
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert percentile(range(1000), 0.99) == 990
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


class TestSets:
    def file(self, folder: Path, text: str) -> Path:
        path = folder / "set.tsv"
        path.write_text(text, encoding="utf-8")
        return path

    def test_emergencies(self, tmp_path: Path) -> None:
        path = self.file(
            tmp_path,
            "expected\tnear_miss\tintent\ttext\tsaid\tsnr_db\n"
            "fire|gas_leak\t0\temergency_fire\t找火了\t着火了\t9.1\n"
            "none\t1\tsecurity\t别着火了\t别着火了\t20\n",
        )
        assert read_emergencies(path) == [
            EmergencyCase(("fire", "gas_leak"), False, "emergency_fire", "找火了", "着火了"),
            EmergencyCase((), True, "security", "别着火了", "别着火了"),
        ]

    def test_intents(self, tmp_path: Path) -> None:
        path = self.file(tmp_path, "intent\ttext\nleak|repair_indoor\t滴水\n")
        assert read_intents(path) == [IntentCase(("leak", "repair_indoor"), "滴水")]

    @pytest.mark.parametrize(
        ("text", "said"),
        [("", "intent"), ("intent\n", "text"), ("intent\ttext\ngreet\t喂\ngreet\n", "set.tsv:3")],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, text: str, said: str) -> None:
        with pytest.raises(SetError, match=said):
            read_intents(self.file(tmp_path, text))

    def test_a_missing_file_is_reported_not_passed_over(self, tmp_path: Path) -> None:
        report = run.evaluate_spotter(tmp_path)
        assert report.figures == []
        assert [Path(name).name for name in report.missing] == [
            "emergencies.tsv",
            "emergencies_garbled.tsv",
        ]
        assert any("emergencies_garbled.tsv" in line for line in text_lines(report))


def test_emergency_shares_count_what_they_say() -> None:
    verdicts = {
        "a": Verdict("transfer", "fire"),
        "b": Verdict("ask", "flood"),
        "c": Verdict(),
        "d": Verdict("transfer", "fire"),
        "e": Verdict("ask", "fire"),
        "f": Verdict(),
        "g": Verdict(),
    }
    kinds = {"a": ("fire",), "b": ("fire", "medical"), "c": ("fire",)}
    cases = [
        EmergencyCase(kinds.get(text, ()), near_miss=text in "dg", intent="", text=text)
        for text in verdicts
    ]
    report = score_judge("emergency", "clean", cases, verdicts.__getitem__, by_kind=True)
    figures = {figure.key.removeprefix("emergency.clean."): figure for figure in report.figures}
    counts = {name: (figure.hits, figure.n) for name, figure in figures.items()}
    assert counts == {
        "caught": (2, 3),
        "transferred": (1, 3),
        "kind": (1, 2),
        "false_transfers": (1, 4),
        "false_transfers.near": (1, 2),
        "false_transfers.ordinary": (0, 2),
        "false_asks": (1, 4),
        "false_asks.near": (0, 2),
        "false_asks.ordinary": (1, 2),
        "caught.fire": (2, 3),
        "caught.medical": (1, 1),
    }
    assert {(failure.part.rpartition(".")[2], failure.text) for failure in report.failures} == {
        ("kind", "b"),
        ("caught", "c"),
        ("false_transfers", "d"),
        ("false_asks", "e"),
    }
    assert figures["caught"].met is False and figures["false_asks"].target is not None
    assert not figures["false_asks"].target.at_least


class Rings(EmergencySpotter):
    """Rings as soon as 困人了 is said."""

    def spot(
        self, text: str, *, final: bool = False, alternatives: Sequence[str] = ()
    ) -> Finding | None:
        assert not final
        place = text.find("困人了")
        if place < 0:
            return None
        transfer = EmergencyAction.TRANSFER
        return Finding(EmergencyKind.ELEVATOR_TRAPPED, 3, 0.9, "困人了", place, place + 3, transfer)


def test_partials_are_judged_at_every_character() -> None:
    early, late = "电梯里困人了你们快来", "你们快来电梯里困人了"
    cases = [
        EmergencyCase(("elevator_trapped",), False, "", early),
        EmergencyCase(("elevator_trapped",), False, "", late),
        EmergencyCase(("fire",), False, "", "楼下有黑烟"),
        EmergencyCase((), False, "", "物业费怎么交"),
        EmergencyCase((), True, "", early),
    ]
    report = score_partials("clean", cases, Rings())
    assert value(report, "partial.clean.before_end") == 1 / 3
    assert value(report, "partial.clean.false_transfers") == 1 / 2
    assert value(report, "partial.clean.character.p50") == len(late)
    assert value(report, "partial.clean.position.p50") == 1.0
    first = score_partials("clean", cases[:1], Rings())
    assert value(first, "partial.clean.character.p50") == early.index("你")
    assert value(first, "partial.clean.position.p50") == early.index("你") / len(early)
    timed = report.figure("partial.clean.ms.p99")
    assert timed is not None and timed.n == sum(len(case.text) for case in cases)
    assert [failure.text for failure in report.failures] == [early]


def test_intents_and_categories_are_counted_apart() -> None:
    understanding = Understanding(Says(("repair_request", 0.9)))
    cases = [
        IntentCase(("repair_request",), "a"),
        IntentCase(("repair_indoor",), "b"),
        IntentCase(("leak", "repair_request"), "c"),
        IntentCase(("leak",), "d"),
    ]
    report = score_intents("garbled", cases, understanding)
    assert value(report, "intent.garbled.accuracy") == 0.5
    assert value(report, "intent.garbled.category") == 0.75
    assert [(f.part, f.text) for f in report.failures] == [
        ("intent.garbled.accuracy", "b"),
        ("intent.garbled.category", "d"),
    ]


def test_slots_are_exact_or_wrong(tmp_path: Path) -> None:
    columns = "expects text building unit room phone caller_name ticket_number start end".split()
    rows = [
        ["address", "五栋二单元幺零零一", "5", "2", "1001", "", "", "", "", ""],
        ["address", "五栋二单元幺零零一", "5", "2", "1002", "", "", "", "", ""],
    ]
    lines = ["\t".join(row) for row in (columns, *rows)]
    (tmp_path / "slots.tsv").write_text("\n".join(lines), encoding="utf-8")
    report = run.evaluate_slots(tmp_path, Roster({"5": {"2": ()}}))
    assert value(report, "slots.clean.exact") == 0.5
    assert "room=1002" in report.failures[0].expected and "room=1001" in report.failures[0].got


def test_questions_are_found_in_the_index_given(tmp_path: Path) -> None:
    index = AnswerIndex(
        [
            Entry("fee", ("物业费怎么收", "物业费多少钱")),
            Entry("park", ("停车费多少钱", "月卡怎么办")),
        ]
    )
    (tmp_path / "questions.tsv").write_text(
        "key\ttext\nfee\t物业费怎么收\npark\t物业费多少钱\n", encoding="utf-8"
    )
    report = run.evaluate_questions(tmp_path, index, ())
    assert value(report, "questions.clean.first") == 0.5
    assert [failure.expected for failure in report.failures] == ["park"]
    assert run.evaluate_questions(tmp_path / "nowhere", index, ()).missing == [
        "nowhere/questions.tsv"
    ]


def test_odd_texts_are_the_same_every_time_and_truly_odd() -> None:
    texts = list(odd_texts(200))
    assert texts == list(odd_texts(200))
    assert max(map(len, texts)) > LONGEST / 2 and min(map(len, texts)) < 5
    characters = set("".join(texts))
    assert {"\x00", "\ud800", "😀"} <= characters
    report = score_odd({"length": len}, count=20)
    assert report.figures[0].key == "odd.length.ms" and report.figures[0].n == 20


class TestFloor:
    REPORT = Report(
        share("spotter.clean.caught", "", [True] * 99 + [False])
        + share("spotter.clean.false_transfers", "", [True] + [False] * 99)
    )

    @pytest.mark.parametrize(
        ("floors", "lost"),
        [
            ({"at_least": {"spotter.clean.caught": 0.99}}, []),
            ({"at_least": {"spotter.clean.caught": 0.991}}, ["spotter.clean.caught"]),
            ({"at_most": {"spotter.clean.false_transfers": 0.01}}, []),
            ({"at_most": {"spotter.clean.false_transfers": 0}}, ["spotter.clean.false_transfers"]),
            ({"at_least": {"spotter.garbled.caught": 0.1}}, ["spotter.garbled.caught"]),
            ({"at_least": None, "at_most": {}}, []),
        ],
    )
    def test_says_what_fell(self, floors: object, lost: list[str]) -> None:
        lines = fallen(self.REPORT, read_floors(floors))
        assert [line.split(":")[0] for line in lines] == lost

    @pytest.mark.parametrize(
        "content",
        [
            None,
            {},
            [],
            {"least": {}},
            {"at_least": {"a": "high"}},
            {"at_least": {"a": True}},
            {"at_least": 3},
        ],
    )
    def test_a_floor_file_that_is_none_is_refused(self, content: object) -> None:
        with pytest.raises(FloorError):
            read_floors(content)


def test_the_report_shows_value_interval_target_and_verdict() -> None:
    report = Report(share("spotter.clean.caught", "抓住", [True] * 9 + [False], Target(0.99)))
    line = figure_line(report.figures[0])
    for part in ("抓住", "90.00 %", "9/10", "[ 59.6,  98.2]", "≥ 99 %", "✗"):
        assert part in line
    text = "\n".join(text_lines(report))
    assert "清晰文本" in text and "✗ spotter.clean.caught" in text
    timed = Figure("odd.x.ms", "", 3.0, "ms", 10, target=Target(50, at_least=False))
    assert "3.000 ms" in figure_line(timed) and figure_line(timed).endswith("≤ 50 ✓")
    assert as_dict(Report([timed]))["figures"] == [timed.as_dict()]
