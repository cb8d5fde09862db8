"""Trains the intent model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.learning.separate import fit


def train_intents(
    examples: Sequence[tuple[str, str]], path: Path, *, strength: float, copies: int
) -> None:
    """Learn ``(intent, text)`` pairs and write the weights; see ``separate.fit``."""
    fit([text for _, text in examples], [intent for intent, _ in examples], path,
        strength=strength, copies=copies)  # fmt: skip
