"""Finding a Python where shims and broken files lie in the way."""

import os
import sys
from pathlib import Path

import pytest

from zhiban.setup import pythons
from zhiban.setup.faults import SetupCode, SetupError


def fake_python(path: Path, version: str) -> Path:
    """Make a program that answers the probe as that Python would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\necho {path}\n")
    path.chmod(0o755)
    return path


def failing_shim(path: Path) -> Path:
    """Make what pyenv puts on the PATH for a version that is not selected."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'pyenv: {path.name}: command not found' >&2\nexit 127\n")
    path.chmod(0o755)
    return path


def test_the_running_python_is_what_it_says() -> None:
    found = pythons.probe(Path(sys.executable))
    assert found is not None
    assert found.version == "{}.{}.{}".format(*sys.version_info[:3])
    assert found.minor == "{}.{}".format(*sys.version_info[:2])


def test_python_on_the_path(tmp_path: Path) -> None:
    wanted = fake_python(tmp_path / "bin" / "python3.10", "3.10.4")
    found = pythons.find("3.10", {"PATH": str(wanted.parent)}, tmp_path / "none")
    assert found == pythons.Interpreter(wanted, "3.10.4")


def test_failing_shim_is_passed_over_for_pyenvs_own_folder(tmp_path: Path) -> None:
    shims = failing_shim(tmp_path / ".pyenv" / "shims" / "python3.10").parent
    fake_python(tmp_path / ".pyenv" / "versions" / "3.10.2" / "bin" / "python", "3.10.2")
    newest = fake_python(tmp_path / ".pyenv" / "versions" / "3.10.13" / "bin" / "python", "3.10.13")
    fake_python(tmp_path / ".pyenv" / "versions" / "3.11.7" / "bin" / "python", "3.11.7")
    env = {"PATH": str(shims), "HOME": str(tmp_path)}
    found = pythons.find("3.10", env, tmp_path / "none")
    assert found is not None and found.path == newest, "3.10.13 is newer than 3.10.2"


def test_later_path_entry_is_tried_when_the_first_is_a_shim(tmp_path: Path) -> None:
    shim = failing_shim(tmp_path / "shims" / "python3.10")
    real = fake_python(tmp_path / "usr" / "python3.10", "3.10.9")
    env = {"PATH": f"{shim.parent}{os.pathsep}{real.parent}"}
    found = pythons.find("3.10", env, tmp_path / "none")
    assert found is not None and found.path == real


def test_pyenv_root_and_explicit_choice(tmp_path: Path) -> None:
    rooted = fake_python(tmp_path / "py" / "versions" / "3.10.1" / "bin" / "python", "3.10.1")
    env = {"PYENV_ROOT": str(tmp_path / "py")}
    found = pythons.find("3.10", env, tmp_path / "none")
    assert found is not None and found.path == rooted
    chosen = fake_python(tmp_path / "mine", "3.10.7")
    found = pythons.find("3.10", {**env, "ZHIBAN_PYTHON310": str(chosen)}, tmp_path / "none")
    assert found is not None and found.path == chosen


def test_a_wrong_version_under_the_right_name_is_not_taken(tmp_path: Path) -> None:
    liar = fake_python(tmp_path / "bin" / "python3.10", "3.12.1")
    assert pythons.find("3.10", {"PATH": str(liar.parent)}, tmp_path / "none") is None


def test_python_fetched_earlier_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "fetched" / "cpython-3.10.19-linux-x86_64-gnu" / "bin"
    wanted = fake_python(folder / "python", "3.10.19")
    found = pythons.find("3.10", {}, tmp_path / "fetched")
    assert found is not None and found.path == wanted


def test_nothing_to_be_had_says_what_to_do(tmp_path: Path) -> None:
    uv = failing_shim(tmp_path / "uv")
    with pytest.raises(SetupError) as caught:
        pythons.fetch("3.10", uv, tmp_path / "fetched")
    assert caught.value.code is SetupCode.PYTHON_MISSING
    line = str(caught.value)
    assert "\n" not in line and "pyenv install 3.10" in line and "ZHIBAN_PYTHON310" in line
