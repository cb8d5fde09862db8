"""The caller's page and the health of this process."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from voice_gateway.call.registry import CallRegistry
from voice_gateway.readiness import Readiness
from zhiban.settings import ROOT

_WEB = Path(__file__).resolve().parent.parent / "web"
_SHARED = ROOT / "zhiban" / "web" / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "microphone=(self)",
}


def add_pages(app: web.Application, readiness: Readiness, registry: CallRegistry) -> None:
    """Add ``/``, the static files and ``/health``."""

    async def page(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_WEB / "caller.html", headers=_HEADERS)

    async def health(_request: web.Request) -> web.Response:
        state = await readiness.look()
        state["calls"] = len(registry.held)
        return web.json_response(state, status=200 if state["ready"] else 503)

    app.router.add_get("/", page)
    app.router.add_get("/health", health)
    app.router.add_static("/static/", _WEB / "static")
    app.router.add_static("/shared/", _SHARED)
