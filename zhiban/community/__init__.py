"""One community's facts: buildings, residents, departments, deadlines, escalation, phrases."""

from zhiban.community.load import load_community
from zhiban.community.model import (
    Building,
    Community,
    Deadlines,
    Department,
    EscalationStage,
    ResidentRecord,
    Unit,
)

__all__ = [
    "Building",
    "Community",
    "Deadlines",
    "Department",
    "EscalationStage",
    "ResidentRecord",
    "Unit",
    "load_community",
]
