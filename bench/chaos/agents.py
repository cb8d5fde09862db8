"""Agents with the habits of people, working at the desk's own HTTP and WebSocket interfaces."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.chaos.causes import Cause
from tests.handoff.support import Agent
from tests.support.browser import PASSWORD

AGENTS = {
    "anna": "agent",
    "bai": "agent",
    "chen": "agent",
    "dong": "backup",
    "emma": "leader",
    "fang": "manager",
}
"""Accounts of a run and their roles."""
_HABITS = {
    "accept": 60,
    Cause.AGENT_DECLINES: 14,
    Cause.AGENT_IGNORES: 14,
    Cause.AGENT_DROPS: 7,
    Cause.AGENT_SIGNS_OUT: 5,
}
_OUTCOMES = {"dispatched": 5, "resolved": 3, "callback": 2}
_CALLED_BACK = {"resolved": 4, "unreachable": 1}
_LOOK_SECONDS = 0.5
_SILENCE = bytes(640)


@dataclass(frozen=True)
class Deed:
    """What an agent did with a case; ``at`` in epoch seconds."""

    at: float
    agent: str
    handoff_id: str
    what: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON content."""
        return {
            "at": self.at, "agent": self.agent, "handoff": self.handoff_id, "what": self.what
        }  # fmt: skip


class ChaosAgent:
    """One agent's working day.

    Args:
        desk: base URL.
        user: account.
        seed: of their whims.
        only: the one bad habit they may have; None: all of them.
        deeds: where they note what they did.
    """

    def __init__(
        self, desk: str, user: str, seed: int, only: Cause | None, deeds: list[Deed]
    ) -> None:
        self._desk = desk
        self._user = user
        self._rng = random.Random(f"{seed}/agent/{user}")
        self._deeds = deeds
        self._habits: dict[str, int] = {
            str(habit): weight
            for habit, weight in _HABITS.items()
            if only is None or habit in ("accept", only)
        }
        self._drops_calls = only in (None, Cause.AGENT_DROPS)
        self.well_behaved = False

    async def run(self) -> None:
        """Work until cancelled: whatever breaks, sign in again as a person would."""
        while True:
            agent = Agent(self._desk, self._user)
            try:
                async with asyncio.timeout(30):
                    answer = await agent.sign_in(PASSWORD)
                    if answer.status != 303:
                        raise RuntimeError(f"sign-in refused: {answer.status}")
                    await agent.sit_down()
                await self._shift(agent)
            except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError, AssertionError,
                    ValueError, KeyError) as error:  # fmt: skip
                # A desk that is down shows an error page; a person waits and reloads.
                self._did("", f"trouble: {type(error).__name__} {error}"[:120])
            finally:
                await agent.close()
            await asyncio.sleep(self._rng.uniform(0.5, 3.0))

    async def _shift(self, agent: Agent) -> None:
        assert agent.socket is not None
        while not agent.socket.closed:
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    view = await agent.rung()
            except TimeoutError:
                await self._tidy(agent)
                continue
            if not await self._take_ring(agent, view):
                return

    async def _take_ring(self, agent: Agent, view: dict[str, Any]) -> bool:
        """Deal with a ring as the mood is; False when the shift ends with it."""
        habits = {"accept": 1} if self.well_behaved else self._habits
        mood = self._rng.choices(list(habits), weights=list(habits.values()))[0]
        await asyncio.sleep(self._rng.uniform(0.1, 1.5))
        handoff_id = view["id"]
        assert agent.socket is not None
        if mood != "accept":
            self._did(handoff_id, mood)
        match mood:
            case Cause.AGENT_DECLINES:
                await self._act(agent, handoff_id, "decline", reason="on_other_call")
            case Cause.AGENT_IGNORES:
                await self._wait_out(agent, handoff_id)
            case Cause.AGENT_DROPS:
                await agent.socket.close()
                await asyncio.sleep(self._rng.uniform(1, 9))
                return False
            case Cause.AGENT_SIGNS_OUT:
                headers = {"X-CSRF-Token": agent.csrf}
                async with agent.http.post(f"{self._desk}/logout", headers=headers):
                    pass
                await asyncio.sleep(self._rng.uniform(2, 8))
                return False
            case _:
                await self._accept(agent, handoff_id)
        return True

    async def _wait_out(self, agent: Agent, handoff_id: str) -> None:
        """Let it ring."""

        def silent() -> bool:
            view = agent.board.get(handoff_id)
            return view is None or view["offered_to"] != self._user or view["state"] != "offered"

        try:
            async with asyncio.timeout(30):
                await agent.until(silent)
        except TimeoutError:
            self._did(handoff_id, "rang for 30 s")

    async def _accept(self, agent: Agent, handoff_id: str) -> None:
        status, body = await self._act(agent, handoff_id, "accept")
        if status != 200:
            return
        hangs_up = await self._converse(agent, handoff_id, body["bridge_url"])
        if hangs_up:
            await self._act(agent, handoff_id, "command", command="hangup")
            outcome = self._rng.choices(list(_OUTCOMES), weights=list(_OUTCOMES.values()))[0]
            await self._act(agent, handoff_id, "dispose", outcome=outcome, notes="")

    async def _converse(self, agent: Agent, handoff_id: str, url: str) -> bool:
        """Join the audio and talk a while; return whether to hang up and write the outcome."""
        talks_for = self._rng.uniform(1.5, 6.0)
        drops = self._drops_calls and not self.well_behaved and self._rng.random() < 0.1
        try:
            async with agent.http.ws_connect(url) as audio:
                async with asyncio.timeout(30):
                    async for message in audio:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            kind = json.loads(message.data)["type"]
                            if kind == "bridged":
                                break
                    else:
                        self._did(handoff_id, "never bridged")
                        return False
                self._did(handoff_id, "bridged")
                await self._speak(audio, talks_for)
                if drops:
                    self._did(handoff_id, Cause.AGENT_DROPS)
                    return False
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._did(handoff_id, f"audio: {type(error).__name__}")
            return False
        return True

    async def _speak(self, audio: aiohttp.ClientWebSocketResponse, seconds: float) -> None:
        """Send silence for a while, or until the other side closes."""

        async def listen() -> None:
            async for _ in audio:
                pass

        listening = asyncio.create_task(listen())
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until and not listening.done():
                await audio.send_bytes(_SILENCE)
                await asyncio.sleep(0.1)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _tidy(self, agent: Agent) -> None:
        """Between rings: write up one's own finished calls, make a call-back that is due."""
        for view in list(agent.board.values()):
            mine = view["agent_id"] == self._user
            if mine and view["state"] == "bridged" and view["call_ended"]:
                await self._act(agent, view["id"], "dispose", outcome="dispatched", notes="")
                return
            if view["state"] != "callback_due":
                continue
            if not mine and (view["agent_id"] or self._rng.random() > 0.03):
                continue
            if not mine and (await self._act(agent, view["id"], "claim"))[0] != 200:
                continue
            await asyncio.sleep(self._rng.uniform(0.2, 1.0))
            outcome = self._rng.choices(list(_CALLED_BACK), weights=list(_CALLED_BACK.values()))[0]
            await self._act(agent, view["id"], "dispose", outcome=outcome, notes="回拨")
            return

    async def _act(
        self, agent: Agent, handoff_id: str, action: str, **body: Any
    ) -> tuple[int, dict[str, Any]]:
        async with asyncio.timeout(20):
            status, answer = await agent.act(handoff_id, action, **body)
        what = str(body.get("outcome", body.get("command", "")))
        self._did(handoff_id, f"{action} {what} {status}".replace("  ", " "))
        return status, answer

    def _did(self, handoff_id: str, what: str) -> None:
        self._deeds.append(Deed(time.time(), self._user, handoff_id, what))
