"""Which room may import which, as docs/architecture.md says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhiban.settings import ROOT

ROOMS = ("zhiban", "bot", "actions", "voice_gateway", "handoff")
SHARED = ("zhiban", "bot.language")
COMMAND_LINE = ("bot.understanding", "bot.evaluation")


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _lies_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_is_shared(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        allowed = (room, *SHARED)
        if path.is_relative_to(ROOT / "zhiban" / "cli"):
            allowed += COMMAND_LINE
        for module in _imported(path):
            foreign = _lies_in(module, ROOMS) and not _lies_in(module, allowed)
            assert not foreign, f"{path.relative_to(ROOT)} imports {module}"
