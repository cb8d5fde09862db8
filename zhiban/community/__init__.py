"""One community's facts: buildings, residents, departments, deadlines, escalation, phrases."""

from zhiban.community.crew import Crew, Skills
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
    "Crew",
    "Deadlines",
    "Department",
    "EscalationStage",
    "ResidentRecord",
    "Skills",
    "Unit",
    "load_community",
]
