"""Which tests run beside which: two lanes, for two cores."""

from __future__ import annotations

from pathlib import Path

import pytest

_ROOT = Path(__file__).parent
_BESIDE = ("sip", "phones", "conference", "handoff")
"""Folders of the second lane, in this order: what mostly waits runs beside the calls of a house."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its lane (``make test`` runs with two workers) and order the second one."""
    for item in items:
        lane = "beside" if _folder(item) in _BESIDE else "house"
        item.add_marker(pytest.mark.xdist_group(lane))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    folder = _folder(item)
    return _BESIDE.index(folder) + 1 if folder in _BESIDE else 0


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_ROOT).parts[0]
