"""What an emergency is to the rest of the house: kinds, actions and findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class EmergencyKind(str, Enum):
    """The emergencies a caller is put through to a person for (EMG-013 to EMG-031)."""

    ELEVATOR_TRAPPED = "elevator_trapped"
    FIRE = "fire"
    GAS_LEAK = "gas_leak"
    BURST_PIPE = "burst_pipe"
    ELECTRIC_HAZARD = "electric_hazard"
    MEDICAL = "medical"
    VIOLENCE_INTRUSION = "violence_intrusion"
    FALLING_OBJECT = "falling_object"
    FLOOD = "flood"


USUAL_LEVEL = {
    EmergencyKind.ELEVATOR_TRAPPED: 3,
    EmergencyKind.FIRE: 3,
    EmergencyKind.GAS_LEAK: 3,
    EmergencyKind.BURST_PIPE: 2,
    EmergencyKind.ELECTRIC_HAZARD: 2,
    EmergencyKind.MEDICAL: 3,
    EmergencyKind.VIOLENCE_INTRUSION: 3,
    EmergencyKind.FALLING_OBJECT: 2,
    EmergencyKind.FLOOD: 2,
}
"""Level where the words do not say how bad it is (EMG-038 to EMG-040)."""


class EmergencyAction(str, Enum):
    """What to do about a finding: put through at once, or ask one closed question first."""

    TRANSFER = "transfer"
    ASK = "ask"


@dataclass(frozen=True)
class Finding:
    """One emergency found in what a caller said.

    Attributes:
        kind: What is happening.
        level: 1 to 3, 3 the most severe (EMG-038 to EMG-040).
        confidence: 0 to 1.
        matched: The words of the caller that gave it away, as recognised.
        start: Offset of ``matched`` in the text.
        end: Offset just past it.
        action: Put through at once or ask first.
    """

    kind: EmergencyKind
    level: int
    confidence: float
    matched: str
    start: int
    end: int
    action: EmergencyAction
