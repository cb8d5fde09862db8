"""Fingerprints and stamps: what makes a second set-up take no time.

A step writes its stamp last. A missing or different stamp means the step's product is not to be
trusted, so an interrupted step is simply done again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def fingerprint(files: Iterable[Path], *facts: str, base: Path | None = None) -> str:
    """Return 16 hex digits that change with any file's name or content, or with any fact.

    Args:
        files: existing files; the order does not matter.
        facts: other strings the product depends on.
        base: folder that names are taken relative to, so that moving it changes nothing.
    """
    digest = hashlib.sha256()
    for fact in facts:
        digest.update(fact.encode() + b"\0")
    for file in sorted(set(files)):
        name = file.relative_to(base) if base else Path(file.name)
        digest.update(name.as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def files_under(folder: Path, *, skip: Iterable[str] = ()) -> list[Path]:
    """Return every file in the folder, without Python's leavings and without `skip`.

    Args:
        folder: may be missing; then there are no files.
        skip: names of direct sub-folders left out.
    """
    left_out = {"__pycache__", *skip}
    found: list[Path] = []
    if not folder.is_dir():
        return found
    for entry in sorted(folder.iterdir()):
        if entry.name in left_out or entry.name.startswith("."):
            continue
        if entry.is_dir():
            found += files_under(entry)
        elif entry.suffix != ".pyc":
            found.append(entry)
    return found


def read_stamp(path: Path) -> str:
    """Return the stamp's text, or an empty string where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def write_stamp(path: Path, text: str) -> None:
    """Write the stamp so that it is either wholly there or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)


def clear_stamp(path: Path) -> None:
    """Remove the stamp: its product is about to be touched."""
    path.unlink(missing_ok=True)
