"""The regression gate: what has landed may not get worse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.evaluation.figures import Figure, Report, Target
from bot.evaluation.report import shown

_TOLERANCE = 1e-9
_SIDES = {"at_least": True, "at_most": False}


class FloorError(ValueError):
    """A floor file is not what it should be."""


@dataclass(frozen=True)
class Floor:
    """What a figure may not fall behind.

    Attributes:
        key: The figure's.
        bound: Least or most, in the figure's unit.
    """

    key: str
    bound: Target


def read_floors(content: object) -> list[Floor]:
    """Read a floor file's content: ``at_least`` and ``at_most``, each figure's key to a number.

    Raises:
        FloorError: It is something else.
    """
    if not isinstance(content, Mapping) or not content or not set(content) <= set(_SIDES):
        raise FloorError("应有 at_least 和 at_most / must hold at_least and at_most")
    floors = []
    for side, at_least in _SIDES.items():
        bounds = content.get(side) or {}
        if not isinstance(bounds, Mapping):
            raise FloorError(f"{side}: 应为指标名到数字 / must be keys to numbers")
        for key, value in bounds.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise FloorError(f"{side}.{key}: 应为数字 / must be a number")
            floors.append(Floor(str(key), Target(float(value), at_least)))
    return floors


def fallen(report: Report, floors: Iterable[Floor]) -> list[str]:
    """Return one line for each figure that fell behind its floor, or was not measured."""
    lines = []
    for floor in floors:
        figure = report.figure(floor.key)
        if figure is None:
            lines.append(f"{floor.key}: 没有测到 / not measured")
        elif not _holds(figure, floor.bound):
            than = "低于 below" if floor.bound.at_least else "高于 above"
            lines.append(
                f"{floor.key}: {shown(figure.value, figure.unit)} {than} "
                f"{shown(floor.bound.value, figure.unit)}"
            )
    return lines


def _holds(figure: Figure, bound: Target) -> bool:
    slack = -_TOLERANCE if bound.at_least else _TOLERANCE
    return Target(bound.value + slack, bound.at_least).met(figure.value)
