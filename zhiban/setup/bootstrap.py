"""First step on any machine: make both environments, then hand over to ``zhiban``.

Usage: ``python3 -m zhiban.setup.bootstrap [--dev] [zhiban arguments…]``. Standard library only.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from zhiban.setup import environments, pythons
from zhiban.setup.environments import ROOT, Environment
from zhiban.setup.faults import SetupCode, SetupError
from zhiban.setup.findings import as_lines, is_healthy
from zhiban.setup.host_checks import check_host
from zhiban.setup.progress import Progress

OWN_UV = ROOT / ".venv-uv"


def ensure(dev: bool, env: Mapping[str, str], progress: Progress) -> list[Environment]:
    """Bring every environment up to date, both at once; return those that were touched.

    Raises:
        SetupError: the first thing that is missing or failed.
    """
    missing = [each for each in environments.wanted(dev) if not each.is_ready()]
    if not missing:
        return []
    with environments.only_one(ROOT):
        missing = [each for each in environments.wanted(dev) if not each.is_ready()]
        environments.check_space(missing, ROOT)
        uv = _uv(env, progress)
        with ThreadPoolExecutor(len(missing) or 1) as pool:
            jobs = [pool.submit(environments.build, each, uv, progress, env) for each in missing]
        faults = [fault for job in jobs if (fault := job.exception()) is not None]
        if faults:
            raise faults[0]
    return missing


def _uv(env: Mapping[str, str], progress: Progress) -> Path:
    uv = environments.find_uv(env, OWN_UV)
    if uv is not None:
        return uv
    interpreter = pythons.find("3.11", env, environments.FETCHED_PYTHONS)
    interpreter = interpreter or pythons.probe(Path(sys.executable))
    if interpreter is None:
        raise SetupError(
            "没有可用的 Python / no usable Python",
            code=SetupCode.PYTHON_MISSING,
            advice=pythons.missing_advice("3.11"),
        )
    with progress.step("安装工具 uv"):
        return environments.fetch_uv(interpreter, OWN_UV)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bootstrap; does not return when it hands over to ``zhiban``."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    dev = "--dev" in words[:1]
    words = words[1:] if dev else words
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if words[:1] == ["doctor"] and not environments.wanted(dev)[0].is_ready():
        return _doctor_before_anything()
    progress = Progress()
    try:
        touched = ensure(dev, os.environ, progress)
    except SetupError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已停止；再运行一次会接着做 / stopped; run again to go on", file=sys.stderr)
        return 130
    if not words:
        if not touched:
            print("✓ 环境已就绪 / environments are up to date")
        return 0
    python = environments.wanted(dev)[0].python
    sys.stdout.flush()
    if os.access(OWN_UV / "bin" / "uv", os.X_OK):
        os.environ["PATH"] += os.pathsep + str(OWN_UV / "bin")  # models are fetched with it too
    return os.execv(python, [str(python), "-m", "zhiban", *words])


def _doctor_before_anything() -> int:
    """Say what the machine lacks while there is no environment for the full check."""
    findings = check_host(os.environ, ROOT / "var")
    print("\n".join(as_lines(findings)))
    print("装好后再运行可看到其余检查 / run again after make setup for the other checks")
    return 0 if is_healthy(findings) else 1


if __name__ == "__main__":
    sys.exit(main())
