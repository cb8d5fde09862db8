"""``zhiban understand``: lines of text in, lines of meaning out, without a server."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from bot.language.slots import Expects
from bot.understanding import Understanding, Understood
from zhiban.cli.options import data_option, settings_from, site_option
from zhiban.cli.reader import open_understanding
from zhiban.clock import CHINA, local_now

_EXIT_BAD_LINES = 1
_EXPECTS = tuple(each.value for each in Expects)


class BadLine(ValueError):
    """A line that cannot be understood as a question; the message says why in two languages."""


@dataclass(frozen=True)
class Asked:
    """One input line.

    Attributes:
        id: Given back as it came.
        text: The caller's words.
        expects: What the bot has just asked for.
        alternatives: The recogniser's other readings, best first.
        caller: The calling number.
        now: When it was said, on the site's clock; None for the present.
    """

    id: str | int | None
    text: str
    expects: str = Expects.ANY.value
    alternatives: tuple[str, ...] = ()
    caller: str = ""
    now: datetime | None = None


@click.command(name="understand")
@data_option
@site_option
@click.option(
    "--model",
    type=click.Path(dir_okay=False, path_type=Path),
    help="指定训练好的模型文件 / a trained model's file, instead of the present sources'",
)
def command(data: Path | None, site: Path | None, model: Path | None) -> int:
    """逐行理解文本，不需要启动服务 / understand texts line by line, no server needed.

    标准输入每行一个 JSON 对象，标准输出按顺序每行一个结果，即读即答。
    One JSON object a line on standard input; one result a line, in order, at once.

    \b
    输入 in:  {"id": "1", "text": "电梯里困人了"}
      可选 optional:
        expects       刚才问的是什么 what was just asked:
                      address phone name since available ticket any
        alternatives  识别的其他候选 the recogniser's other readings ["…"]
        caller        来电号码 calling number，供「就这个号码」
        now           说话时间 when it was said，2026-11-18T14:00，默认现在
    输出 out: {"id", "intent", "confidence", "category",
              "emergency": {"kind", "action": "transfer"|"ask", "confidence"} | null,
              "slots": {"building", "unit", "room", "phone", …}}

    坏行在标准错误上指出行号，其余照常，最后退出码为 1。
    A bad line is named on standard error, the rest goes on, and the exit code is 1.

    \b
    zhiban understand < lines.jsonl > understood.jsonl
    """  # noqa: D301 - click wants the real \b
    settings = settings_from(data, site)
    understanding = open_understanding(settings, model)
    if sys.stdin.isatty():
        click.echo('每行一个 / one a line: {"id": "1", "text": "…"}   Ctrl-D', err=True)
    try:
        bad = understand_lines(sys.stdin.buffer, sys.stdout.buffer, understanding)
    except BrokenPipeError:
        # Whoever read us has gone; what is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _EXIT_BAD_LINES
    return _EXIT_BAD_LINES if bad else 0


def understand_lines(source: BinaryIO, sink: BinaryIO, understanding: Understanding) -> int:
    """Answer every line as it comes; return how many were bad."""
    bad = 0
    for number, raw in enumerate(source, start=1):
        if not raw.strip():
            continue
        try:
            asked = read_line(raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)
        except BadLine as error:
            bad += 1
            click.echo(f"✗ 第 {number} 行 / line {number}: {error}", err=True)
            continue
        understood = understanding.read(
            asked.text,
            expects=asked.expects,
            alternatives=asked.alternatives,
            caller=asked.caller,
            now=asked.now or local_now(),
        )
        sink.write(written(asked, understood))
        sink.flush()
    return bad


def read_line(raw: bytes) -> Asked:
    """Read one input line.

    Raises:
        BadLine: It is no JSON object, or a field is not what it should be.
    """
    try:
        line = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine(f"不是 UTF-8 / not UTF-8 (byte {error.start + 1})") from error
    except json.JSONDecodeError as error:
        raise BadLine(f"不是 JSON / not JSON: {error.msg} (column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise BadLine(f"不是能读的 JSON / JSON that cannot be read: {error}") from error
    if not isinstance(line, Mapping):
        raise BadLine('应为 {"id", "text"} / must be {"id", "text"}')
    return Asked(
        id=_id(line.get("id")),
        text=_words(line, "text"),
        expects=_expects(line),
        alternatives=_alternatives(line.get("alternatives")),
        caller=_words(line, "caller", ""),
        now=_moment(line.get("now")),
    )


def _id(value: Any) -> str | int | None:
    if value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)):
        return value
    raise BadLine("id: 应为字符串或整数 / must be a string or an integer")


def _words(line: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = line.get(name, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadLine(f"{name}: 应为字符串 / must be a string")
    return value


def _expects(line: Mapping[str, Any]) -> str:
    value = _words(line, "expects", Expects.ANY.value)
    if value not in _EXPECTS:
        raise BadLine(f"expects: 应为 / must be one of {' '.join(_EXPECTS)}")
    return value


def _alternatives(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadLine("alternatives: 应为字符串列表 / must be a list of strings")
    return tuple(value)


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadLine("now: 应为 2026-11-18T14:00 / must be like 2026-11-18T14:00") from error
    return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment.astimezone(CHINA)


def written(asked: Asked, understood: Understood) -> bytes:
    """Return the result as one line of JSON, its end included."""
    danger = understood.emergency
    result = {
        "id": asked.id,
        "intent": understood.intent,
        "confidence": round(understood.confidence, 4),
        "category": understood.category,
        "emergency": None
        if danger is None
        else {**asdict(danger), "confidence": round(danger.confidence, 4)},
        "slots": dict(understood.slots),
    }
    try:
        return (json.dumps(result, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        # Half a surrogate pair has no UTF-8; escaped it can be given back all the same.
        return (json.dumps(result) + "\n").encode()
