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


SIP_ALIVE = "zhiban:sip:alive"
"""Sign of life of any SIP user agent that dials; exists while one refreshes it."""
SIP_ORDERS = "zhiban:sip:orders"
"""Stream of telephones to ring: field ``order`` (JSON of a DialOrder)."""
SIP_GROUP = "sip"
"""Consumer group of SIP_ORDERS: each order is taken by one user agent."""

SURVEY_ORDERS = "zhiban:survey:orders"
"""Stream of owners the bot is to call: field ``order`` (JSON of a SurveyOrder)."""
SURVEY_GROUP = "gateway"
"""Consumer group of SURVEY_ORDERS: each order is taken by one gateway."""


def survey(ticket_number: str) -> str:
    """Id of the call in which the owner of a ticket is just being asked; expires by itself."""
    return f"zhiban:survey:{ticket_number}"


def sip_leg_events(leg_id: str) -> str:
    """Stream of what became of a telephone that is rung: field ``event`` (JSON)."""
    return f"zhiban:sip:leg:{{{leg_id}}}:events"


def sip_leg_commands(leg_id: str) -> str:
    """Stream of commands to the user agent that holds the leg: field ``command`` (JSON)."""
    return f"zhiban:sip:leg:{{{leg_id}}}:commands"


def sip_leg_alive(leg_id: str) -> str:
    """Sign of life of a leg: exists while its user agent refreshes it."""
    return f"zhiban:sip:leg:{{{leg_id}}}:alive"


def call_seq(call_id: str) -> str:
    """Counter of the call's events."""
    return f"zhiban:call:{{{call_id}}}:seq"


def call_events(call_id: str) -> str:
    """Stream of the call's events, for followers (text channel, desk)."""
    return f"zhiban:call:{{{call_id}}}:events"


def call_once(call_id: str) -> str:
    """Hash of events that are written once only: key of the event to its number."""
    return f"zhiban:call:{{{call_id}}}:once"


def call_info(call_id: str) -> str:
    """Hash of what is known of the call: caller, channel, node, started_at."""
    return f"zhiban:call:{{{call_id}}}:info"


def call_commands(call_id: str) -> str:
    """Stream of commands to the gateway that holds the call: field ``command`` (JSON)."""
    return f"zhiban:call:{{{call_id}}}:commands"


def handoff(handoff_id: str) -> str:
    """Hash of one handoff's present state."""
    return f"zhiban:handoff:{{{handoff_id}}}"


def handoff_outbox(handoff_id: str) -> str:
    """List of moves whose SQL row or event may not be written yet (JSON, oldest first)."""
    return f"zhiban:handoff:{{{handoff_id}}}:outbox"


def bridge_token(handoff_id: str, guest_id: str = "") -> str:
    """One-use secret with which the accepting agent's browser, or a guest's, joins the audio."""
    guest = f":{guest_id}" if guest_id else ""
    return f"zhiban:handoff:{{{handoff_id}}}:bridge{guest}"


def node(url: str) -> str:
    """Sign of life of a gateway node: exists while the node refreshes it."""
    return f"zhiban:node:{url}"


def settling(call_id: str) -> str:
    """Lock of whoever settles a call whose gateway is gone."""
    return f"zhiban:call:{{{call_id}}}:settling"
