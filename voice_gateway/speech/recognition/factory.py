"""Makes the recogniser that was chosen."""

from __future__ import annotations

from voice_gateway.speech.recognition.base import Recogniser
from voice_gateway.speech.recognition.whisper_model import WhisperSettings
from zhiban.models.choose import Engine, RecogniserChoice


def open_recogniser(
    choice: RecogniserChoice, whisper_settings: WhisperSettings | None = None
) -> Recogniser:
    """Return the chosen engine, not yet loaded: await its `warm_up`."""
    # Each library is imported only when its engine is used.
    if choice.engine is Engine.VOSK:
        from voice_gateway.speech.recognition.vosk import VoskRecogniser

        return VoskRecogniser(choice.folder)
    from voice_gateway.speech.recognition.whisper import WhisperRecogniser

    return WhisperRecogniser(choice.folder, whisper_settings)
