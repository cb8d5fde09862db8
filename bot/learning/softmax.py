"""Multinomial logistic regression over sparse fragments beside dense columns, by L-BFGS.

One smooth problem for all labels at once: its probabilities can be compared with thresholds,
which those of one-against-all models cannot. Sparse and dense columns are multiplied each in
their own way; a dense block stored as a sparse one makes the fit ten times slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Attributes:
        labels: Sorted labels.
        bias: Shape (labels,).
        sparse: Weights of the sparse columns, shape (columns, labels).
        dense: Weights of the dense columns, shape (columns, labels).
    """

    labels: tuple[str, ...]
    bias: Floats
    sparse: Floats
    dense: Floats

    def scores(self, sparse: csr_matrix, dense: Floats) -> Floats:
        """Return one score a row and label."""
        scores: Floats = sparse @ self.sparse + dense @ self.dense + self.bias
        return scores

    def chances(self, sparse: csr_matrix, dense: Floats) -> Floats:
        """Return one probability a row and label."""
        return _softmax(self.scores(sparse, dense))


def fit_softmax(
    sparse: csr_matrix,
    dense: Floats,
    labels: Sequence[str],
    *,
    strength: float,
    weights: Floats | None = None,
    iterations: int = 120,
) -> Fitted:
    """Fit.

    Args:
        sparse: Rows by sparse columns.
        dense: Rows by dense columns; may have no columns.
        labels: One a row.
        strength: Inverse of the L2 penalty; larger trusts the data more.
        weights: Of each row, 1 by default.
        iterations: At most so many steps.
    """
    names = sorted(set(labels))
    place = {name: number for number, name in enumerate(names)}
    target = np.array([place[label] for label in labels])
    rows, width = sparse.shape[0], len(names)
    mass = np.ones(rows) if weights is None else np.asarray(weights, dtype=np.float64)
    wide, narrow = sparse.shape[1], dense.shape[1]
    turned, dense_turned = sparse.T.tocsr(), np.ascontiguousarray(dense.T)
    at = np.arange(rows)

    def cost(flat: Floats) -> tuple[float, Floats]:
        weight = flat.reshape(wide + narrow + 1, width)
        scores = sparse @ weight[:wide] + dense @ weight[wide:-1] + weight[-1]
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        totals = powers.sum(axis=1)
        loss = float((mass * (np.log(totals) - scores[at, target])).sum())
        wrong = powers / totals[:, None]
        wrong[at, target] -= 1.0
        wrong *= mass[:, None]
        slope = np.empty_like(weight)
        slope[:wide] = turned @ wrong
        slope[wide:-1] = dense_turned @ wrong
        slope[-1] = wrong.sum(axis=0)
        slope[:-1] += weight[:-1] / strength
        loss += float((weight[:-1] ** 2).sum()) / (2 * strength)
        return loss, slope.ravel()

    start = np.zeros((wide + narrow + 1) * width)
    found = minimize(
        cost, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 8}
    )
    weight = found.x.reshape(wide + narrow + 1, width)
    return Fitted(tuple(names), weight[-1], weight[:wide], weight[wide:-1])


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances: Floats = powers / powers.sum(axis=1, keepdims=True)
    return chances
