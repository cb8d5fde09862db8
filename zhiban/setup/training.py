"""Trains the bot when its sources changed; the new model appears wholly or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from zhiban.settings import ROOT, Settings
from zhiban.setup.commands import run
from zhiban.setup.environments import RASA
from zhiban.setup.faults import SetupCode, SetupError
from zhiban.setup.lessons import write_lessons
from zhiban.setup.progress import Step
from zhiban.setup.stamps import files_under, fingerprint
from zhiban.supervisor.probes import http_status

_NOT_FOR_TRAINING = ("frozen", "dev")
_NOT_IN_THE_MODEL = ("evaluation", "understanding.py")
"""What of bot/ only reads or scores a trained model."""
_KEEP_MODELS = 3
_TRAINING = re.compile(r"Starting to train component '(\w+)'")


def rasa_python() -> Path:
    """Return the interpreter of the dialogue engine; ``ZHIBAN_RASA_PYTHON`` names another."""
    return Path(os.environ.get("ZHIBAN_RASA_PYTHON") or RASA.python)


def rasa_env(settings: Settings) -> dict[str, str]:
    """Return the variables that keep Rasa and TensorFlow quiet, local and on the CPU."""
    return {
        **settings.to_env(),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "MPLCONFIGDIR": str(settings.data_dir / "run" / "matplotlib"),
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "NO_COLOR": "1",
    }


def training_data() -> list[Path]:
    """Return the utterances the bot learns from; evaluation sets are never among them.

    The site's standard answers are learned from too, but do not make a model stale: a new one
    is answered without training (``lessons``).
    """
    return files_under(ROOT / "nlu_data", skip=_NOT_FOR_TRAINING)


def model_path(settings: Settings) -> Path:
    """Return where the model made from the present sources lies, or will lie."""
    sources = [ROOT / "domain.yml", ROOT / "config.yml", *training_data()]
    sources += files_under(ROOT / "bot", skip=_NOT_IN_THE_MODEL)
    present = [source for source in sources if source.is_file()]
    mark = fingerprint(present, fingerprint(RASA.locks), base=ROOT)
    return settings.data_dir / "rasa-models" / f"zhiban-{mark}.tar.gz"


def newest_model(settings: Settings) -> Path:
    """Return the model trained last, whatever it was made from.

    Raises:
        SetupError: MISSING_FILE, if none was ever trained.
    """
    models = _by_age(settings)
    if not models:
        raise SetupError(
            "还没有训练过的模型 / no trained model yet",
            code=SetupCode.MISSING_FILE,
            advice="运行 zhiban train / run zhiban train",
        )
    return models[0]


def _by_age(settings: Settings) -> list[Path]:
    models = (settings.data_dir / "rasa-models").glob("zhiban-*.tar.gz")
    return sorted(models, key=lambda path: path.stat().st_mtime, reverse=True)


async def train(settings: Settings, step: Step, *, again: bool = False) -> Path:
    """Return the model of the present sources, training it if it is not there.

    Args:
        settings: where the models lie.
        step: told which component is being trained.
        again: train although the model is there.

    Raises:
        SetupError: TRAINING_FAILED or MISSING_FILE.
    """
    target = model_path(settings)
    if target.exists() and not again:
        step.note = "没有变化 / unchanged"
        return target
    if not rasa_python().exists():
        raise SetupError(
            "没有对话引擎环境 / the dialogue engine's environment is missing",
            code=SetupCode.MISSING_FILE,
            advice="运行 make run 或 make setup / run make run or make setup",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=target.parent) as folder:
        made = await _rasa_train(settings, Path(folder), step)
        made.replace(target)
    os.utime(target)
    for old in _by_age(settings)[_KEEP_MODELS:]:
        old.unlink()
    step.note = target.name
    return target


async def _rasa_train(settings: Settings, folder: Path, step: Step) -> Path:
    def watch(line: str) -> None:
        if found := _TRAINING.search(line):
            step.note = found.group(1)

    argv = [str(rasa_python()), "-m", "rasa", "train", "--out", str(folder)]
    argv += ["--domain", str(ROOT / "domain.yml"), "--config", str(ROOT / "config.yml")]
    # Rasa's validation reads everything twice more; the project's tests hold what it would say.
    argv += ["--fixed-model-name", "new", "--skip-validation"]
    lessons = folder / "lessons.yml"
    others = write_lessons(training_data(), settings.site_dir, lessons)
    argv += ["--data", *map(str, others), str(lessons)]
    # A fresh cache: Rasa's key misses helper modules and parent classes of our components.
    env = {**rasa_env(settings), "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    try:
        await run(
            argv,
            title="训练",
            log=settings.data_dir / "log" / "train.log",
            folder=ROOT,
            env=env,
            on_line=watch,
        )
    except SetupError as error:
        raise SetupError(
            error.message, code=SetupCode.TRAINING_FAILED, advice=error.advice
        ) from error
    made = folder / "new.tar.gz"
    if not made.exists():
        raise SetupError(
            "训练没有产出模型 / training made no model",
            code=SetupCode.TRAINING_FAILED,
            advice=f"看日志 / see the log: {settings.data_dir / 'log' / 'train.log'}",
        )
    return made


async def swap(settings: Settings, model: Path) -> bool:
    """Have the running engine load the model; False if none is running.

    Raises:
        SetupError: TRAINING_FAILED, if the engine refuses the model.
    """
    try:
        status = await http_status(
            f"{settings.rasa}/model",
            method="PUT",
            body={"model_file": str(model)},
            deadline_s=120.0,
        )
    except OSError:
        return False
    if status not in (200, 204):
        raise SetupError(
            f"对话引擎拒绝新模型 / the engine refused the model (HTTP {status})",
            code=SetupCode.TRAINING_FAILED,
            advice=f"看日志 / see the log: {settings.data_dir / 'log' / 'rasa.log'}",
        )
    return True
