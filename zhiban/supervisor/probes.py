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
    head = f"{verb} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
    if payload:
        head += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
    head += "\r\n"
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


def http_probe(url: str, *, deadline_s: float = _DEADLINE_S) -> Probe:
    """Return a probe that is satisfied by status 200."""

    async def probe() -> bool:
        try:
            return await http_status(url, deadline_s=deadline_s) == 200
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
