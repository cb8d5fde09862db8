"""States of a handoff, the edges between them and the reasons on the edges."""

from __future__ import annotations

from enum import StrEnum

from zhiban.timeline.events import EventName


class HandoffState(StrEnum):
    """Where a request for a person stands."""

    REQUESTED = "requested"
    OFFERED = "offered"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    BUSY = "busy"
    AGENT_LOST = "agent_lost"
    ACCEPTED = "accepted"
    BRIEFING = "briefing"
    BRIDGED = "bridged"
    RETURNED = "returned"
    CALLER_LEFT = "caller_left"
    CALLBACK_DUE = "callback_due"
    CLOSED = "closed"


class HandoffReason(StrEnum):
    """Why a handoff moved."""

    EMERGENCY = "emergency"
    CALLER_ASKED = "caller_asked"
    MANAGER_ASKED = "manager_asked"
    NOT_UNDERSTOOD = "not_understood"
    DIALOGUE_DOWN = "dialogue_down"
    COMPLAINT_ESCALATED = "complaint_escalated"
    IDENTITY_FAILED = "identity_failed"
    RING = "ring"
    NO_ANSWER = "no_answer"
    AGENT_DECLINED = "agent_declined"
    AGENT_BUSY = "agent_busy"
    AGENT_GONE = "agent_gone"
    NO_AGENT = "no_agent"
    PHONE_UNAVAILABLE = "phone_unavailable"
    PHONE_BUSY = "phone_busy"
    PHONE_REFUSED = "phone_refused"
    PHONE_UNREACHABLE = "phone_unreachable"
    PHONE_NO_ANSWER = "phone_no_answer"
    PHONE_ANNOUNCEMENT = "phone_announcement"
    """The network talked and it never rang: switched off, out of reach."""
    PHONE_NO_KEY = "phone_no_key"
    """Picked up by something that presses no key: a voicemail, a pocket."""
    PHONE_HUNG_UP = "phone_hung_up"
    PHONE_LOST = "phone_lost"
    AGENT_ANSWERED = "agent_answered"
    WHISPER = "whisper"
    AUDIO_JOINED = "audio_joined"
    AGENT_RETURNED = "agent_returned"
    CALLER_HUNG_UP = "caller_hung_up"
    AGENT_HUNG_UP = "agent_hung_up"
    DISPOSED = "disposed"
    CALLED_BACK = "called_back"
    CALLED_AGAIN = "called_again"
    GATEWAY_LOST = "gateway_lost"
    OWNER_REACHED = "owner_reached"
    CALLBACK_CLAIMED = "callback_claimed"
    NOT_REACHED = "not_reached"
    UNACKNOWLEDGED = "unacknowledged"
    TRANSFERRED = "transferred"
    CONSULT_COMPLETED = "consult_completed"
    SURVEY = "survey"
    UNSATISFIED = "unsatisfied"


_S = HandoffState

_OPEN_AGAIN = {_S.OFFERED, _S.CALLER_LEFT}

EDGES: dict[HandoffState, frozenset[HandoffState]] = {
    _S.REQUESTED: frozenset({_S.OFFERED, _S.CALLER_LEFT}),
    _S.OFFERED: frozenset(
        {_S.ACCEPTED, _S.DECLINED, _S.TIMED_OUT, _S.BUSY, _S.AGENT_LOST, _S.CALLER_LEFT}
    ),
    _S.DECLINED: frozenset(_OPEN_AGAIN),
    _S.TIMED_OUT: frozenset(_OPEN_AGAIN),
    _S.BUSY: frozenset(_OPEN_AGAIN),
    _S.AGENT_LOST: frozenset(_OPEN_AGAIN),
    _S.ACCEPTED: frozenset({_S.BRIEFING, _S.BRIDGED, _S.AGENT_LOST, _S.CALLER_LEFT}),
    _S.BRIEFING: frozenset({_S.BRIDGED, _S.AGENT_LOST, _S.CALLER_LEFT}),
    _S.BRIDGED: frozenset({_S.CLOSED, _S.RETURNED, _S.AGENT_LOST, _S.CALLER_LEFT, _S.OFFERED}),
    _S.RETURNED: frozenset({_S.CLOSED, _S.CALLER_LEFT}),
    _S.CALLER_LEFT: frozenset({_S.CALLBACK_DUE, _S.CLOSED}),
    # Back to requested: the caller did not wait to be called and is on the line again.
    # To accepted: who took it upon them has called the owner, who has picked up.
    _S.CALLBACK_DUE: frozenset({_S.CLOSED, _S.REQUESTED, _S.ACCEPTED}),
    _S.CLOSED: frozenset(),
}
"""Which state may follow which; everything else is refused by the ledger."""

CLOSED_STATES = frozenset({_S.CLOSED})

EVENT_OF: dict[HandoffState, EventName] = {
    _S.REQUESTED: EventName.HANDOFF_REQUESTED,
    _S.OFFERED: EventName.HANDOFF_OFFERED,
    _S.DECLINED: EventName.HANDOFF_DECLINED,
    _S.TIMED_OUT: EventName.HANDOFF_TIMED_OUT,
    _S.BUSY: EventName.HANDOFF_TIMED_OUT,
    _S.AGENT_LOST: EventName.HANDOFF_FAILED,
    _S.ACCEPTED: EventName.HANDOFF_ACCEPTED,
    _S.BRIEFING: EventName.HANDOFF_WHISPERED,
    _S.BRIDGED: EventName.HANDOFF_BRIDGED,
    _S.RETURNED: EventName.HANDOFF_RETURNED,
    _S.CALLER_LEFT: EventName.HANDOFF_FAILED,
    _S.CALLBACK_DUE: EventName.HANDOFF_FAILED,
    _S.CLOSED: EventName.HANDOFF_CLOSED,
}
"""The timeline event that an arrival in a state writes (its data carries state and reason)."""


def is_legal(before: HandoffState, after: HandoffState) -> bool:
    """Return whether the edge exists."""
    return after in EDGES[before]
