"""The training utterances of nlu_data, with the voice that spoke each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

_HELD_OUT = frozenset(("frozen", "dev"))


@dataclass(frozen=True)
class Utterance:
    """One labelled example.

    Attributes:
        text: What is said.
        intent: What it means (the labelling guide is nlu_data/README.md).
        voice: Name of the file it stands in; one file is one kind of speaker or one subject.
    """

    text: str
    intent: str
    voice: str


def read_corpus(folder: Path) -> list[Utterance]:
    """Return every training example below a folder, each text once, in a fixed order.

    Evaluation sets are never read.

    Raises:
        ValueError: A file is not Rasa NLU data; its name is in the message.
    """
    found: dict[str, Utterance] = {}
    for path in sorted(folder.rglob("*.yml")):
        if _HELD_OUT.isdisjoint(path.relative_to(folder).parts):
            for one in _read_file(path):
                found.setdefault(one.text, one)
    return list(found.values())


def digest(labelled: Iterable[tuple[str, str]]) -> str:
    """Return a mark of texts with their labels, whatever their order."""
    lines = sorted(f"{text}\t{label}" for text, label in labelled)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _read_file(path: Path) -> Iterator[Utterance]:
    content = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(content, dict):
        raise ValueError(f"{path.name}: a mapping is expected")
    for entry in content.get("nlu") or ():
        try:
            intent, examples = str(entry["intent"]), str(entry["examples"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path.name}: each entry needs intent and examples") from error
        for line in examples.splitlines():
            text = line.strip().removeprefix("-").strip()
            if text:
                yield Utterance(text, intent, path.stem)
