"""Health probes: one small question each, answered yes or no."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

from zhiban.supervisor.service import Probe

_DEADLINE_S = 5.0


async def http_status(
    url: str, *, method: str = "", body: object | None = None, deadline_s: float
) -> int:
    """Return the status code of one HTTP/1.1 request (POST by default if there is a JSON body).

    Raises:
        OSError: nobody answers there.
        TimeoutError: no answer within `deadline_s` seconds.
        ValueError: the answer is not HTTP.
    """
    parts = urlsplit(url)
    target = parts.path or "/"
    payload = b"" if body is None else json.dumps(body).encode()
    verb = method or ("GET" if body is None else "POST")
    head = (
        f"{verb} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
        "Connection: close\r\n\r\n"
    )
    async with asyncio.timeout(deadline_s):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        try:
            writer.write(head.encode() + payload)
            await writer.drain()
            status_line = await reader.readline()
        finally:
            writer.close()
    words = status_line.split()
    if len(words) < 2 or not words[1].isdigit():
        raise ValueError("not an HTTP answer")
    return int(words[1])


def http_probe(url: str, *, body: object | None = None, deadline_s: float = _DEADLINE_S) -> Probe:
    """Return a probe that is satisfied by status 200."""

    async def probe() -> bool:
        try:
            return await http_status(url, body=body, deadline_s=deadline_s) == 200
        except (OSError, TimeoutError, ValueError):
            return False

    return probe


def redis_probe(host: str, port: int) -> Probe:
    """Return a probe that is satisfied by Redis's PONG."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(_DEADLINE_S):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    writer.write(b"PING\r\n")
                    await writer.drain()
                    return (await reader.readline()).startswith(b"+PONG")
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False

    return probe


def rasa_probe(base: str) -> Probe:
    """Return a probe that is satisfied when Rasa has loaded its model and parsed one sentence.

    The first parse loads the word segmenter (about a second): better here than on a caller.
    """
    status = http_probe(f"{base}/status")
    parse = http_probe(f"{base}/model/parse", body={"text": "你好"}, deadline_s=30.0)
    warm = False

    async def probe() -> bool:
        nonlocal warm
        if not await status():
            warm = False
            return False
        if not warm:
            warm = await parse()
        return warm

    return probe
