"""Trains the intent model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.learning.separate import fit


@dataclass(frozen=True)
class Example:
    """One labelled utterance.

    Attributes:
        intent: What it means.
        text: What is said.
        weight: How much it counts beside the others.
    """

    intent: str
    text: str
    weight: float = 1.0


def train_intents(examples: Sequence[Example], path: Path, *, strength: float, copies: int) -> None:
    """Learn the examples and write the weights; see ``separate.fit``."""
    fit(
        [one.text for one in examples],
        [one.intent for one in examples],
        path,
        masses=[one.weight for one in examples],
        strength=strength,
        copies=copies,
    )
