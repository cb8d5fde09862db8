"""The labelled sets on disk: tab-separated, one case a line, the first line names the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONDITIONS = {"clean": "", "garbled": "_garbled"}
"""How a case reached us, and what its file's name ends in: as written, or as a recogniser heard."""

CONDITION_LABELS = {"clean": "清晰文本", "garbled": "识别文本"}
NONE = "none"


class SetError(ValueError):
    """A set's file is not what it should be; the message names file and line."""


@dataclass(frozen=True)
class EmergencyCase:
    """A labelled utterance of the emergency sets.

    Attributes:
        kinds: Right kinds, any of which will do; empty for no emergency.
        near_miss: Whether it was written to look like one.
        intent: Its intent.
        text: What is read.
        said: What was said, where a recogniser stood in between, else ``""``.
    """

    kinds: tuple[str, ...]
    near_miss: bool
    intent: str
    text: str
    said: str = ""


@dataclass(frozen=True)
class IntentCase:
    """A labelled utterance of the intent sets; any of the intents will do."""

    intents: tuple[str, ...]
    text: str
    said: str = ""


def file_of(folder: Path, name: str, condition: str = "clean") -> Path:
    """Return where a set lies: ``emergencies``, ``intents``, ``slots`` or ``questions``."""
    return folder / f"{name}{CONDITIONS[condition]}.tsv"


def read_rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Return a file's lines as column name to value.

    Args:
        path: The file.
        needed: Columns that must be there.

    Raises:
        SetError: Not UTF-8, a column is missing, or a line has too many or too few values.
        FileNotFoundError: There is no such file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise SetError(f"{path.name}: 不是 UTF-8 / not UTF-8") from error
    columns = lines[0].split("\t") if lines else []
    for name in needed:
        if name not in columns:
            raise SetError(f"{path.name}: 缺少列 {name} / column {name} is missing")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        values = line.split("\t")
        if len(values) != len(columns):
            raise SetError(
                f"{path.name}:{number}: 应有 {len(columns)} 列，实有 {len(values)} 列 / "
                f"expected {len(columns)} columns, found {len(values)}"
            )
        rows.append(dict(zip(columns, values, strict=True)))
    return rows


def read_emergencies(path: Path) -> list[EmergencyCase]:
    """Return the cases of an emergency set.

    Raises:
        SetError: See ``read_rows``.
        FileNotFoundError: There is no such file.
    """
    return [_emergency(row) for row in read_rows(path, ("expected", "near_miss", "intent", "text"))]


def _emergency(row: Mapping[str, str]) -> EmergencyCase:
    expected = row["expected"]
    return EmergencyCase(
        kinds=() if expected == NONE else tuple(expected.split("|")),
        near_miss=row["near_miss"] == "1",
        intent=row["intent"],
        text=row["text"],
        said=row.get("said", ""),
    )


def read_intents(path: Path) -> list[IntentCase]:
    """Return the cases of an intent set.

    Raises:
        SetError: See ``read_rows``.
        FileNotFoundError: There is no such file.
    """
    return [
        IntentCase(tuple(row["intent"].split("|")), row["text"], row.get("said", ""))
        for row in read_rows(path, ("intent", "text"))
    ]
