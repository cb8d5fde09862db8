"""A real dialogue engine for the session: Redis, actions and Rasa in processes of their own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.rasa_service import DialogueService, open_dialogue

LI = {
    "name": "李明",
    "title": "先生",
    "phone": "13812345678",
    "building": "5",
    "unit": "2",
    "room": "1001",
    "special_flags": [],
}
WANG = {
    "name": "王芳",
    "title": "女士",
    "phone": "13987654321",
    "building": "3",
    "unit": "2",
    "room": "1201",
    "special_flags": [],
}

ReadTicket = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def dialogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialogueService]:
    service = open_dialogue(tmp_path_factory.mktemp("dialogue"))
    yield service
    service.stop()


@pytest.fixture(scope="session")
def read_ticket(dialogue: DialogueService) -> ReadTicket:
    """Read a ticket straight from the database file."""
    path = Path(dialogue.settings.database.split("///", 1)[1])

    def read(number: str) -> dict[str, Any]:
        with sqlite3.connect(path) as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute("select * from ticket where number = ?", (number,)).fetchone()
        assert row is not None, number
        ticket = dict(row)
        for name in ("promises", "verbatim", "details", "special_flags", "history"):
            ticket[name] = json.loads(ticket[name])
        return ticket

    return read
