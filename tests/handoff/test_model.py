"""The state machine of a handoff under random people, deaths of processes and clocks.

Ledger, presence, desk, casework and the clock's pass are the real ones, over a real Redis and a
real SQLite; only time is turned by hand. After every step nothing may wait with nothing
scheduled; at the end one diligent agent must be able to bring every caller to an end.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from bot.language.emergency import EmergencySpotter
from handoff.sop import load_sop
from tests.handoff.model_calls import CallRules, DeathRules
from tests.handoff.model_checks import Checks
from tests.handoff.model_people import PeopleRules
from tests.handoff.model_world import House, Process
from tests.support.stores import redis_server
from zhiban.community import load_community
from zhiban.settings import ROOT
from zhiban.store.migrate import migrate

EXAMPLES = int(os.environ.get("ZHIBAN_MODEL_EXAMPLES", "12"))
STEPS = int(os.environ.get("ZHIBAN_MODEL_STEPS", "40"))


class HandoffModel(PeopleRules, CallRules, DeathRules, Checks):
    """Random people, deaths and time over the real ledger, desk and clock."""


@pytest.fixture(scope="module")
def model_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("model-redis")) as url:
        yield url


@pytest.fixture
def model(model_redis: str, tmp_path: Path) -> type[HandoffModel]:
    """The model, each instance with empty stores of its own."""
    asyncio.run(migrate(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"))
    community = load_community(ROOT / "site" / "sample")
    sop, spotter = load_sop(ROOT / "site" / "sample"), EmergencySpotter()
    counter = iter(range(1_000_000))

    class Model(HandoffModel):
        @staticmethod
        def house_for() -> House:
            folder = tmp_path / f"house{next(counter)}"
            return House(model_redis, folder, community, sop, spotter)

    return Model


def test_no_caller_waits_with_nothing_scheduled(model: type[HandoffModel]) -> None:
    run_state_machine_as_test(
        model,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate] + [Phase.shrink] * bool(os.environ.get("ZHIBAN_MODEL_SHRINK")),
            suppress_health_check=list(HealthCheck),
        ),
    )


def _waiting(model: HandoffModel, *, emergency: bool = True) -> None:
    model.somebody_is_there()
    model.calls_and_asks(emergency=emergency)
    model.nothing_waits_with_nothing_scheduled()


def _talking(model: HandoffModel) -> None:
    _waiting(model)
    model.answers(pick=0, agent="a1")
    model.audio_joins(pick=0, whisper=False)
    model.nothing_waits_with_nothing_scheduled()


def _owed(model: HandoffModel) -> None:
    _waiting(model)
    model.hangs_up(pick=0)
    model.time_passes(seconds=5)
    model.nothing_waits_with_nothing_scheduled()


STEPS_THAT_BREAK_OFF: dict[str, tuple[str, Callable[..., None], Callable[..., None]]] = {
    "request": ("gateway", lambda m: m.somebody_is_there(), lambda m: m.calls_and_asks(True)),
    "raise": (
        "gateway",
        lambda m: _waiting(m, emergency=False),
        lambda m: m.becomes_an_emergency(pick=0),
    ),
    "hang_up": ("gateway", _waiting, lambda m: m.hangs_up(pick=0)),
    "bridge": ("gateway", _talking, lambda m: m.agents_line_breaks(pick=0)),
    "accept": ("desk", _waiting, lambda m: m.answers(pick=0, agent="a1")),
    "transfer": ("desk", _talking, lambda m: m.passes_on(pick=0, agent="boss", role="")),
    "consult": ("desk", _talking, lambda m: m.completes_a_consultation(pick=0, agent="a2")),
    "return": ("desk", _talking, lambda m: m.gives_back_to_the_bot(pick=0)),
    "claim": ("desk", _owed, lambda m: m.claims_a_call_back(pick=0, agent="a1")),
    "dispose": ("desk", _talking, lambda m: m.disposes(pick=0, outcome="resolved")),
    "clock": ("clock", _waiting, lambda m: m.time_passes(seconds=20)),
}


@pytest.mark.parametrize("step", STEPS_THAT_BREAK_OFF)
def test_killed_before_each_operation_on_a_store(model: type[HandoffModel], step: str) -> None:
    """However far a step came, the others bring the caller to an end, and each edge is told once."""
    whose, prepare, act = STEPS_THAT_BREAK_OFF[step]
    operations = 0
    while True:
        world = model()
        try:
            prepare(world)
            process: Process = getattr(world, whose)
            process.fuse.left = operations
            act(world)
            world.nothing_waits_with_nothing_scheduled()
            died = process.fuse.died
        finally:
            world.teardown()
        if not died:
            break
        operations += 1
    assert operations > 3
