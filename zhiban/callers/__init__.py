"""Callers made by program: they call as a person would and say what a person would hear."""

from zhiban.callers.latency import TurnLatency, summary
from zhiban.callers.text import TextCaller
from zhiban.callers.voice import VoiceCaller, read_speech

__all__ = ["TextCaller", "TurnLatency", "VoiceCaller", "read_speech", "summary"]
