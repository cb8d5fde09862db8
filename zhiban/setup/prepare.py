"""Everything between installed environments and a start: each step does nothing when done."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from zhiban.models import Engine, RecogniserChoice, ensure_recogniser
from zhiban.settings import ROOT, Settings
from zhiban.setup import training
from zhiban.setup.commands import run
from zhiban.setup.faults import SetupCode, SetupError
from zhiban.setup.progress import Progress, Step
from zhiban.setup.stamps import clear_stamp, files_under, fingerprint, read_stamp, write_stamp
from zhiban.store.migrate import migrate
from zhiban.supervisor import instance, ports, services
from zhiban.supervisor.child import Change, Report
from zhiban.supervisor.supervisor import Supervisor

_MIN_FREE_MIB = 600
_MEBI = 1024 * 1024


@dataclass(frozen=True)
class Prepared:
    """What preparing found or made.

    Attributes:
        model: the trained bot.
        recogniser: which speech recogniser will be used.
        recogniser_reason: why that one.
    """

    model: Path
    recogniser: Engine
    recogniser_reason: str


async def prepare(settings: Settings, progress: Progress, *, train: bool = True) -> Prepared:
    """Bring models, database, bot and fixed sentences up to date, side by side.

    Args:
        settings: what to prepare.
        progress: shows the steps.
        train: train the bot if its sources changed; otherwise the newest model is taken.

    Raises:
        SetupError: the first step that failed; the others are stopped.
    """
    _check_folder(settings.data_dir)
    try:
        with instance.only_one_preparing(settings.data_dir):
            return await _prepare(settings, progress, train)
    except* SetupError as errors:
        raise errors.exceptions[0] from None


async def _prepare(settings: Settings, progress: Progress, train: bool) -> Prepared:
    async with asyncio.TaskGroup() as group:
        models = group.create_task(_models(settings, progress))
        bot = group.create_task(_bot(settings, progress, train))
        group.create_task(_database(settings, progress))
        group.create_task(_sentences(settings, progress))
    engine, reason = models.result()
    return Prepared(bot.result(), engine, reason)


def _check_folder(folder: Path) -> None:
    try:
        for name in ("log", "run"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // _MEBI
    except OSError as error:
        raise SetupError(
            f"数据目录不可写 / data directory cannot be written: {folder}: {error.strerror}",
            code=SetupCode.STEP_FAILED,
            advice="改 --data 或 ZHIBAN_DATA_DIR / choose another with --data",
        ) from error
    if free < _MIN_FREE_MIB:
        raise SetupError(
            f"磁盘只剩 {free} MiB，需要 {_MIN_FREE_MIB} / {free} MiB left in {folder}",
            code=SetupCode.DISK_FULL,
            advice="清出空间后重新运行 / free some space and run again",
            retryable=True,
        )


async def _models(settings: Settings, progress: Progress) -> tuple[Engine, str]:
    choice = await asyncio.to_thread(fetch_models, settings, progress)
    return choice.engine, choice.reason


def fetch_models(
    settings: Settings, progress: Progress, *, retry_makers: bool = False
) -> RecogniserChoice:
    """Have the wanted recogniser's model there and checked, and show how that goes.

    Raises:
        SetupError: no network, wrong checksum, full disk.
    """
    with progress.step("语音识别模型") as step:

        def report(what: str, done: int, total: int) -> None:
            step.note = f"{what} {done * 100 // total}%" if total else what

        choice = ensure_recogniser(
            settings.models_dir,
            settings.recogniser,
            vosk_dir=Path(settings.vosk_dir) if settings.vosk_dir else None,
            retry_makers=retry_makers,
            report=report,
        )
        step.note = choice.reason
    return choice


async def _bot(settings: Settings, progress: Progress, train: bool) -> Path:
    if not train:
        return training.newest_model(settings)
    with progress.step("训练对话模型") as step:
        return await training.train(settings, step)


async def _database(settings: Settings, progress: Progress) -> None:
    with progress.step("数据库"):
        try:
            await migrate(settings.database)
        except OSError as error:
            raise SetupError(
                f"数据库连不上 / the database cannot be reached: {error}",
                code=SetupCode.STEP_FAILED,
                advice="检查 ZHIBAN_DATABASE_URL / check ZHIBAN_DATABASE_URL",
                retryable=True,
            ) from error


def _sentences_mark(settings: Settings) -> str:
    """Return what the rendered sentences depend on: the texts, and what turns them into sound."""
    files = files_under(settings.site_dir) + files_under(ROOT / "zhiban" / "community")
    for folder in ("speech/synthesis", "packaged_voice"):
        files += files_under(ROOT / "voice_gateway" / folder)
    files += [ROOT / "domain.yml", ROOT / "voice_gateway" / "fixed_sentences.py"]
    files = [file for file in files if file.is_file()]
    online = settings.edge_voice if settings.online_voice else ""
    return fingerprint(files, str(settings.site_dir), settings.voice_url, online)


async def _sentences(settings: Settings, progress: Progress) -> None:
    """Render every fixed sentence with the packaged voice, before any call is taken."""
    stamp = settings.data_dir / "run" / "sentences.stamp"
    mark = _sentences_mark(settings)
    if read_stamp(stamp) == mark:
        return
    clear_stamp(stamp)
    with progress.step("合成固定话术") as step:
        crashed = asyncio.Event()
        heard: list[str] = []

        def report(event: Report) -> None:
            if event.change in (Change.CRASHED, Change.CRASH_LOOP):
                heard.append(event.text)
                crashed.set()

        # A port and a folder of its own: the services may be running from this data directory.
        own = replace(settings, voice_port=ports.any_free())
        folder = settings.data_dir / "run" / "prepare"
        needed = [] if settings.voice_url else [services.voice(own)]
        async with Supervisor(needed, data_dir=folder, report=report) as running:
            step.note = "等待语音合成启动"
            ready = asyncio.create_task(running.wait_ready())
            failed = asyncio.create_task(crashed.wait())
            await asyncio.wait({ready, failed}, return_when=asyncio.FIRST_COMPLETED)
            for task in (ready, failed):
                task.cancel()
            if crashed.is_set():
                raise SetupError(
                    f"语音合成起不来 / the packaged voice does not start: {heard[0]}",
                    code=SetupCode.STEP_FAILED,
                    advice=f"看日志 / see {folder / 'log' / 'voice.log'}",
                )
            await _render(own, step)
    write_stamp(stamp, mark)


async def _render(settings: Settings, step: Step) -> None:
    def watch(line: str) -> None:
        step.note = line.strip()[:40]

    await run(
        [sys.executable, "-m", "voice_gateway", "prepare"],
        title="合成固定话术",
        log=settings.data_dir / "log" / "prepare.log",
        folder=ROOT,
        env={**settings.to_env(), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
        on_line=watch,
    )
