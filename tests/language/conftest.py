"""The sample community, against whose homes and residents the readers are tested."""

from __future__ import annotations

import pytest

from bot.language.roster import Roster
from zhiban.community import load_community
from zhiban.community.roster import roster_of
from zhiban.settings import ROOT


@pytest.fixture(scope="session")
def roster() -> Roster:
    return roster_of(load_community(ROOT / "site" / "sample"))
