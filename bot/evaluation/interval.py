"""How sure a share is: Wilson's interval, which stays honest near 0 and 1."""

from __future__ import annotations

import math

_Z_95 = 1.959964


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    Args:
        hits: How many of ``n``.
        n: At least 1.

    Raises:
        ValueError: ``n`` is not positive, or ``hits`` not within it.
    """
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    share, square = hits / n, _Z_95 * _Z_95
    centre = (share + square / (2 * n)) / (1 + square / n)
    spread = math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    half = _Z_95 * spread / (1 + square / n)
    return max(0.0, centre - half), min(1.0, centre + half)
