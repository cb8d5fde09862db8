"""A gateway stand-in that keeps the floor: owners, guests and listeners of several calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from tests.handoff.support import serving, tone
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.floor import FloorBook
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.redis_client import RedisClient
from zhiban.timeline import EventName


class FloorGateway:
    """Joins whoever the desk lets in, and lets go whoever is no longer on the floor.

    Args:
        stores: what desk and gateway share.
        waiting: a Redis client of its own for waiting reads.
        briefing: whether owners are briefed until they skip it.
    """

    def __init__(self, stores: Stores, waiting: RedisClient, *, briefing: bool = False) -> None:
        self.url = ""
        self._stores = stores
        self._waiting = waiting
        self._briefing = briefing
        self._floors = FloorBook(stores.redis)
        self.here: dict[str, web.WebSocketResponse] = {}

    @property
    def lines(self) -> Iterable[web.WebSocketResponse]:
        """The open sockets."""
        return self.here.values()

    async def agent(self, request: web.Request) -> web.StreamResponse:
        handoff_id, guest = request.query["handoff"], request.query.get("agent", "")
        raw = await self._stores.redis.getdel(redis_keys.bridge_token(handoff_id, guest))
        if raw is None or json.loads(raw)["token"] != request.query["token"]:
            raise web.HTTPForbidden
        agent_id = str(json.loads(raw)["agent_id"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "ready", "sample_rate": 16_000})
        record = await self._stores.ledger.get(handoff_id)
        briefed = not guest and self._briefing and record.state is HandoffState.ACCEPTED
        if briefed:
            await self._move(record, HandoffState.BRIEFING, HandoffReason.WHISPER)
        elif guest:
            await self._floors.change(
                handoff_id, lambda _, floor: floor.joined_by(agent_id, iso_ms(utc_now()))
            )
        elif record.state is not HandoffState.BRIDGED:
            await self._move(record, HandoffState.BRIDGED, HandoffReason.AUDIO_JOINED)
        if not briefed:
            await socket.send_json({"type": "bridged"})
        self.here[agent_id] = socket
        tasks = [
            asyncio.create_task(self._speak(socket)),
            asyncio.create_task(self._obey(record, agent_id, socket)),
        ]
        async for message in socket:
            if message.type is aiohttp.WSMsgType.ERROR:
                break
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return socket

    async def _move(self, record: HandoffRecord, to: HandoffState, why: HandoffReason) -> None:
        await self._stores.ledger.move(record.id, record.state, to, why, by="gateway")

    async def _speak(self, socket: web.WebSocketResponse) -> None:
        speech = tone(440, 1.0)
        while True:
            for at in range(0, len(speech), 640):
                await socket.send_bytes(speech[at : at + 640])
                await asyncio.sleep(0.02)  # a caller speaks in real time

    async def _obey(
        self, record: HandoffRecord, agent_id: str, socket: web.WebSocketResponse
    ) -> None:
        last = "$"
        key = redis_keys.call_commands(record.call_id)
        while True:
            for _, entries in await self._waiting.xread({key: last}, block=1_000) or []:
                for entry_id, fields in entries:
                    last = entry_id
                    await self._carry_out(json.loads(fields["command"]), record, agent_id, socket)

    async def _carry_out(
        self,
        command: dict[str, str],
        record: HandoffRecord,
        agent_id: str,
        socket: web.WebSocketResponse,
    ) -> None:
        why = ""
        now, floor = await self._floors.read(record.id)
        match command["command"]:
            case "skip_briefing" if now.state is HandoffState.BRIEFING:
                await self._move(now, HandoffState.BRIDGED, HandoffReason.AUDIO_JOINED)
                await socket.send_json({"type": "bridged"})
            case "hangup":
                why = "agent_hung_up"
                if now.agent_id == agent_id:
                    await self._stores.timeline.append(
                        record.call_id, EventName.CALL_ENDED, {"reason": why}
                    )
            case "floor":
                stays = floor.people() | ({now.agent_id} - {""})
                why = "" if agent_id in stays else "dropped"
        if why:
            await socket.send_json({"type": "ended", "reason": why})
            await socket.close()


@asynccontextmanager
async def open_floor(
    stores: Stores, redis_url: str, *, briefing: bool = False
) -> AsyncIterator[FloorGateway]:
    """Run one on a free port."""
    async with serving(
        lambda waiting: FloorGateway(stores, waiting, briefing=briefing), redis_url
    ) as gateway:
        yield gateway
