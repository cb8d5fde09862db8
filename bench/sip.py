"""Simultaneous SIP calls through one user agent: is every word whole, and what does a call cost?

Debian's baresip plays a voice-like signal into each call, the gateway's side plays another back;
both are compared with what arrived, the caller's as baresip sent it (its own stalls cut the file).
A gap is the longest run of silence within the signal, which has none of its own: a frame that was
lost or came too late. How long the machine stood still meanwhile is measured by a process that
does nothing else, and by this one.

``python -m bench.sip`` needs ``baresip`` (Debian: baresip-core); no house is opened.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from tests.sip.agent import Agent, user_agent
from tests.sip.peer import Peer, PeerCall, open_peer, until
from tests.sip.phone import Phone, phone, speech_like, write_speech
from tests.support.speech import Samples, correlation, pcm, samples_of

_RATE = 8_000
_WINDOW_SECONDS = 5
_EDGE_SECONDS = 1
_SILENT = 0.002
_SETTLE_SECONDS = 1.0
_TARGET_NCC = 0.99
_TARGET_GAP_MS = 60.0
_STALLS = """
import sys, time
worst, last = 0.0, time.monotonic()
while sys.stdin not in __import__("select").select([sys.stdin], [], [], 0.005)[0]:
    now = time.monotonic()
    worst, last = max(worst, now - last - 0.005), now
print(worst * 1000)
"""


@dataclass(frozen=True)
class Way:
    """One direction of all calls.

    Attributes:
        ncc: correlation of each window of five seconds of each call.
        gaps_ms: longest silence within the signal of each call.
        waits_ms: longest time between two arrivals in each call, where they can be seen.
    """

    name: str
    ncc: list[float]
    gaps_ms: list[float]
    waits_ms: list[float]

    def line(self) -> str:
        """Return its figures."""
        waits = f", arrivals {max(self.waits_ms):.0f} ms apart at most" if self.waits_ms else ""
        return (
            f"{self.name:<20} NCC median {np.median(self.ncc):.4f}, worst window "
            f"{min(self.ncc):.4f} of {len(self.ncc)}; largest gap {max(self.gaps_ms):.0f} ms{waits}"
        )


@dataclass(frozen=True)
class Cost:
    """What the user agent used while all calls were up."""

    core_share: float
    resident_mib: float


def _cpu_seconds(pid: int) -> float:
    cells = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def longest_gap_ms(heard: Samples) -> float:
    """Return the longest silence between the first and the last sound, in ms."""
    loud = np.flatnonzero(np.abs(heard) > _SILENT)
    if loud.size < 2:
        return float("inf")
    return float(np.diff(loud).max()) / _RATE * 1000


def windows(heard: Samples, said: Samples) -> list[float]:
    """Return the correlation of each five seconds that were said, its edges left out."""
    size, edge = _WINDOW_SECONDS * _RATE, _EDGE_SECONDS * _RATE
    starts = range(edge, len(said) - size - edge + 1, size)
    return [correlation(heard, said[at : at + size]) for at in starts]


@asynccontextmanager
async def _calls(
    folder: Path, agent: Agent, peer: Peer, source: Path, count: int
) -> AsyncIterator[list[Phone]]:
    async with AsyncExitStack() as stack:
        phones = [
            await stack.enter_async_context(phone(folder / f"phone-{number}", source=source))
            for number in range(count)
        ]
        for each in phones:
            await each.dial(f"sip:4001@{agent.listen}")
            await each.wait("CALL_ESTABLISHED")
        await until(lambda: len(peer.calls) == count)
        yield phones


async def measure(calls: int, seconds: float) -> tuple[list[Way], Cost, tuple[float, float]]:
    """Return both directions, the cost, and the longest stalls of machine and this program, ms."""
    spoken, answer = speech_like(seconds * 2, 1), speech_like(seconds, 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = write_speech(folder / "spoken.wav", spoken)
        async with (
            open_peer() as peer,
            user_agent(folder, peer.url, max_calls=calls, calls_per_second=calls) as agent,
        ):
            async with _calls(folder, agent, peer, source, calls) as phones:
                await asyncio.sleep(_SETTLE_SECONDS)
                stalls = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", _STALLS,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                )  # fmt: skip
                begun_at = asyncio.get_running_loop().time()
                from_heard = [len(call.heard) for call in peer.calls]
                cpu, begun = _cpu_seconds(agent.process.pid), time.monotonic()
                own = asyncio.create_task(_own_stalls())
                await asyncio.gather(*(call.say(pcm(answer)) for call in peer.calls))
                own.cancel()
                took = time.monotonic() - begun
                cost = Cost(
                    (_cpu_seconds(agent.process.pid) - cpu) / took,
                    _resident_mib(agent.process.pid),
                )
                worst, _ = await stalls.communicate(b"\n")
                heard_up = [
                    samples_of(bytes(call.heard[start:]))
                    for call, start in zip(peer.calls, from_heard, strict=True)
                ]
                waits = [_longest_wait_ms(call, begun_at) for call in peer.calls]
                for each in phones:
                    await each.command("hangup")
                await until(lambda: all(call.over.is_set() for call in peer.calls))
            heard_down = [each.heard() for each in phones]
            sent_up = [each.spoken() for each in phones]
    up = Way(
        "caller to gateway",
        [
            ncc
            for heard, sent in zip(heard_up, sent_up, strict=True)
            for ncc in _reversed_windows(heard, sent)
        ],
        [longest_gap_ms(heard) for heard in heard_up],
        waits,
    )
    down = Way(
        "gateway to caller",
        [ncc for heard in heard_down for ncc in windows(heard, answer)],
        [longest_gap_ms(_without_edges(heard)) for heard in heard_down],
        [],
    )
    return [up, down], cost, (float(worst), await own)


async def _own_stalls() -> float:
    """Return how late this program was at most, in ms: it is the gateway's side of the calls."""
    worst, loop = 0.0, asyncio.get_running_loop()
    try:
        while True:
            due = loop.time() + 0.005
            await asyncio.sleep(0.005)
            worst = max(worst, loop.time() - due)
    except asyncio.CancelledError:
        return worst * 1000


def _longest_wait_ms(call: PeerCall, since: float) -> float:
    times = np.asarray([at for at, _ in call.arrivals if at >= since])
    return float(np.diff(times).max()) * 1000


def _without_edges(heard: Samples) -> Samples:
    """Leave out the silence before and after the answer."""
    loud = np.flatnonzero(np.abs(heard) > _SILENT)
    return heard[loud[0] : loud[-1]] if loud.size else heard


def _reversed_windows(heard: Samples, said: Samples) -> list[float]:
    """Find each five seconds that were heard in what was said: measuring began somewhere in it."""
    size = _WINDOW_SECONDS * _RATE
    starts = range(0, len(heard) - size + 1, size)
    return [correlation(said, heard[at : at + size]) for at in starts]


@click.command()
@click.option("--calls", default=10, show_default=True)
@click.option("--seconds", default=30.0, show_default=True, help="Length of each call.")
def main(calls: int, seconds: float) -> None:
    """Place simultaneous calls and compare what arrived with what was said."""
    ways, cost, (stall_ms, own_ms) = asyncio.run(measure(calls, seconds))
    click.echo(f"{calls} calls of {seconds:.0f} s, {os.cpu_count()} cores, G.711 A-law, loopback")
    for way in ways:
        reached = min(way.ncc) >= _TARGET_NCC and max(way.gaps_ms) <= _TARGET_GAP_MS
        click.echo(f"{'✓' if reached else '✗'} {way.line()}")
    click.echo(
        f"user agent: {cost.core_share * 100:.1f} % of a core, "
        f"{cost.core_share * 100 / calls:.2f} % a call, {cost.resident_mib:.0f} MiB"
    )
    click.echo(
        f"stood still for up to: an idle process {stall_ms:.0f} ms, this program {own_ms:.0f} ms; "
        f"load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
