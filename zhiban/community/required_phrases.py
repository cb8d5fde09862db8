"""Fixed sentences the code speaks; a site may word them differently but not leave one out.

``PROTECTED_PHRASES`` must be in the speech cache before the gateway takes a call.
"""

from __future__ import annotations

_EMERGENCY_KINDS = (
    "elevator_trapped",
    "fire",
    "gas_leak",
    "burst_pipe",
    "electric_hazard",
    "medical",
    "violence_intrusion",
    "falling_object",
    "flood",
)

PROTECTED_PHRASES: tuple[str, ...] = (
    *(f"reassure_{kind}" for kind in _EMERGENCY_KINDS),
    *(f"advice_{kind}" for kind in _EMERGENCY_KINDS),
    *(f"confirm_{kind}" for kind in _EMERGENCY_KINDS),
    "ask_where",
    "ask_people",
    "ask_hurt",
    "noted",
    "transferring",
    "case_known",
    "still_ringing",
    "escalated",
    "nobody_yet",
    "callback_promise",
    "bridged",
    "agent_lost",
    "on_hold",
    "passed_on",
    "returned",
    "apology_down",
    "take_message",
)
"""Emergency, hold and apology sentences."""

REQUIRED_PHRASES: tuple[str, ...] = (
    *PROTECTED_PHRASES,
    "greeting",
    "silence_first",
    "silence_second",
    "silence_goodbye",
    "not_heard",
    "keys_room",
    "keys_phone",
    "keys_cleared",
    "phone_press_one",
    "phone_how_to_end",
    "phone_taken",
    "phone_wrap_up",
    "phone_noted",
    "thinking",
    "farewell",
)
