"""Builds the gateway: services, routes, background work, orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from redis.exceptions import RedisError

from bot.language.emergency import EmergencySpotter
from voice_gateway.asterisk.calls import AsteriskCalls
from voice_gateway.asterisk.server import AudioSocketServer
from voice_gateway.asterisk.settings import AsteriskSettings
from voice_gateway.call.orphans import settle_orphans
from voice_gateway.call.registry import CallRegistry
from voice_gateway.dialogue.client import DialogueClient
from voice_gateway.emergency.refile import file_spooled_emergencies
from voice_gateway.emergency.spool import EmergencySpool
from voice_gateway.phones.survey import SurveyCalls
from voice_gateway.readiness import Readiness
from voice_gateway.routes.agents import AgentRoute
from voice_gateway.routes.asterisk import AsteriskRoutes
from voice_gateway.routes.callbacks import CallbackRoute
from voice_gateway.routes.calls import CallRoutes
from voice_gateway.routes.pages import add_pages
from voice_gateway.routes.phones import PhoneRoute
from voice_gateway.services import Services
from voice_gateway.speech.recognition.factory import open_recogniser
from voice_gateway.speech.recognition.prompts import DomainPrompts
from voice_gateway.speech.synthesis import SpeechSettings, open_speaker
from zhiban.access import api_token, is_trusted
from zhiban.api import add_read_api
from zhiban.calls.nodes import NodeBeat
from zhiban.community import load_community
from zhiban.community.roster import roster_of
from zhiban.handoffs import HandoffLedger
from zhiban.models import choose_recogniser
from zhiban.redis_client import open_redis
from zhiban.settings import Settings
from zhiban.store import open_engine
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline, TimelineArchive

logger = logging.getLogger(__name__)

_UPKEEP_SECONDS = 5.0
_FIRST_SECONDS = 15.0
_PARTING_SECONDS = 2.0


def speech_settings(settings: Settings) -> SpeechSettings:
    """Return how the gateway speaks."""
    return SpeechSettings(
        online=settings.online_voice,
        edge_voice=settings.edge_voice,
        edge_url=settings.edge_url,
        packaged_url=settings.voice,
    )


def open_services(settings: Settings) -> Services:
    """Open everything calls need; nothing is loaded or connected yet.

    Raises:
        ZhibanError: settings or site data are wrong.
        SetupError: the recogniser's model is not installed.
    """
    community = load_community(settings.site_dir)
    redis = open_redis(settings.redis)
    engine = open_engine(settings.database)
    timeline = Timeline(redis, settings.data_dir / "spool" / "timeline.jsonl")
    choice = choose_recogniser(
        settings.models_dir,
        settings.recogniser,
        vosk_dir=Path(settings.vosk_dir) if settings.vosk_dir else None,
    )
    logger.info("recogniser: %s (%s)", choice.engine, choice.reason)
    return Services(
        settings=settings,
        community=community,
        roster=roster_of(community),
        redis=redis,
        engine=engine,
        timeline=timeline,
        tickets=TicketService(engine, timeline),
        ledger=HandoffLedger(redis, engine, timeline),
        dialogue=DialogueClient(settings.rasa),
        spotter=EmergencySpotter(),
        recogniser=open_recogniser(choice),
        speaker=open_speaker(speech_settings(settings), settings.data_dir / "speech-cache"),
        prompts=DomainPrompts(community),
        spool=EmergencySpool(settings.data_dir / "spool" / "emergencies"),
    )


def build_app(
    settings: Settings,
    services: Services | None = None,
    asterisk: AsteriskSettings | None = None,
) -> web.Application:
    """Return the application.

    Args:
        settings: where it runs.
        services: what calls need; opened from the settings by default.
        asterisk: who may bring calls from a PBX; read from the environment by default.

    Raises:
        ZhibanError: settings or site data are wrong.
        SetupError: the recogniser's model is not installed.
    """
    asterisk = asterisk or AsteriskSettings.from_env()
    services = services or open_services(settings)
    registry = CallRegistry()
    token = api_token(settings)
    app = web.Application()

    def trusted(request: web.Request) -> bool:
        return is_trusted(request, settings, token)

    async def allowed(request: web.Request) -> bool:
        return trusted(request)

    readiness = Readiness(services)
    pbx_calls = AsteriskCalls(services, registry, readiness, asterisk)
    audiosocket = AudioSocketServer(pbx_calls)
    AsteriskRoutes(pbx_calls, trusted).add_to(app)
    CallRoutes(services, registry, token, readiness).add_to(app)
    agents = AgentRoute(services, registry)
    agents.add_to(app)
    CallbackRoute(services, registry, agents).add_to(app)
    PhoneRoute(services, registry.legs, token).add_to(app)
    add_pages(app, readiness, registry)
    add_read_api(
        app,
        redis=services.redis,
        engine=services.engine,
        tickets=services.tickets,
        allowed=allowed,
    )

    async def running(_app: web.Application) -> AsyncIterator[None]:

        async def take_back() -> None:
            for held in list(registry.held.values()):
                await held.call.take_back()

        beat = NodeBeat(services.redis, settings.gateway_url, take_back)
        await _settle_first(services)
        await services.recogniser.warm_up()
        archive = TimelineArchive(
            services.redis, services.engine, f"gateway-{os.uname().nodename}-{os.getpid()}"
        )
        tasks = [
            asyncio.create_task(archive.run()),
            asyncio.create_task(beat.run()),
            asyncio.create_task(_keep_up(services, registry)),
            asyncio.create_task(SurveyCalls(services, registry).run()),
        ]
        listen = asterisk.listen()
        if listen is not None:
            await audiosocket.start(*listen)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(_PARTING_SECONDS):
                await beat.leave()
        await services.speaker.close()
        await services.dialogue.close()
        services.recogniser.close()
        await services.redis.aclose()
        await services.engine.dispose()

    async def end_calls(_app: web.Application) -> None:
        for held in list(registry.held.values()):
            await held.call.end("gateway_stopped")
        await audiosocket.close()

    app.cleanup_ctx.append(running)
    app.on_shutdown.append(end_calls)
    return app


async def _settle_first(services: Services) -> None:
    """Settle what a killed process left before the first call; never keep callers waiting."""
    try:
        async with asyncio.timeout(_FIRST_SECONDS):
            await settle_orphans(services)
    except Exception:
        logger.exception("calls of the process before are not settled yet")


async def _keep_up(services: Services, registry: CallRegistry) -> None:
    """Bring in what could not be stored while a store was away."""
    while True:
        with suppress(RedisError, OSError):
            await services.timeline.replay()
        try:
            await file_spooled_emergencies(services)
            for held in list(registry.held.values()):
                if not held.call.registered:
                    await held.call.register()
            await settle_orphans(services, registry.held)
        except Exception:
            # Whatever fails here fails again in five seconds; nothing of it is lost.
            logger.exception("not everything is stored yet")
        await asyncio.sleep(_UPKEEP_SECONDS)
