"""A report as lines for people and as one JSON object for programs."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator

from bot.evaluation.figures import Figure, Report, Target
from bot.evaluation.sets import CONDITION_LABELS

_PARTS = {
    "emergency": "紧急：最终文本，规则与分类器一起 / emergency, final text, spotter and classifier",
    "spotter": "紧急：最终文本，只用规则与小模型 / emergency, final text, spotter alone",
    "partial": "紧急：逐字送入的中间结果 / emergency, partial texts character by character",
    "intent": "意图与类别 / intents and categories",
    "slots": "地址、电话、姓名、时间、单号 / slots",
    "questions": "标准答案 / standard answers",
    "odd": "怪文本 / odd texts",
}
_LABEL_WIDTH = 54
_UNITS = {"ms": "{:.3f} ms", "/s": "{:.0f} /s", "characters": "{:.0f} 字", "part": "{:.0%}"}


def text_lines(report: Report) -> Iterator[str]:
    """Yield the report line by line: figures in groups, then failures, then what is missing."""
    for group, figures in itertools.groupby(report.figures, key=_group):
        yield ""
        yield _heading(group)
        for figure in figures:
            yield figure_line(figure)
    by_part = sorted(report.failures, key=lambda failure: failure.part)
    for part, failures in itertools.groupby(by_part, key=lambda failure: failure.part):
        cases = list(failures)
        yield ""
        yield f"✗ {part} ({len(cases)})"
        for case in cases:
            heard = f"  〔说的是 said: {case.said}〕" if case.said else ""
            yield f"    {case.text}{heard}  → {case.got}  （应为 expected: {case.expected}）"
    missed = [figure for figure in report.figures if figure.met is False]
    met = sum(figure.met is True for figure in report.figures)
    yield ""
    yield f"达到 met: {met}   未达到 missed: {len(missed)}"
    for figure in missed:
        yield f"  ✗ {figure.key}"
    for name in report.missing:
        yield f"  ? {name}：没有这个文件，未测 / no such file, not measured"


def figure_line(figure: Figure) -> str:
    """Return one figure on one line: label, value, cases, interval, target, verdict."""
    parts = [_padded(figure.label, _LABEL_WIDTH), f"{shown(figure.value, figure.unit):>10}"]
    counted = f"{figure.hits}/{figure.n}" if figure.hits is not None else f"n={figure.n}"
    parts.append(f"{counted:>10}")
    if figure.interval is not None:
        low, high = figure.interval
        parts.append(f"[{low * 100:5.1f}, {high * 100:5.1f}]")
    elif figure.target is not None:
        parts.append(" " * 14)
    if figure.target is not None:
        parts.append(f"{_demanded(figure.target, figure.unit):>10} {'✓' if figure.met else '✗'}")
    return "  ".join(parts).rstrip()


def shown(value: float, unit: str) -> str:
    """Return a value with its unit."""
    return f"{value * 100:.2f} %" if unit == "share" else _UNITS.get(unit, "{:g}").format(value)


def as_dict(report: Report) -> dict[str, object]:
    """Return the report for a JSON file."""
    return {
        "figures": [figure.as_dict() for figure in report.figures],
        "failures": [failure.as_dict() for failure in report.failures],
        "missing": list(report.missing),
    }


def _group(figure: Figure) -> tuple[str, str]:
    part, _, rest = figure.key.partition(".")
    condition = rest.partition(".")[0]
    return part, condition if condition in CONDITION_LABELS else ""


def _heading(group: tuple[str, str]) -> str:
    part, condition = group
    where = f" · {CONDITION_LABELS[condition]} {condition}" if condition else ""
    return f"■ {_PARTS.get(part, part)}{where}"


def _demanded(target: Target, unit: str) -> str:
    value = f"{target.value * 100:g} %" if unit == "share" else f"{target.value:g}"
    return f"{'≥' if target.at_least else '≤'} {value}"


def _padded(label: str, width: int) -> str:
    """Pad to a width in columns; a Chinese character takes two."""
    columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in label)
    return label + " " * max(0, width - columns)
