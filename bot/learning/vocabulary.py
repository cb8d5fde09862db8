"""Texts as a sparse matrix of their fragments."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from bot.language.fragments import fragments_of
from bot.language.pinyin import sounds_of


def fragment_sets(texts: Iterable[str]) -> list[set[str]]:
    """Return the fragments of each text."""
    return [fragments_of(sounds_of(text)) for text in texts]


def choose_fragments(sets: Iterable[Collection[str]], least: int) -> list[str]:
    """Return the fragments that at least so many texts have, sorted."""
    counts = Counter(fragment for found in sets for fragment in found)
    return sorted(fragment for fragment, count in counts.items() if count >= least)


def matrix(sets: Sequence[Collection[str]], columns: Sequence[str]) -> csr_matrix:
    """Return one row a text, scaled as ``LinearModel.scores`` scales (texts, columns)."""
    place = {fragment: number for number, fragment in enumerate(columns)}
    indices: list[int] = []
    values: list[float] = []
    pointers = [0]
    for found in sets:
        known = sorted(place[fragment] for fragment in found if fragment in place)
        indices += known
        values += [1 / math.sqrt(max(1, len(found)))] * len(known)
        pointers.append(len(indices))
    return csr_matrix(
        (np.array(values), np.array(indices, dtype=np.int32), np.array(pointers)),
        shape=(len(sets), len(columns)),
    )
