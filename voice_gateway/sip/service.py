"""The process: the stack, calls both ways, a health page, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal

import aiohttp
from aiohttp import web

from voice_gateway.sip.inbound import Inbound
from voice_gateway.sip.limits import Limits
from voice_gateway.sip.outbound import Outbound
from voice_gateway.sip.settings import SipSettings
from voice_gateway.sip.stack import Stack
from zhiban.access import api_token
from zhiban.redis_client import open_redis
from zhiban.settings import Settings

logger = logging.getLogger(__name__)

_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound
_STOP_SECONDS = 6.0


async def serve(settings: Settings, sip: SipSettings) -> int:
    """Take and place calls until told to stop; return the exit code.

    Raises:
        ZhibanError: BAD_SETTING: it cannot listen.
    """
    over = asyncio.Event()
    code = 0

    def dead() -> None:
        nonlocal code
        code = 1
        logger.critical("sip: the stack has died; this process has to be started again")
        over.set()

    limits = Limits(sip.max_calls, sip.calls_per_second)
    headers = {"Authorization": f"Bearer {api_token(settings)}"}
    redis = open_redis(settings.redis)
    async with aiohttp.ClientSession(headers=headers) as session:
        inbound = Inbound(session, voice_url(settings, sip), limits, sip.keep_seconds)
        stack = Stack(sip, inbound.take, dead)
        await stack.start()
        outbound = Outbound(sip, stack, session, redis, limits)
        orders = asyncio.create_task(outbound.run())
        health = await _health(settings, stack, limits)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, over.set)
        logger.info("sip: listening at %s (%s)", sip.listen, sip.transport)
        await over.wait()
        orders.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await asyncio.gather(
                    inbound.stop(), outbound.stop(), orders, return_exceptions=True
                )
        await health.cleanup()
        if not code:
            await stack.close()
    await redis.aclose()
    return code


def voice_url(settings: Settings, sip: SipSettings) -> str:
    """Return the gateway's voice endpoint."""
    host = "127.0.0.1" if settings.host in _ANY else settings.host
    base = sip.gateway or f"http://{host}:{settings.gateway_port}"
    return base.rstrip("/").replace("http", "ws", 1) + "/v1/voice"


async def _health(settings: Settings, stack: Stack, limits: Limits) -> web.AppRunner:
    async def health(_request: web.Request) -> web.Response:
        alive = await stack.alive()
        body = {
            "alive": alive,
            "registered": stack.registered,
            "calls": limits.held,
            "refused": stack.refused,
        }
        return web.json_response(body, status=200 if alive else 503)

    app = web.Application()
    app.router.add_get("/health", health)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", settings.sip_health_port).start()
    return runner
