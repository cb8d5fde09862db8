"""Checks an installed model against the catalogue."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from pathlib import Path

from zhiban.models.catalogue import Model

_STAMP = ".verified.json"
_BLOCK = 1 << 20


class ModelState(StrEnum):
    """What is there."""

    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def bad_files(model: Model, folder: Path) -> tuple[str, ...]:
    """Return the catalogue paths that are absent or differ, after hashing every file."""
    bad = []
    for file in model.files:
        path = folder / file.path
        if not path.is_file() or (file.sha256 and sha256_of(path) != file.sha256):
            bad.append(file.path)
    return tuple(bad)


def check(model: Model, folder: Path, *, thorough: bool = False) -> ModelState:
    """Return the state of a model in its folder.

    A stamp with each file's size and time makes a repeated check cost microseconds; `thorough`
    hashes every file again.
    """
    if not folder.is_dir():
        return ModelState.MISSING
    if not thorough and _stamp_matches(model, folder):
        return ModelState.READY
    if bad_files(model, folder):
        return ModelState.DAMAGED
    write_stamp(model, folder)
    return ModelState.READY


def write_stamp(model: Model, folder: Path) -> None:
    """Remember that every file was hashed and right. A read-only folder just has no stamp."""
    try:
        (folder / _STAMP).write_text(json.dumps(_facts(model, folder)), encoding="utf-8")
    except OSError:
        return  # hashing again next time is only slower


def _stamp_matches(model: Model, folder: Path) -> bool:
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        return bool(stamp == _facts(model, folder))
    except (OSError, ValueError):
        return False


def _facts(model: Model, folder: Path) -> dict[str, list[object]]:
    facts: dict[str, list[object]] = {}
    for file in model.files:
        status = (folder / file.path).stat()
        facts[file.path] = [file.sha256, status.st_size, status.st_mtime_ns]
    return facts
