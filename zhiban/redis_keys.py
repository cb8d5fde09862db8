"""Every Redis key of the product, in one place.

Keys of one call share the hash tag ``{call_id}``, so scripts over them also work on a cluster.
"""

from __future__ import annotations

TIMELINE = "zhiban:timeline"
"""Stream of all timeline events."""
ARCHIVE_GROUP = "archive"
"""Consumer group that copies TIMELINE to SQL."""
ACTIVE_CALLS = "zhiban:calls:active"
"""Set of call ids in progress."""
HANDOFFS = "zhiban:handoffs"
"""Stream of handoff changes: fields id, state; the desk's clock follows it."""
OPEN_HANDOFFS = "zhiban:handoffs:open"
"""Set of handoff ids that are not closed."""
DESK_LEADER = "zhiban:desk:leader"
"""Lock of the one desk process that runs the escalation clock."""
AGENTS = "zhiban:agents"
"""Hash of agent id to presence JSON."""


def call_seq(call_id: str) -> str:
    """Counter of the call's events."""
    return f"zhiban:call:{{{call_id}}}:seq"


def call_events(call_id: str) -> str:
    """Stream of the call's events, for followers (text channel, desk)."""
    return f"zhiban:call:{{{call_id}}}:events"


def call_info(call_id: str) -> str:
    """Hash of what is known of the call: caller, channel, node, started_at."""
    return f"zhiban:call:{{{call_id}}}:info"


def call_commands(call_id: str) -> str:
    """Stream of commands to the gateway that holds the call: field ``command`` (JSON)."""
    return f"zhiban:call:{{{call_id}}}:commands"


def handoff(handoff_id: str) -> str:
    """Hash of one handoff's present state."""
    return f"zhiban:handoff:{{{handoff_id}}}"


def bridge_token(handoff_id: str) -> str:
    """One-use secret with which the accepting agent's browser joins the call's audio."""
    return f"zhiban:handoff:{{{handoff_id}}}:bridge"
