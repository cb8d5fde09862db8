"""Synthesis: cached sentences, the online voice, the packaged voice, in that order."""

from voice_gateway.speech.synthesis.base import (
    SpeechChunk,
    SpeechSettings,
    SpeechUnavailable,
    Voice,
    VoiceSource,
)
from voice_gateway.speech.synthesis.breaker import CircuitBreaker
from voice_gateway.speech.synthesis.cache import SentenceCache
from voice_gateway.speech.synthesis.edge import EdgeVoice
from voice_gateway.speech.synthesis.packaged import PackagedVoice
from voice_gateway.speech.synthesis.prepare import missing, prepare
from voice_gateway.speech.synthesis.speaker import Speaker, open_speaker

__all__ = [
    "CircuitBreaker",
    "EdgeVoice",
    "PackagedVoice",
    "SentenceCache",
    "Speaker",
    "SpeechChunk",
    "SpeechSettings",
    "SpeechUnavailable",
    "Voice",
    "VoiceSource",
    "missing",
    "open_speaker",
    "prepare",
]
