"""The command line, run as people run it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from zhiban.cli import cli
from zhiban.supervisor import instance
from zhiban.supervisor.service import State

ROOT = Path(__file__).parent.parent.parent


def zhiban(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zhiban", *arguments],
        cwd=ROOT,
        env={**os.environ, "ZHIBAN_ONLINE_VOICE": "0", **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_commands_and_each_has_help() -> None:
    answer = zhiban("--help")
    assert answer.returncode == 0
    for name in ("up", "prepare", "doctor", "models", "train", "status", "version"):
        assert f"  {name}" in answer.stdout
        each = CliRunner().invoke(cli, [name, "--help"], prog_name="zhiban")
        assert each.exit_code == 0 and "Usage: zhiban " + name in each.output


@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_help_shows_no_mark_that_only_lays_it_out(name: str) -> None:
    shown = CliRunner().invoke(cli, [name, "--help"], prog_name="zhiban").output
    assert "\\b" not in shown and "\b" not in shown


def test_help_shows_examples_one_a_line() -> None:
    shown = CliRunner().invoke(cli, ["call", "--help"], prog_name="zhiban").output
    assert "\n  zhiban call --wav a.wav b.wav --save heard.wav\n" in shown


def test_wrong_setting_is_one_line_and_exit_code_1() -> None:
    answer = zhiban("doctor", ZHIBAN_GATEWAY_PORT="many")
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1 and "ZHIBAN_GATEWAY_PORT" in answer.stderr


def test_unknown_command_is_a_usage_error() -> None:
    assert zhiban("nonsense").returncode == 2


def test_doctor_on_an_empty_data_dir_names_what_is_missing(tmp_path: Path) -> None:
    answer = zhiban("doctor", "--json", "--data", str(tmp_path))
    report = json.loads(answer.stdout)
    found = {row["name"].split()[0]: row for row in report["findings"]}
    assert answer.returncode == 1 and not report["healthy"]
    for name in ("语音识别", "对话模型", "固定话术"):
        assert not found[name]["ok"] and found[name]["required"] and found[name]["advice"]
    assert found["应用环境" if "应用环境" in found else "开发环境"]["ok"]
    assert found["Redis"]["ok"], "the embedded one is part of the installation"
    assert list(tmp_path.iterdir()) == [], "looking changes nothing"


def test_doctor_sees_unreachable_stores_and_busy_ports(tmp_path: Path) -> None:
    with socket.socket() as taken, socket.socket() as nobody:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        answer = zhiban(
            "doctor",
            "--data",
            str(tmp_path),
            ZHIBAN_REDIS_URL=f"redis://127.0.0.1:{nobody.getsockname()[1]}/0",
            ZHIBAN_DATABASE_URL=f"postgresql://u:secret@127.0.0.1:{nobody.getsockname()[1]}/z",
            ZHIBAN_DESK_PORT=str(taken.getsockname()[1]),
        )
    assert answer.returncode == 1
    assert "✗ Redis：连不上" in answer.stdout
    assert "✗ 数据库 database：连不上" in answer.stdout
    assert "ZHIBAN_DESK_PORT" in answer.stdout
    assert "secret" not in answer.stdout


def test_status_when_nothing_runs(tmp_path: Path) -> None:
    answer = zhiban("status", "--data", str(tmp_path))
    assert answer.returncode == 3
    assert "not running" in answer.stdout


@pytest.mark.parametrize(("state", "code"), [(State.READY, 0), (State.BACKOFF, 4)])
def test_status_tells_of_the_running_one(tmp_path: Path, state: State, code: int) -> None:
    service = instance.ServiceStatus("rasa", "对话引擎", state, 4711, 2, 3.0, "", "rasa.log")
    with instance.only_one(tmp_path):
        instance.write_status(tmp_path, instance.Status(os.getpid(), "2026-01-01", (service,)))
        answer = zhiban("status", "--data", str(tmp_path))
    assert answer.returncode == code
    assert "4711" in answer.stdout and "重启 2 次" in answer.stdout and state.value in answer.stdout


def test_up_refuses_a_busy_port_in_one_line_before_preparing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = zhiban("up", "--data", str(tmp_path), ZHIBAN_GATEWAY_PORT=port)
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert port in answer.stderr and "ZHIBAN_GATEWAY_PORT" in answer.stderr
    assert not (tmp_path / "models").exists()


def test_second_up_in_one_data_dir_is_refused(tmp_path: Path) -> None:
    with instance.only_one(tmp_path):
        answer = zhiban("up", "--data", str(tmp_path))
    assert answer.returncode == 1
    assert "already running" in answer.stderr and answer.stderr.count("\n") == 1


def test_train_without_the_engine_says_what_to_do(tmp_path: Path) -> None:
    answer = zhiban("train", "--data", str(tmp_path), ZHIBAN_RASA_PYTHON="/no/such/python")
    assert answer.returncode == 1
    assert "make run" in answer.stderr


def test_two_preparations_of_one_data_dir_do_not_meet(tmp_path: Path) -> None:
    with instance.only_one_preparing(tmp_path):
        answer = zhiban("prepare", "--data", str(tmp_path))
    assert answer.returncode == 1
    assert "being prepared" in answer.stderr and answer.stderr.count("\n") == 1
    assert not (tmp_path / "models").exists()
