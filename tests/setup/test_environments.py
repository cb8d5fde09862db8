"""Environments: made once, made again when a lock changes, never trusted half-made."""

import dataclasses
import io
import os
import sys
from pathlib import Path

import pytest

from zhiban.setup import bootstrap, environments
from zhiban.setup.environments import Environment
from zhiban.setup.faults import SetupCode, SetupError, explain
from zhiban.setup.progress import Progress
from zhiban.setup.stamps import files_under, fingerprint, read_stamp

MINOR = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment with nothing in its lock: needs no network."""
    lock = tmp_path / "empty.lock"
    lock.write_text("# nothing\n")
    return Environment("test", "test", tmp_path / "venv", MINOR, (lock,), False, 1)


def logging_uv(folder: Path) -> tuple[Path, Path]:
    """Wrap the real uv so that its calls can be counted."""
    real = environments.find_uv(os.environ, bootstrap.OWN_UV)
    assert real is not None, "make dev has put uv in place"
    wrapper, log = folder / "uv", folder / "uv.log"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper, log


def build(environment: Environment, uv: Path) -> str:
    stream = io.StringIO()
    environments.build(environment, uv, Progress(stream), os.environ)
    return stream.getvalue()


def test_made_then_ready_then_renewed_in_place(environment: Environment, tmp_path: Path) -> None:
    uv, log = logging_uv(tmp_path)
    assert not environment.is_ready()
    shown = build(environment, uv)
    assert environment.is_ready()
    assert "✓ test" in shown
    marker = environment.folder / "marker"
    marker.touch()
    environment.locks[0].write_text("# changed\n")
    assert not environment.is_ready()
    log.write_text("")
    build(environment, uv)
    assert environment.is_ready()
    assert marker.exists(), "a complete environment is brought up to date, not made again"
    assert "venv" not in log.read_text().split()[0]


def test_interrupted_environment_is_made_again_from_nothing(
    environment: Environment, tmp_path: Path
) -> None:
    uv, _ = logging_uv(tmp_path)
    build(environment, uv)
    environment.stamp.unlink()  # as after a kill in the middle: the stamp is written last
    (environment.folder / "half-written").touch()
    assert not environment.is_ready()
    build(environment, uv)
    assert environment.is_ready()
    assert not (environment.folder / "half-written").exists()


def test_failed_install_leaves_no_stamp(environment: Environment, tmp_path: Path) -> None:
    uv, _ = logging_uv(tmp_path)
    build(environment, uv)
    environment.locks[0].write_text("zhiban-no-such-file @ file:///nowhere/x-1-py3-none-any.whl\n")
    with pytest.raises(SetupError):
        build(environment, uv)
    assert read_stamp(environment.stamp) == ""
    assert not environment.is_ready()


def test_moved_environment_is_not_trusted(environment: Environment, tmp_path: Path) -> None:
    uv, _ = logging_uv(tmp_path)
    build(environment, uv)
    moved = dataclasses.replace(environment, folder=tmp_path / "moved")
    environment.folder.rename(moved.folder)
    assert not moved.is_ready()


def test_two_set_ups_do_not_meet(tmp_path: Path) -> None:
    with environments.only_one(tmp_path):
        with pytest.raises(SetupError) as caught, environments.only_one(tmp_path):
            pass
        assert caught.value.code is SetupCode.BUSY
    with environments.only_one(tmp_path):
        pass


def test_too_small_a_disk_is_refused_before_anything(environment: Environment) -> None:
    huge = dataclasses.replace(environment, size_mib=10**9)
    with pytest.raises(SetupError) as caught:
        environments.check_space([huge], environment.folder.parent)
    assert caught.value.code is SetupCode.DISK_FULL


def test_uv_that_does_not_run_is_not_taken(tmp_path: Path) -> None:
    shim = tmp_path / "shims" / "uv"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    own = tmp_path / "own" / "bin" / "uv"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\necho 'uv 1.0'\n")
    own.chmod(0o755)
    assert environments.find_uv({"PATH": str(shim.parent)}, tmp_path / "own") == own
    assert environments.find_uv({"PATH": str(shim.parent)}, tmp_path / "none") is None


@pytest.mark.parametrize(
    ("output", "code", "retryable"),
    [
        ("error: No space left on device (os error 28)", SetupCode.DISK_FULL, True),
        ("× Hash mismatch for `x==1`", SetupCode.CHECKSUM, False),
        ("error: Failed to fetch: `x`\n dns error: failed to lookup", SetupCode.NETWORK, True),
        ("error: something else", SetupCode.INSTALL_FAILED, True),
    ],
)
def test_a_failed_tool_is_explained_in_one_line(
    output: str, code: SetupCode, retryable: bool
) -> None:
    error = explain(output, "安装")
    assert (error.code, error.retryable) == (code, retryable)
    assert "\n" not in str(error) and error.advice


def test_fingerprint_follows_names_and_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "a.yml", tmp_path / "sub" / "b.yml"
    two.parent.mkdir()
    one.write_text("1")
    two.write_text("2")
    (tmp_path / "frozen").mkdir()
    (tmp_path / "frozen" / "c.yml").write_text("3")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("x")
    files = files_under(tmp_path, skip=("frozen",))
    assert files == [one, two]
    first = fingerprint(files, base=tmp_path)
    assert fingerprint(reversed(files), base=tmp_path) == first
    assert fingerprint(files, "fact", base=tmp_path) != first
    two.write_text("changed")
    assert fingerprint(files, base=tmp_path) != first
    two.write_text("2")
    renamed = two.rename(two.with_name("c.yml"))
    assert fingerprint([one, renamed], base=tmp_path) != first


def test_progress_in_a_log_marks_the_failed_step() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    with progress.step("good") as step:
        step.note = "42"
    with pytest.raises(ValueError, match="no"), progress.step("bad"):
        raise ValueError("no")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "… good"
    assert lines[1].startswith("✓ good (42)")
    assert lines[3].startswith("✗ bad")
    assert [title for title, _ in progress.figures] == ["good"]
