"""Speech models: which there are, getting them, checking them, choosing one."""

from zhiban.models.catalogue import PACKAGED_VOICE, VOSK_SMALL_CN, WHISPER_BASE, Model, ModelFile
from zhiban.models.check import ModelState, check
from zhiban.models.choose import Engine, RecogniserChoice, choose_recogniser, ensure_recogniser
from zhiban.models.install import Report, ensure

__all__ = [
    "PACKAGED_VOICE",
    "VOSK_SMALL_CN",
    "WHISPER_BASE",
    "Engine",
    "Model",
    "ModelFile",
    "ModelState",
    "RecogniserChoice",
    "Report",
    "check",
    "choose_recogniser",
    "ensure",
    "ensure_recogniser",
]
