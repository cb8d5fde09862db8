"""How long speech takes through the bridge, one way, beyond the links.

A link sends frames of 20 ms; here every half second the first sample of one is a click. The delay
is from handing that frame to the sender's socket to its click reaching the receiver's socket,
with the click's place in the arriving piece counted. The two loopback sockets are in it, the
microphone's frame and the listener's playback buffer are not.

``python -m bench.bridge`` opens a house of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from collections import deque
from pathlib import Path

import aiohttp
import click
import numpy as np

from bench.report import Distribution, print_report
from tests.handoff.support import Agent
from tests.support.browser import PASSWORD, add_agent
from tests.support.house import House, open_house
from zhiban.callers import VoiceCaller

_FRAME_SECONDS = 0.02
_EVERY_FRAMES = 25
_CLICK_SAMPLES = 0.004
_LEVEL = 12_000
_LOUD = 4_000
_APART_SECONDS = 0.3
_SETTLE_SECONDS = 1.0
_TARGET_P95_MS = 60.0


class Clicks:
    """One direction: when clicks were sent, and how long each took.

    Args:
        sample_rate: Hz of the receiving leg.
    """

    def __init__(self, sample_rate: int) -> None:
        self.delays: list[float] = []
        self._rate = sample_rate
        self._sent: deque[float] = deque()
        self._last = 0.0

    def sent(self) -> None:
        """A click is being handed to the sender's socket."""
        self._sent.append(asyncio.get_running_loop().time())

    def arrived(self, pcm: bytes) -> None:
        """Look for the click in what arrived."""
        samples = np.abs(np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(np.int32))
        loud = np.flatnonzero(samples > _LOUD)
        now = asyncio.get_running_loop().time()
        if not loud.size or now - self._last < _APART_SECONDS or not self._sent:
            return
        self._last = now
        # One that was lost on the way must not make the next one look late.
        while len(self._sent) > 1 and self._sent[1] < now:
            self._sent.popleft()
        self.delays.append((now + loud[0] / self._rate - self._sent.popleft()) * 1000)


class ClickingCaller(VoiceCaller):
    """A caller who sends clicks once told to, and listens for the agent's."""

    outgoing: Clicks | None = None
    incoming: Clicks | None = None

    def handle_binary(self, data: bytes) -> None:
        """Listen."""
        if self.incoming is not None:
            self.incoming.arrived(data)


async def send_clicks(
    socket: aiohttp.ClientWebSocketResponse, clicks: Clicks, rate: int, offset: int
) -> None:
    """Send frames in real time, every 25th with a click; ``offset`` keeps two sides apart."""
    loop = asyncio.get_running_loop()
    silence = bytes(int(rate * _FRAME_SECONDS) * 2)
    loud = (np.ones(int(rate * _CLICK_SAMPLES)) * _LEVEL).astype("<i2").tobytes()
    due = loop.time()
    for number in itertools.count(offset):
        if socket.closed:
            return
        if number % _EVERY_FRAMES == 0:
            clicks.sent()
            await socket.send_bytes(loud.ljust(len(silence), b"\0"))
        else:
            await socket.send_bytes(silence)
        due += _FRAME_SECONDS
        await asyncio.sleep(max(0.0, due - loop.time()))


async def measure_bridge(
    house: House, seconds: float, user: str, *, sample_rate: int, guest: str = ""
) -> tuple[list[float], list[float]]:
    """Return delays in ms, caller to agent and agent to caller, over one call.

    Args:
        house: a running one.
        seconds: how long to measure.
        user: the agent's account.
        sample_rate: Hz of the caller's link, 8000 or 16000; the agent's is 16000.
        guest: account of a third person, who makes both ends hear mixed speech.
    """
    to_agent, to_caller = Clicks(16_000), Clicks(sample_rate)
    async with ClickingCaller(house.gateway, sample_rate=sample_rate) as phone:
        agent, other = Agent(house.desk, user), Agent(house.desk, guest or user)
        try:
            await agent.sign_in(PASSWORD)
            await agent.sit_down()
            await agent.choose("ready")
            await phone.wait_event("bot.said", 15)
            await phone.socket.send_json({"type": "say", "text": "我家着火了快来人"})
            handoff = (await agent.rung())["id"]
            _, answer = await agent.act(handoff, "accept")
            async with agent.http.ws_connect(answer["bridge_url"], max_msg_size=0) as socket:
                await agent.state_of(handoff, "bridged")
                third = await _bring(agent, other, handoff) if guest else []
                # The telephone's own sender is replaced by one that knows its clicks.
                assert phone._sender is not None
                phone._sender.cancel()
                await asyncio.sleep(_SETTLE_SECONDS)
                phone.incoming = to_caller
                tasks = [
                    *third,
                    asyncio.create_task(send_clicks(phone.socket, to_agent, sample_rate, 1)),
                    asyncio.create_task(send_clicks(socket, to_caller, 16_000, 13)),
                    asyncio.create_task(_listen(socket, to_agent)),
                ]
                await asyncio.sleep(seconds)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await agent.act(handoff, "dispose", outcome="resolved", notes="")
        finally:
            await agent.close()
            await other.close()
    return to_agent.delays, to_caller.delays


async def _bring(agent: Agent, other: Agent, handoff: str) -> list[asyncio.Task[None]]:
    """Bring a third person who says nothing; return what keeps them there."""
    await other.sign_in(PASSWORD)
    await other.sit_down()
    await agent.act(handoff, "invite", to=other.user, mode="three_way")
    await other.until(lambda: other.invitations)
    _, answer = await other.post(f"/api/invitations/{other.invitations[0]['id']}/accept")
    third = await other.http.ws_connect(answer["bridge_url"], max_msg_size=0)
    await agent.until(lambda: len(agent.board[handoff]["participants"]) == 2)
    return [asyncio.create_task(_be_silent(third)), asyncio.create_task(_listen(third, None))]


async def _be_silent(socket: aiohttp.ClientWebSocketResponse) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    try:
        while not socket.closed:
            await socket.send_bytes(bytes(640))
            due += _FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))
    finally:
        await socket.close()


async def _listen(socket: aiohttp.ClientWebSocketResponse, clicks: Clicks | None) -> None:
    async for message in socket:
        if clicks is not None and message.type is aiohttp.WSMsgType.BINARY:
            clicks.arrived(message.data)


async def distributions(house: House, seconds: float, user: str, guest: str) -> list[Distribution]:
    """Return the delays between equal and different rates, and of a three-way call."""
    found = []
    for rate, third in ((16_000, ""), (8_000, ""), (16_000, guest)):
        to_agent, to_caller = await measure_bridge(
            house, seconds, user, sample_rate=rate, guest=third
        )
        name = "three-way, mixed" if third else f"bridge, caller at {rate // 1000} kHz"
        found.append(Distribution(f"{name}, caller to agent", to_agent, None, _TARGET_P95_MS))
        found.append(Distribution(f"{name}, agent to caller", to_caller, None, _TARGET_P95_MS))
    return found


def histogram(values: list[float], width_ms: float = 5.0) -> str:
    """Return how many delays fall into each step."""
    if not values:
        return "–"
    counts = np.bincount((np.asarray(values) // width_ms).astype(int))
    return "  ".join(
        f"{step * width_ms:.0f}–{(step + 1) * width_ms:.0f} ms: {count}"
        for step, count in enumerate(counts)
        if count
    )


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="Length of each call.")
def main(seconds: float) -> None:
    """Measure the bridge's one-way delay in a house of its own."""
    with tempfile.TemporaryDirectory() as folder:
        click.echo(f"{os.cpu_count()} cores; opening the house…")
        house = open_house(Path(folder) / "var")
        try:
            asyncio.run(add_agent(house.settings, "bench"))
            asyncio.run(add_agent(house.settings, "bench2"))
            figures = asyncio.run(distributions(house, seconds, "bench", "bench2"))
        finally:
            house.stop()
    print_report(figures, shares={})
    for figure in figures:
        click.echo(f"{figure.name}: {histogram(figure.values)}")


if __name__ == "__main__":
    main()
