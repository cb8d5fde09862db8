"""What requests and answers of the JSON interface have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from handoff.cases import Case
from handoff.web.context import CONTEXT, signed_in
from zhiban.errors import ErrorCode, ZhibanError


async def read_body(request: web.Request) -> Mapping[str, Any]:
    """Return the JSON object that was sent; nothing sent is an empty one.

    Raises:
        ZhibanError: BAD_MESSAGE for anything else.
    """
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ZhibanError("应为 JSON / expected JSON", code=ErrorCode.BAD_MESSAGE) from error
    if not isinstance(body, Mapping):
        raise ZhibanError("应为 JSON 对象 / expected an object", code=ErrorCode.BAD_MESSAGE)
    return body


def done() -> web.Response:
    """Answer that it has been done."""
    return web.json_response({"ok": True})


def browser_host(request: web.Request) -> str:
    """Return the name under which the browser reached the desk."""
    return urlsplit(f"//{request.host}").hostname or "127.0.0.1"


async def bridge(request: web.Request, case: Case) -> web.Response:
    """Answer with a one-use address of the call's audio."""
    user, _ = signed_in(request)
    url = await request.app[CONTEXT].desk.bridge_url(case, user, browser_host(request))
    return web.json_response({"bridge_url": url, "call_id": case.record.call_id})
