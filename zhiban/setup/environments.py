"""Makes the two Python environments from their locks, and knows when there is nothing to do.

Two, because Rasa 3.6 needs Python 3.10 with pydantic 1 and the voice pipeline needs 3.11 with
pydantic 2 (docs/dependencies.md).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zhiban.setup import pythons
from zhiban.setup.faults import SetupCode, SetupError, explain
from zhiban.setup.progress import Progress, Step
from zhiban.setup.stamps import clear_stamp, fingerprint, read_stamp, write_stamp

ROOT = Path(__file__).resolve().parent.parent.parent
FETCHED_PYTHONS = ROOT / ".python"
_MEBI = 1024 * 1024


@dataclass(frozen=True)
class Environment:
    """One virtual environment.

    Attributes:
        kind: short name, kept in the stamp.
        title: what people call it.
        folder: where it lies.
        minor: the Python it needs.
        locks: lock files that say exactly what is in it.
        editable: whether this project itself is installed into it.
        size_mib: disk space to ask for before starting.
    """

    kind: str
    title: str
    folder: Path
    minor: str
    locks: tuple[Path, ...]
    editable: bool
    size_mib: int

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """Written last: its content says what the environment was made from."""
        return self.folder / ".zhiban-stamp"

    @property
    def mark(self) -> str:
        """What the stamp must say for the environment to be complete and current."""
        project = _project_tables() if self.editable else ""
        return f"{self.kind} {fingerprint(self.locks, self.minor, str(self.folder), project)}"

    def is_ready(self) -> bool:
        """Tell whether the environment is complete and made from the present locks."""
        return read_stamp(self.stamp) == self.mark and os.access(self.python, os.X_OK)


def _project_tables() -> str:
    """Return what of pyproject.toml an installation depends on: all but the tools' settings."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text.split("\n[tool.", maxsplit=1)[0]


_LOCKS = ROOT / "requirements"
APP = Environment(
    "app", "应用环境 (Python 3.11)", ROOT / ".venv", "3.11", (_LOCKS / "app.lock",), True, 1200
)
DEV = Environment(
    "dev", "开发环境 (Python 3.11)", ROOT / ".venv", "3.11", (_LOCKS / "dev.lock",), True, 1500
)
RASA = Environment(
    "rasa",
    "对话引擎环境 (Python 3.10 + Rasa)",
    ROOT / ".venv-rasa",
    "3.10",
    (_LOCKS / "rasa.lock", _LOCKS / "voice.lock"),
    False,
    3200,
)


def wanted(dev: bool) -> list[Environment]:
    """Return the environments to have; an environment with test tools also serves as the app's."""
    has_tools = read_stamp(DEV.stamp).startswith(f"{DEV.kind} ")
    return [DEV if dev or has_tools else APP, RASA]


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the set-up lock, so that two set-ups never write into one environment.

    Raises:
        SetupError: BUSY, if another set-up is running here.
    """
    with (folder / ".venv.lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                "另一个安装正在进行 / another set-up is running in this folder",
                code=SetupCode.BUSY,
                advice="等它结束再试 / wait for it to finish",
                retryable=True,
            ) from None
        yield


def check_space(environments: list[Environment], folder: Path) -> None:
    """Refuse to begin what cannot be finished.

    Raises:
        SetupError: DISK_FULL, with the space needed and the space left.
    """
    needed = sum(environment.size_mib for environment in environments)
    free = shutil.disk_usage(folder).free // _MEBI
    if free < needed:
        raise SetupError(
            f"磁盘空间不足：需要约 {needed} MiB，只剩 {free} MiB / need about {needed} MiB in "
            f"{folder}, {free} MiB left",
            code=SetupCode.DISK_FULL,
            advice="清出空间后重新运行 / free some space and run again",
            retryable=True,
        )


def find_uv(env: Mapping[str, str], own: Path) -> Path | None:
    """Return a uv that really runs: from the PATH, or the one fetched earlier into `own`."""
    places = [Path(p) / "uv" for p in env.get("PATH", "").split(os.pathsep) if p]
    for path in (*places, own / "bin" / "uv"):
        if not os.access(path, os.X_OK):
            continue
        try:
            result = subprocess.run([str(path), "--version"], capture_output=True, check=False)
        except OSError:
            continue
        if result.returncode == 0 and result.stdout.startswith(b"uv "):
            return path
    return None


def fetch_uv(interpreter: pythons.Interpreter, own: Path) -> Path:
    """Install uv with pip into a small environment of its own.

    Raises:
        SetupError: INSTALLER_MISSING where Python lacks venv or pip, else the download's fault.
    """
    made = subprocess.run(
        [str(interpreter.path), "-m", "venv", "--clear", str(own)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise SetupError(
            "这个 Python 不能建虚拟环境 / this Python cannot make virtual environments",
            code=SetupCode.INSTALLER_MISSING,
            advice=f"apt install python{interpreter.minor}-venv，或装好 uv / or install uv",
        )
    pip = [str(own / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    _run([*pip, "-r", str(_LOCKS / "uv.lock")], "安装 uv ")
    return own / "bin" / "uv"


def build(environment: Environment, uv: Path, progress: Progress, env: Mapping[str, str]) -> None:
    """Make or update one environment; the stamp is written when all of it is there.

    Raises:
        SetupError: with one line saying what to do.
    """
    with progress.step(environment.title) as step:
        interpreter = pythons.find(environment.minor, env, FETCHED_PYTHONS)
        if interpreter is None:
            step.note = f"下载 Python {environment.minor}"
            interpreter = pythons.fetch(environment.minor, uv, FETCHED_PYTHONS)
        was_complete = bool(read_stamp(environment.stamp))
        clear_stamp(environment.stamp)
        if not (was_complete and _same_python(environment, interpreter)):
            step.note = "新建"
            command = [str(uv), "venv", "--quiet", "--clear", "--python", str(interpreter.path)]
            _run([*command, str(environment.folder)], environment.title)
        _install(environment, uv, step)
        write_stamp(environment.stamp, environment.mark)
        step.note = interpreter.version


def _same_python(environment: Environment, interpreter: pythons.Interpreter) -> bool:
    present = pythons.probe(environment.python)
    return present is not None and present.version == interpreter.version


def _install(environment: Environment, uv: Path, step: Step) -> None:
    pip = [str(uv), "pip"]
    target = ["--quiet", "--python", str(environment.python)]
    step.note = "下载并安装依赖"
    locks = [str(lock) for lock in environment.locks]
    _run([*pip, "sync", *target, "--require-hashes", *locks], environment.title)
    if environment.editable:
        step.note = "安装本项目"
        project = ["--no-deps", "--no-build-isolation", "--offline", "--editable", str(ROOT)]
        _run([*pip, "install", *target, *project], environment.title)


def _run(command: list[str], what: str) -> None:
    """Run an installer; on failure raise with advice drawn from what it printed."""
    # uv must not take settings from a project around this one, nor from an active environment.
    env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if result.returncode != 0:
        raise explain(result.stdout + result.stderr, what)
