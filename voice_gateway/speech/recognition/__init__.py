"""Recognition: one interface, two engines (Whisper and Vosk), domain prompts."""

from voice_gateway.speech.recognition.base import Recogniser, RecogniserSession, Recognition
from voice_gateway.speech.recognition.factory import open_recogniser
from voice_gateway.speech.recognition.prompts import DomainPrompts, Expectation

__all__ = [
    "DomainPrompts",
    "Expectation",
    "Recogniser",
    "RecogniserSession",
    "Recognition",
    "open_recogniser",
]
