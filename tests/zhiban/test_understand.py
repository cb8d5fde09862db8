"""``zhiban understand``: JSON lines in, JSON lines out, as another program uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_intents import pack, train_tiny
from zhiban.cli.understand import BadLine, read_line
from zhiban.settings import ROOT

COMMAND = [sys.executable, "-m", "zhiban", "understand"]
TRAINER = """#!/bin/sh
while [ $# -gt 0 ]; do
    [ "$1" = --out ] && out=$2
    shift
done
echo "Starting to train component 'Tiny'."
cp "{model}" "$out/new.tar.gz"
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    train_tiny(folder / "weights")
    return pack(folder / "weights", folder / "model.tar.gz")


def understand(
    lines: bytes | Sequence[object], *arguments: str | Path, **env: str
) -> subprocess.CompletedProcess[bytes]:
    if not isinstance(lines, bytes):
        lines = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **env},
        input=lines,
        capture_output=True,
        check=False,
    )


def results(answer: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.stdout.decode("utf-8").splitlines()]


def test_each_line_is_answered_in_order_by_contract(model: Path) -> None:
    asked = [
        {"id": "a", "text": "电梯里困人了"},
        {"id": 7, "text": "五栋二单元幺零零一厨房漏水"},
        {"id": "c", "text": "好像有点煤气味"},
        {"text": "物业费怎么收"},
        {"id": "e", "text": ""},
    ]
    answer = understand(asked, "--model", model)
    assert (answer.returncode, answer.stderr) == (0, b"")
    trapped, leak, smell, fee, silence = results(answer)
    for result in (trapped, leak, smell, fee, silence):
        assert list(result) == ["id", "intent", "confidence", "category", "emergency", "slots"]
        assert 0 <= result["confidence"] <= 1
    assert [r["id"] for r in results(answer)] == ["a", 7, "c", None, "e"]
    assert (trapped["intent"], trapped["category"]) == ("emergency_elevator_trapped", "emergency")
    assert list(trapped["emergency"]) == ["kind", "action", "confidence"]
    assert (trapped["emergency"]["kind"], trapped["emergency"]["action"]) == (
        "elevator_trapped",
        "transfer",
    )
    assert (leak["intent"], leak["category"], leak["emergency"]) == ("leak", "leak", None)
    assert leak["slots"].items() >= {"building": "5", "unit": "2", "room": "1001"}.items()
    assert (smell["emergency"]["kind"], smell["emergency"]["action"]) == ("gas_leak", "ask")
    assert (fee["intent"], fee["category"]) == ("fee_inquiry", "fee_inquiry")
    assert (silence["intent"], silence["category"], silence["slots"]) == ("nlu_fallback", None, {})


def test_what_came_with_the_words_is_used(model: Path) -> None:
    said = "2026-11-18T14:00"
    asked = [
        {"id": 1, "text": "就打这个电话", "expects": "phone", "caller": "13812345678"},
        {"id": 2, "text": "明天下午三点", "expects": "available", "now": said},
        {"id": 3, "text": "嗯", "alternatives": ["着火了"]},
        {"id": 4, "text": "喂", "expects": None, "alternatives": None, "caller": None, "now": None},
    ]
    answer = understand(asked, "--model", model)
    phone, time, fire, plain = results(answer)
    assert phone["slots"] == {"phone": "13812345678"}
    assert time["slots"] == {"start": "2026-11-19T15:00"}
    assert (fire["emergency"]["kind"], fire["emergency"]["action"]) == ("fire", "ask")
    assert (plain["intent"], plain["emergency"]) == ("greet", None)


def test_bad_lines_are_named_and_the_rest_goes_on(model: Path) -> None:
    lines = [
        b"\xef\xbb\xbf" + '{"id": 1, "text": "着火了"}'.encode() + b"\r",
        b"not json",
        b"",
        b'{"id": 4, "text": 5}',
        b'{"id": 5, "text": "\xff"}',
        b"[" * 100_000,
        b'{"id": 7, "text": "a", "expects": "money"}',
        '{"id": "\\ud83d", "text": "\\ud83d啊"}'.encode(),
    ]
    answer = understand(b"\n".join(lines), "--model", model)
    assert answer.returncode == 1
    assert [result["id"] for result in results(answer)] == [1, "\ud83d"]
    complaints = answer.stderr.decode("utf-8").splitlines()
    for number, line in zip((2, 4, 5, 6, 7), complaints, strict=True):
        assert f"第 {number} 行 / line {number}:" in line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{}", "text"),
        ('{"text": null}', "text"),
        ('"着火了"', '{"id", "text"}'),
        ('{"text": "a", "id": true}', "id"),
        ('{"text": "a", "id": [1]}', "id"),
        ('{"text": "a", "alternatives": "b"}', "alternatives"),
        ('{"text": "a", "alternatives": [1]}', "alternatives"),
        ('{"text": "a", "caller": 138}', "caller"),
        ('{"text": "a", "now": "soon"}', "now"),
        ('{"text": "a", "now": 5}', "now"),
        ('{"text": "a", "id": ' + "9" * 5000 + "}", "JSON"),
    ],
)
def test_each_fault_is_named(line: str, said: str) -> None:
    with pytest.raises(BadLine) as caught:
        read_line(line.encode())
    assert said in str(caught.value)


def test_a_program_can_talk_to_it_line_by_line(model: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--model", str(model)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as talk:
        assert talk.stdin is not None and talk.stdout is not None
        for number, text in enumerate(("厨房漏水", "着火了")):
            talk.stdin.write(json.dumps({"id": number, "text": text}).encode() + b"\n")
            talk.stdin.flush()
            # The answer comes while our end is still open.
            assert json.loads(talk.stdout.readline())["id"] == number
        talk.stdin.close()
        assert talk.wait() == 0


def test_a_reader_that_goes_away_is_no_crash(model: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--model", str(model)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as talk:
        assert talk.stdout is not None
        talk.stdout.close()
        _, complaints = talk.communicate(b'{"id": 1, "text": "a"}\n' * 3)
    assert (talk.returncode, complaints) == (1, b"")


def test_trains_first_where_nothing_was_trained(model: Path, tmp_path: Path) -> None:
    trainer = tmp_path / "python"
    trainer.write_text(TRAINER.format(model=model))
    trainer.chmod(0o755)
    given = {"ZHIBAN_RASA_PYTHON": str(trainer)}
    first = understand([{"id": 1, "text": "厨房漏水"}], "--data", tmp_path / "data", **given)
    assert first.returncode == 0, first.stderr
    assert results(first)[0]["intent"] == "leak"
    assert "training" in first.stderr.decode()
    second = understand([{"id": 1, "text": "厨房漏水"}], "--data", tmp_path / "data", **given)
    assert (second.stdout, second.stderr) == (first.stdout, b"")


@pytest.mark.parametrize("content", [None, b"", b"no archive"])
def test_a_model_that_is_none_is_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "broken.tar.gz"
    if content is not None:
        path.write_bytes(content)
    answer = understand([{"id": 1, "text": "喂"}], "--model", path)
    assert (answer.returncode, answer.stdout) == (1, b"")
    assert answer.stderr.count(b"\n") == 1 and b"zhiban train" in answer.stderr


def test_help_says_what_goes_in_and_out() -> None:
    answer = understand(b"", "--help")
    assert answer.returncode == 0
    for word in ("text", "expects", "alternatives", "caller", "emergency", "transfer", "slots"):
        assert word in answer.stdout.decode()
