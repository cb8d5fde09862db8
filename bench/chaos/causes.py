"""What can go wrong in a chaos run: processes, sockets, callers and agents."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """One kind of trouble."""

    GATEWAY_KILL = "gateway_kill"
    DESK_KILL = "desk_kill"
    REDIS_KILL = "redis_kill"
    RASA_KILL = "rasa_kill"
    ACTIONS_KILL = "actions_kill"
    GATEWAY_PAUSE = "gateway_pause"
    DESK_PAUSE = "desk_pause"
    REDIS_PAUSE = "redis_pause"
    RASA_PAUSE = "rasa_pause"
    ACTIONS_PAUSE = "actions_pause"
    CALLER_DROPS = "caller_drops"
    CALLER_HANGS_UP = "caller_hangs_up"
    AGENT_DROPS = "agent_drops"
    AGENT_DECLINES = "agent_declines"
    AGENT_IGNORES = "agent_ignores"
    AGENT_SIGNS_OUT = "agent_signs_out"


@dataclass(frozen=True)
class Blow:
    """What is done to a process.

    Attributes:
        service: name under the supervisor; ``gateway`` stands for every node.
        kills: ``kill -9``; otherwise SIGSTOP, and SIGCONT later.
        weight: how often, relative to the others.
        rest: seconds before the same process is hit again.
    """

    service: str
    kills: bool
    weight: float
    rest: float


BLOWS: dict[Cause, Blow] = {
    Cause.GATEWAY_KILL: Blow("gateway", True, 4, 20),
    Cause.DESK_KILL: Blow("desk", True, 4, 20),
    Cause.REDIS_KILL: Blow("redis", True, 3, 25),
    Cause.RASA_KILL: Blow("rasa", True, 1, 75),
    Cause.ACTIONS_KILL: Blow("actions", True, 2, 25),
    Cause.GATEWAY_PAUSE: Blow("gateway", False, 3, 15),
    Cause.DESK_PAUSE: Blow("desk", False, 3, 15),
    Cause.REDIS_PAUSE: Blow("redis", False, 3, 20),
    Cause.RASA_PAUSE: Blow("rasa", False, 2, 20),
    Cause.ACTIONS_PAUSE: Blow("actions", False, 2, 20),
}
"""What the causes that hit processes do."""
