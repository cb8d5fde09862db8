"""``zhiban eval``: every figure of the understanding, with its interval, target and failures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import yaml

from bot.evaluation import run
from bot.evaluation.figures import Report
from bot.evaluation.floor import FloorError, fallen, read_floors
from bot.evaluation.report import as_dict, text_lines
from bot.evaluation.sets import SetError
from bot.evaluation.slots import LABELLED_AT
from bot.understanding import Understanding
from zhiban.cli.options import data_option, settings_from, site_option
from zhiban.cli.reader import open_intents, site_answers, site_roster, trained_model
from zhiban.settings import ROOT, Settings

FAMILIES = {
    "emergency": ("emergency", "spotter", "partial"),
    "spotter": ("spotter", "partial"),
    "intent": ("intent",),
    "slots": ("slots",),
    "questions": ("questions",),
    "speed": ("odd",),
}
"""The parts of an evaluation, and the first words of their figures' keys."""

_BY_DEFAULT = ("emergency", "intent", "slots", "questions", "speed")
_FLOOR = "floor.yml"
_EXIT_FALLEN = 1


@click.command(name="eval")
@data_option
@site_option
@click.option(
    "--set",
    "set_name",
    type=click.Choice(["frozen", "dev"]),
    default="frozen",
    show_default=True,
    help="冻结集只报数字，调参用 dev / the frozen set only reports; tune on dev",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(FAMILIES)),
    help="只测一部分，可重复 / one part, may be repeated（spotter 不需要模型 needs no model）",
)
@click.option(
    "--failures/--no-failures", default=True, show_default=True, help="列出错例 / list the failures"
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="另存为 JSON，- 为标准输出 / also as JSON, - for standard output",
)
@click.option(
    "--gate",
    is_flag=True,
    help="低于该集 floor.yml 时退出码为 1 / exit 1 if a figure fell below the set's floor.yml",
)
@click.option(
    "--model",
    type=click.Path(dir_okay=False, path_type=Path),
    help="指定训练好的模型文件 / a trained model's file, instead of the present sources'",
)
def command(
    data: Path | None,
    site: Path | None,
    set_name: str,
    only: tuple[str, ...],
    failures: bool,
    json_file: Path | None,
    gate: bool,
    model: Path | None,
) -> int:
    """评测理解能力：数字、95 % 区间、目标、错例 / score the understanding.

    没有训练好的模型时先训练；没有的评测文件会列出来。没有 --gate 时，未达目标不影响退出码。
    Trains the bot first if need be; files that are missing are named. Without --gate a missed
    target does not change the exit code.

    \b
    zhiban eval                          冻结集全部指标 / every figure on the frozen set
    zhiban eval --set dev --only slots   调参时 / while tuning
    zhiban eval --no-failures --gate     CI
    """  # noqa: D301 - click wants the real \b
    settings = settings_from(data, site)
    folder = ROOT / "nlu_data" / set_name
    parts = only or _BY_DEFAULT
    to_stdout = json_file == Path("-")
    try:
        report = _evaluate(folder, parts, settings, model)
        lost = _lost(report, folder / _FLOOR, parts) if gate else []
    except SetError as error:
        raise click.ClickException(str(error)) from error
    if not failures:
        report.failures.clear()
    if not to_stdout:
        click.echo(f"zhiban eval · nlu_data/{set_name}")
        for line in text_lines(report):
            click.echo(line)
    if json_file is not None:
        content = json.dumps({"set": set_name, **as_dict(report)}, ensure_ascii=False, indent=1)
        if to_stdout:
            click.echo(content)
        else:
            json_file.write_text(content + "\n", encoding="utf-8")
    if gate:
        for line in lost:
            click.echo(f"✗ 退步 / fell behind: {line}", err=True)
        if not lost:
            click.echo("✓ 没有退步 / nothing fell behind", err=True)
    return _EXIT_FALLEN if lost else 0


def _evaluate(folder: Path, parts: Sequence[str], settings: Settings, model: Path | None) -> Report:
    roster = site_roster(settings)
    index, silent = site_answers(settings, LABELLED_AT.date())
    understanding: Understanding | None = None

    def trained() -> Understanding:
        nonlocal understanding
        if understanding is None:
            intents = open_intents(model or trained_model(settings))
            understanding = Understanding(intents, roster)
        return understanding

    ways: dict[str, Callable[[], Report]] = {
        "emergency": lambda: run.evaluate_emergencies(folder, trained()),
        "spotter": lambda: run.evaluate_spotter(folder),
        "intent": lambda: run.evaluate_intents(folder, trained()),
        "slots": lambda: run.evaluate_slots(folder, roster),
        "questions": lambda: run.evaluate_questions(folder, index, silent),
        "speed": lambda: run.evaluate_odd(trained(), roster, index),
    }
    wanted = {*parts, "spotter"} if "emergency" in parts else set(parts)
    report = Report()
    for part, way in ways.items():
        if part in wanted:
            report.add(way())
    return report


def _lost(report: Report, path: Path, parts: Sequence[str]) -> list[str]:
    """Return what fell behind the floors of the parts that were measured."""
    families = {family for part in parts for family in FAMILIES[part]}
    try:
        floors = read_floors(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise click.ClickException(f"没有门槛文件 / no floor file: {path}") from error
    except (FloorError, yaml.YAMLError) as error:
        raise click.ClickException(f"{path.name}: {error}") from error
    return fallen(report, [floor for floor in floors if floor.key.partition(".")[0] in families])
