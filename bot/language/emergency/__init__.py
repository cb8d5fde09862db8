"""Emergencies in what callers say: found by sound, early, and not when taken back."""

from bot.language.emergency.kinds import EmergencyAction, EmergencyKind, Finding
from bot.language.emergency.question import QUESTIONS, question_for
from bot.language.emergency.second_opinion import (
    CLASSIFIER_ASK,
    CLASSIFIER_TRANSFER,
    EMERGENCY_PREFIX,
    SecondOpinion,
    second_opinion,
)
from bot.language.emergency.spotter import SHORT_ANSWER, EmergencySpotter

__all__ = [
    "CLASSIFIER_ASK",
    "CLASSIFIER_TRANSFER",
    "EMERGENCY_PREFIX",
    "QUESTIONS",
    "SHORT_ANSWER",
    "EmergencyAction",
    "EmergencyKind",
    "EmergencySpotter",
    "Finding",
    "SecondOpinion",
    "question_for",
    "second_opinion",
]
