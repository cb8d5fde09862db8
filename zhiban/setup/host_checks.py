"""The doctor's checks that need nothing installed: Pythons, environments, tools, disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from zhiban.setup import environments, pythons
from zhiban.setup.environments import APP, DEV, FETCHED_PYTHONS, RASA, ROOT, Environment
from zhiban.setup.findings import Finding

_MEBI = 1024 * 1024
_FREE_MIB = 600
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def check_host(env: Mapping[str, str], data_dir: Path) -> list[Finding]:
    """Return what this machine has to offer.

    Args:
        env: the process environment.
        data_dir: where data will lie; it or its nearest existing parent is measured.
    """
    return [
        _python("3.11", env),
        _python("3.10", env),
        _installer(env),
        _environment(environments.wanted(dev=False)[0]),
        _environment(RASA),
        _disk(data_dir),
        _browser(),
    ]


def _python(minor: str, env: Mapping[str, str]) -> Finding:
    name = f"Python {minor}"
    found = pythons.find(minor, env, FETCHED_PYTHONS)
    if found is not None:
        return Finding(name, True, f"{found.version}，{found.path}")
    made = RASA if minor == "3.10" else APP
    return Finding(
        name,
        False,
        "没找到；安装时会试着用 uv 下载 / not found; set-up will try to fetch it with uv",
        pythons.missing_advice(minor),
        required=not made.is_ready(),
    )


def _installer(env: Mapping[str, str]) -> Finding:
    uv = environments.find_uv(env, ROOT / ".venv-uv")
    detail = str(uv) if uv else "没有；安装时用 pip 取得 / none; set-up gets it with pip"
    return Finding("uv", uv is not None, detail, "make setup", required=False)


def _environment(environment: Environment) -> Finding:
    if environment.is_ready():
        return Finding(environment.title, True, str(environment.folder))
    detail = "需更新 / out of date" if environment.python.exists() else "未建 / not made"
    return Finding(environment.title, False, detail, "make setup")


def _disk(data_dir: Path) -> Finding:
    folder = data_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free // _MEBI
    needed = _FREE_MIB + sum(e.size_mib for e in (DEV, RASA) if not e.is_ready())
    detail = f"剩 {free} MiB / free in {folder}"
    return Finding("磁盘 disk", free >= needed, detail, f"至少 {needed} MiB / at least")


def _browser() -> Finding:
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    return Finding(
        "Chromium",
        found is not None,
        found or "没有；只有浏览器测试需要 / none; only the browser tests need it",
        "apt install chromium",
        required=False,
    )
