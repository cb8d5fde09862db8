"""Emergencies in what callers say: found by sound, early, and not when taken back."""

from bot.language.emergency.kinds import EmergencyAction, EmergencyKind, Finding
from bot.language.emergency.question import QUESTIONS, question_for
from bot.language.emergency.spotter import EmergencySpotter

__all__ = [
    "QUESTIONS",
    "EmergencyAction",
    "EmergencyKind",
    "EmergencySpotter",
    "Finding",
    "question_for",
]
