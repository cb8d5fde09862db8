"""Trains the learned layer of the emergency spotter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.language.emergency.second_opinion import EMERGENCY_PREFIX
from bot.learning.corpus import Utterance
from bot.learning.groups import group_of
from bot.learning.separate import fit

_LEAST = 6
_COPIES = 2


def train_emergencies(corpus: Sequence[Utterance], path: Path) -> None:
    """Learn the corpus and write the weights.

    The harmless are also learned cut off, for the spotter reads interim words: 电梯里困住人了的
    演习 must not ring at 困住人了 if that can be helped. Emergencies are not: cut off early enough
    they say nothing yet.
    """
    fit(
        [one.text for one in corpus],
        [group_of(one.intent) for one in corpus],
        path,
        copies=_COPIES,
        least=_LEAST,
        cuts=lambda label: not label.startswith(EMERGENCY_PREFIX),
    )
