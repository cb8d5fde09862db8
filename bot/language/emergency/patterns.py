"""Which words together make which emergency, how sure that is and how bad.

``needs`` lists concepts of ``terms``; the last is the one a negation has to stand
before. All must lie within ``gap`` syllables of that one. A pattern whose
``belief`` is under the transfer bar on its own makes the bot ask; two that agree
add up.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.emergency.kinds import EmergencyKind


@dataclass(frozen=True)
class Pattern:
    """One way of telling an emergency.

    Attributes:
        kind: What it means.
        needs: Concepts that must all be there; the last carries the event.
        belief: 0 to 1, how likely it is when told plainly.
        level: 1 to 3 (EMG-038 to EMG-040).
        gap: Most syllables between the last concept and each of the others.
        unless: Concepts that make it harmless when they are in the same utterance.
    """

    kind: EmergencyKind
    needs: tuple[str, ...]
    belief: float
    level: int = 3
    gap: int = 8
    unless: tuple[str, ...] = ()


_LIFT = EmergencyKind.ELEVATOR_TRAPPED
_FIRE = EmergencyKind.FIRE
_GAS = EmergencyKind.GAS_LEAK
_PIPE = EmergencyKind.BURST_PIPE
_ELECTRIC = EmergencyKind.ELECTRIC_HAZARD
_MEDICAL = EmergencyKind.MEDICAL
_VIOLENCE = EmergencyKind.VIOLENCE_INTRUSION
_FALLING = EmergencyKind.FALLING_OBJECT
_FLOOD = EmergencyKind.FLOOD

PATTERNS: tuple[Pattern, ...] = (
    # EMG-013
    Pattern(_LIFT, ("lift", "stuck"), 0.95, gap=9),
    Pattern(_LIFT, ("lift", "they_cannot_leave"), 0.92, gap=14, unless=("crowd",)),
    Pattern(_LIFT, ("in_lift", "cannot_leave"), 0.9, gap=5),
    Pattern(_LIFT, ("lift", "lift_stopped", "cannot_leave"), 0.9, gap=8),
    Pattern(_LIFT, ("lift", "cannot_leave"), 0.62, gap=5, unless=("crowd",)),
    Pattern(_LIFT, ("lift", "shut_in"), 0.88, gap=30),
    Pattern(_LIFT, ("stuck_in_lift",), 0.95),
    Pattern(_LIFT, ("lift_stopped", "lift", "inside"), 0.92, gap=20),
    Pattern(_LIFT, ("lift", "inside", "door_shut"), 0.95, gap=12),
    Pattern(_LIFT, ("in_lift", "door_shut"), 0.92, gap=10),
    Pattern(_LIFT, ("in_lift", "lift_stopped"), 0.88, gap=8),
    Pattern(_LIFT, ("in_lift", "lift_buttons"), 0.9, gap=8),
    Pattern(_LIFT, ("i_am_in", "lift", "lift_buttons"), 0.85, gap=10),
    Pattern(_LIFT, ("lift", "scared", "lift_stopped"), 0.82, gap=10),
    Pattern(_LIFT, ("lift", "lift_buttons", "lift_stopped"), 0.6, gap=8),
    Pattern(_LIFT, ("lift", "lift_stopped", "door_shut"), 0.88, gap=8),
    Pattern(_LIFT, ("lift", "door_shut"), 0.6, gap=4),
    Pattern(_LIFT, ("lift", "door_shut", "scared"), 0.85, gap=8),
    Pattern(_LIFT, ("lift", "inside"), 0.6, gap=6),
    Pattern(_LIFT, ("lift", "lift_fell"), 0.85, gap=5),
    Pattern(_LIFT, ("lift", "between_floors"), 0.85, gap=8),
    Pattern(_LIFT, ("lift", "lift_alarm"), 0.85, gap=12),
    Pattern(_LIFT, ("shut_in",), 0.6, unless=("parking",)),
    # EMG-014
    Pattern(_FIRE, ("fire",), 0.93),
    Pattern(_FIRE, ("fire_word",), 0.72),
    Pattern(_FIRE, ("burnable", "caught"), 0.75, gap=3),
    Pattern(_FIRE, ("smoke",), 0.85, unless=("cooking_smoke",)),
    Pattern(_FIRE, ("smoke_thick",), 0.88),
    Pattern(_FIRE, ("smoke", "help"), 0.85, gap=12),
    Pattern(_FIRE, ("burn_smell",), 0.6),
    Pattern(_FIRE, ("burn_smell", "smoke"), 0.9),
    Pattern(_FIRE, ("explosive", "explosion"), 0.85, gap=5),
    Pattern(_FIRE, ("explosion",), 0.5),
    # EMG-021
    Pattern(_GAS, ("gas", "leak"), 0.93, gap=6),
    Pattern(_GAS, ("gas_smell",), 0.78),
    Pattern(_GAS, ("gas_smell_strong",), 0.93),
    Pattern(_GAS, ("smell", "gas"), 0.78, gap=4),
    Pattern(_GAS, ("smell", "gas", "faint"), 0.93, gap=10),
    Pattern(_GAS, ("gas", "faint"), 0.85, gap=10),
    Pattern(_GAS, ("gas", "smell_house"), 0.82, gap=16),
    Pattern(_GAS, ("gas", "poisoned"), 0.95, gap=6),
    Pattern(_GAS, ("gas_alarm",), 0.85),
    Pattern(_GAS, ("gas", "alarm_ringing"), 0.82, gap=5),
    Pattern(_GAS, ("stove", "leaking_gas"), 0.85, gap=6),
    Pattern(_GAS, ("leaking_gas",), 0.6),
    Pattern(_GAS, ("smell", "faint"), 0.6, gap=8, unless=("paint",)),
    # EMG-015
    Pattern(_PIPE, ("pipe", "burst"), 0.93, level=2, gap=5),
    Pattern(_PIPE, ("burst_pipe",), 0.93, level=2),
    Pattern(_PIPE, ("pipe", "snapped"), 0.75, level=2, gap=4),
    Pattern(_PIPE, ("pipe", "broke"), 0.6, level=2, gap=4),
    Pattern(_PIPE, ("pipe", "broke", "water"), 0.72, level=2, gap=5),
    Pattern(_PIPE, ("pipe", "broke", "unstoppable"), 0.88, level=2, gap=8),
    Pattern(_PIPE, ("pipe", "gushing_on"), 0.82, level=2, gap=10),
    Pattern(_PIPE, ("water", "gushing_on"), 0.8, level=2, gap=6),
    Pattern(_PIPE, ("water", "gush"), 0.88, level=2, gap=5, unless=("sprinkler",)),
    Pattern(_PIPE, ("pipe", "gush"), 0.88, level=2, gap=8),
    Pattern(_PIPE, ("water", "unstoppable"), 0.6, level=2, gap=6, unless=("toilet", "drip")),
    Pattern(_PIPE, ("pipe", "unstoppable"), 0.6, level=2, gap=8, unless=("toilet", "drip")),
    Pattern(_PIPE, ("pipe", "burst", "water_everywhere"), 0.97, gap=14),
    Pattern(_PIPE, ("water_everywhere",), 0.75, unless=("drip", "low_place")),
    Pattern(_PIPE, ("unstoppable", "water_everywhere"), 0.92, gap=12),
    # EMG-031, EMG-026
    Pattern(_FLOOD, ("low_place", "flooding"), 0.88, level=2, gap=5),
    Pattern(_FLOOD, ("low_place", "water", "pours_in"), 0.82, level=2, gap=8),
    Pattern(_FLOOD, ("deep_water",), 0.8, level=2),
    # EMG-030
    Pattern(_ELECTRIC, ("shocked",), 0.95),
    Pattern(_ELECTRIC, ("live",), 0.78, level=2),
    Pattern(_ELECTRIC, ("electric_thing", "sparks"), 0.9, level=2, gap=6),
    Pattern(_ELECTRIC, ("sparks",), 0.72, level=2),
    Pattern(_ELECTRIC, ("plug_wet",), 0.85),
    # EMG-023
    Pattern(_MEDICAL, ("collapsed",), 0.88),
    Pattern(_MEDICAL, ("self_harm",), 0.93),
    Pattern(_MEDICAL, ("ambulance",), 0.85),
    Pattern(_MEDICAL, ("person", "unresponsive"), 0.8, gap=6, unless=("lift",)),
    Pattern(_MEDICAL, ("fell", "injured"), 0.9, gap=10),
    Pattern(_MEDICAL, ("person", "fell"), 0.62, gap=6),
    Pattern(_MEDICAL, ("person", "fell_height"), 0.85, gap=4),
    Pattern(_MEDICAL, ("elder", "no_answer"), 0.66, gap=14),
    # EMG-022
    Pattern(_VIOLENCE, ("violence",), 0.88),
    Pattern(_VIOLENCE, ("break_in",), 0.85),
    Pattern(_VIOLENCE, ("stalk",), 0.85),
    Pattern(_VIOLENCE, ("prowler",), 0.62, level=2),
    Pattern(_VIOLENCE, ("smash",), 0.65, level=2),
    Pattern(_VIOLENCE, ("help",), 0.75),
    Pattern(_VIOLENCE, ("come_quick",), 0.52),
    # EMG-020, EMG-027
    Pattern(_FALLING, ("falling_thing", "hits"), 0.88, gap=7),
    Pattern(_FALLING, ("thrown", "hits"), 0.93, gap=8),
    Pattern(_FALLING, ("falling_thing", "falls"), 0.6, level=2, gap=4),
    Pattern(_FALLING, ("falling_thing", "about_to_fall"), 0.76, level=2, gap=4),
    Pattern(_FALLING, ("falling_thing", "toppled"), 0.55, level=2, gap=2),
    Pattern(_FALLING, ("thrown",), 0.6, level=2),
)
