"""Who may use the machine interfaces (text channel, call and ticket API).

Like a database in protected mode: on one machine, with nothing in between, they are open, so
that a first call needs no key; as soon as the address is reachable from elsewhere or a proxy
stands in front, the token is required.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from zhiban.settings import Settings

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def api_token(settings: Settings) -> str:
    """Return the machine-interface token, making it (mode 0600) on first use."""
    from_env = os.environ.get("ZHIBAN_API_TOKEN")
    if from_env:
        return from_env
    path = settings.secrets_dir / "api_token"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    token = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    return token


def same_origin(request: web.Request) -> bool:
    """Return False for a browser page of another site; programs send no Origin."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def is_trusted(request: web.Request, settings: Settings, token: str) -> bool:
    """Return whether the request may use a machine interface.

    A token (``Authorization: Bearer …`` or ``?token=``) always opens it. Without one,
    ``access=auto`` opens it only to this machine itself: loopback peer, loopback host name
    (a rebound DNS name fails), no proxy header, no page of another site.
    """
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    given = given or request.query.get("token", "")
    if given and hmac.compare_digest(given.encode(), token.encode()):
        return True
    if settings.access == "token" or not same_origin(request):
        return False
    if settings.access == "open":
        return True
    return _is_local(request)


def _is_local(request: web.Request) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    if (urlsplit(f"//{request.host}").hostname or "") not in _LOCAL_NAMES:
        return False
    try:
        return request.remote is not None and ipaddress.ip_address(request.remote).is_loopback
    except ValueError:
        return False
