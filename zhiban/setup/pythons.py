"""Finds Python interpreters: on the PATH, under pyenv, or fetched by uv as the last resort.

A file called ``python3.10`` proves nothing: pyenv puts shims on the PATH that only print an
error. Every candidate is therefore run, and what it says about itself is believed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhiban.setup.faults import SetupCode, SetupError, explain

_ASK = (
    "import sys,ssl,sqlite3;print('%d.%d.%d' % sys.version_info[:3]);"
    # A virtual environment is answered with the Python behind it: it may be about to be replaced.
    "print(getattr(sys,'_base_executable','') or sys.executable)"
)
_PROBE_TIMEOUT_S = 20


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run and answered."""

    path: Path
    version: str

    @property
    def minor(self) -> str:
        """Version without the patch level: ``3.10``."""
        return self.version.rsplit(".", 1)[0]


def probe(path: Path) -> Interpreter | None:
    """Run a candidate; None if it is missing, broken or a shim without a version behind it."""
    try:
        answer = subprocess.run(
            [str(path), "-I", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_PROBE_TIMEOUT_S,
            check=False,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = answer.stdout.split("\n")
    if answer.returncode != 0 or len(lines) < 2:
        return None
    return Interpreter(Path(lines[1].strip() or path), lines[0].strip())


def candidates(minor: str, env: Mapping[str, str], fetched: Path) -> Iterator[Path]:
    """Yield places where that Python may be, best first.

    Args:
        minor: ``3.10`` or ``3.11``.
        env: environment: ``ZHIBAN_PYTHON310`` (or 311) names one outright; ``PATH``,
            ``PYENV_ROOT`` and ``HOME`` are searched.
        fetched: folder that `fetch` installs into.
    """
    chosen = env.get("ZHIBAN_PYTHON" + minor.replace(".", ""))
    if chosen:
        yield Path(chosen).expanduser()
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == minor:
        yield Path(sys.executable)
    for folder in env.get("PATH", "").split(os.pathsep):
        if folder:
            yield Path(folder) / f"python{minor}"
            yield Path(folder) / "python3"
    roots = [Path(env["PYENV_ROOT"])] if env.get("PYENV_ROOT") else []
    if env.get("HOME"):
        roots.append(Path(env["HOME"]) / ".pyenv")
    for root in roots:
        yield from _installed(root / "versions", f"{minor}*")
    if env.get("HOME"):
        yield from _installed(
            Path(env["HOME"]) / ".local" / "share" / "uv" / "python", f"cpython-{minor}.*"
        )
    yield from _installed(fetched, f"cpython-{minor}.*")


def _installed(folder: Path, pattern: str) -> list[Path]:
    """Return interpreters of versioned folders, newest patch level first."""
    found = [entry / "bin" / "python" for entry in folder.glob(pattern)]

    def patch(path: Path) -> tuple[int, ...]:
        digits = [part for part in path.parts[-3].replace("-", ".").split(".") if part.isdigit()]
        return tuple(int(part) for part in digits)

    return sorted(found, key=patch, reverse=True)


def find(minor: str, env: Mapping[str, str], fetched: Path) -> Interpreter | None:
    """Return the first candidate that runs and is of that version."""
    seen: set[Path] = set()
    for path in candidates(minor, env, fetched):
        if path in seen or not path.exists():
            continue
        seen.add(path)
        interpreter = probe(path)
        if interpreter is not None and interpreter.minor == minor:
            return interpreter
    return None


def fetch(minor: str, uv: Path, fetched: Path) -> Interpreter:
    """Have uv download that Python into our own folder.

    Raises:
        SetupError: PYTHON_MISSING, saying how to get one by hand.
    """
    result = subprocess.run(
        [str(uv), "python", "install", "--install-dir", str(fetched), "--no-bin", minor],
        capture_output=True,
        text=True,
        check=False,
    )
    interpreter = find(minor, {}, fetched)
    if interpreter is not None:
        return interpreter
    cause = explain(result.stdout + result.stderr, f"下载 Python {minor} ")
    raise SetupError(
        f"找不到 Python {minor} / Python {minor} not found on PATH or under pyenv, and uv could "
        f"not download it ({cause.code.value})",
        code=SetupCode.PYTHON_MISSING,
        advice=missing_advice(minor),
    )


def missing_advice(minor: str) -> str:
    """Return one line on how to get that Python."""
    return (
        f"装一个再试：pyenv install {minor}，或 apt install python{minor} python{minor}-venv，或 "
        f"ZHIBAN_PYTHON{minor.replace('.', '')}=/路径/python 指给我 / install it with pyenv or "
        f"your package manager, or name it with ZHIBAN_PYTHON{minor.replace('.', '')}"
    )
