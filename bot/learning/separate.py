"""Fits a linear model that separates labels and writes it for ``bot.language.linear``.

One support-vector problem a label, against all the rest: of what was tried it was as good as any
on unseen voices and by far the fastest (the table is in docs/understanding.md).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.svm import LinearSVC

from bot.language.linear import write_model
from bot.learning.corpus import digest
from bot.learning.garble import Garbler
from bot.learning.vocabulary import choose_fragments, fragment_sets, matrix

_SEED = 42
# A copy is worth less than what was really written.
_SECOND_COPY_WEIGHT = 0.7
_CUT_WEIGHT = 0.6
_SHORTEST_CUT = 3


def fit(
    texts: Sequence[str],
    labels: Sequence[str],
    path: Path,
    *,
    masses: Sequence[float] | None = None,
    strength: float = 1.0,
    copies: int = 1,
    least: int = 3,
    cuts: Callable[[str], bool] | None = None,
) -> None:
    """Fit a model and write it.

    Args:
        texts: What was said.
        labels: What each means.
        path: Where the model goes.
        masses: How much each text counts; 1 by default.
        strength: Inverse of the penalty.
        copies: Garbled copies of every text learned from beside it.
        least: A fragment fewer texts have is left out.
        cuts: Whether a label is also learned from texts cut off at a random place, as interim
            words are.

    Raises:
        ValueError: There are fewer than two labels.
    """
    if len(set(labels)) < 2:
        raise ValueError("at least two labels are needed")
    garbler = Garbler(texts, _SEED)
    spoken, meant = list(texts), list(labels)
    own = list(masses) if masses is not None else [1.0] * len(texts)
    mass = list(own)
    for number in range(copies):
        spoken += [garbler.garble(text) for text in texts]
        meant += labels
        mass += [one * (1.0 if number == 0 else _SECOND_COPY_WEIGHT) for one in own]
    if cuts is not None:
        draw = random.Random(_SEED)
        for text, label, one in zip(texts, labels, own, strict=True):
            if len(text) > _SHORTEST_CUT and cuts(label):
                spoken.append(text[: draw.randint(_SHORTEST_CUT, len(text) - 1)])
                meant.append(label)
                mass.append(one * _CUT_WEIGHT)
    sets = fragment_sets(spoken)
    columns = choose_fragments(sets, least)
    model = LinearSVC(C=strength, random_state=_SEED)
    model.fit(matrix(sets, columns), meant, sample_weight=mass)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        weights, bias = np.vstack([-weights, weights]), np.array([-bias[0], bias[0]])
    rows = dict(zip(columns, weights.T.tolist(), strict=True))
    write_model(path, [str(name) for name in model.classes_], bias.tolist(), rows,
                digest(zip(texts, labels, strict=True)))  # fmt: skip
