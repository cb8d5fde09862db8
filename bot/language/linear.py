"""A linear model over text fragments: small, pure Python, well under a millisecond.

The file is a gzip of one JSON line (labels, bias, scale, number of fragments), the fragments one
a line, and their weights one byte a label, one row a fragment. Reading it runs no code.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from pathlib import Path

_STEPS = 127
_ZERO = 128


@dataclass(frozen=True)
class LinearModel:
    """Scores labels by adding up the weights of the fragments a text has.

    Attributes:
        labels: What it tells apart.
        bias: Score of each label for an empty text.
        scale: Size of one step of a weight.
        rows: For each fragment one byte a label: its weight in steps, 128 standing for 0.
        source: Digest of what it was learned from.
    """

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    scale: float
    rows: Mapping[str, bytes]
    source: str = ""

    def scores(self, fragments: Collection[str]) -> list[float]:
        """Return one score a label; a text of few fragments and one of many weigh the same."""
        total = [0] * len(self.labels)
        known = 0
        for fragment in fragments:
            row = self.rows.get(fragment)
            if row is not None:
                total = list(map(add, total, row))
                known += 1
        step = self.scale / math.sqrt(len(fragments) or 1)
        zero = known * _ZERO
        return [bias + (value - zero) * step for bias, value in zip(self.bias, total, strict=True)]

    def weight(self, fragment: str, label: int) -> float:
        """Return what one fragment says for one label, before scaling to the text's length."""
        row = self.rows.get(fragment)
        return 0.0 if row is None else (row[label] - _ZERO) * self.scale


def softmax(scores: Sequence[float], sharpness: float = 1.0) -> list[float]:
    """Return the probabilities that go with scores multiplied by ``sharpness``."""
    highest = max(scores)
    powers = [math.exp((score - highest) * sharpness) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def write_model(
    path: Path,
    labels: Sequence[str],
    bias: Sequence[float],
    rows: Mapping[str, Sequence[float]],
    source: str = "",
) -> None:
    """Write a model; the same model always gives the same bytes.

    Args:
        path: The file.
        labels: What it tells apart.
        bias: One number a label.
        rows: For each fragment (no line breaks in it) one weight a label.
        source: Digest of what it was learned from.
    """
    largest = max((abs(weight) for row in rows.values() for weight in row), default=0.0) or 1.0
    scale = largest / _STEPS
    names = sorted(rows)
    packed = b"".join(
        bytes(round(weight / scale) + _ZERO for weight in rows[name]) for name in names
    )
    head = {
        "labels": list(labels),
        "bias": [round(value, 6) for value in bias],
        "scale": scale,
        "fragments": len(names),
        "source": source,
    }
    body = "\n".join([json.dumps(head, ensure_ascii=False), *names, ""]).encode()
    path.write_bytes(gzip.compress(body + packed, 9, mtime=0))


def read_model(raw: bytes) -> LinearModel:
    """Read a model file's content.

    Raises:
        ValueError: It is not one, or is cut off.
    """
    try:
        content = gzip.decompress(raw)
        first, rest = content.split(b"\n", 1)
        head = json.loads(first)
        labels, scale, count = tuple(head["labels"]), float(head["scale"]), int(head["fragments"])
        bias, source = tuple(map(float, head["bias"])), str(head.get("source", ""))
        *names, packed = rest.split(b"\n", count)
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a linear model: {error}") from error
    width = len(labels)
    if len(names) != count or len(packed) != count * width or len(bias) != width:
        raise ValueError("a linear model is cut off")
    places = range(0, count * width, width)
    rows = {name.decode(): packed[at : at + width] for name, at in zip(names, places, strict=True)}
    return LinearModel(labels, bias, scale, rows, source)
