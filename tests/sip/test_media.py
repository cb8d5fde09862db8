"""Media as it is negotiated: codecs, one-way speech, a line that moves in the middle of a call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.sip.agent import Agent, user_agent
from tests.sip.conftest import ANSWER
from tests.sip.peer import Peer, until
from tests.sip.phone import is_heard, phone
from tests.sip.sipp import (
    GSM_ONLY,
    RINGING,
    Ran,
    alaw_at,
    answered,
    asked,
    pause,
    request,
    sipp,
    stream,
)
from tests.sip.test_incoming import BYE, OK
from tests.support.speech import pcm, samples_of

_ACK = request("ACK", to_tag=True)


def _call(offer: str) -> list[str]:
    return [request("INVITE", body=offer), RINGING, answered(200), _ACK]


def _again(offer: str) -> list[str]:
    again = request("INVITE", cseq=2, body=offer, to_tag=True)
    ack = request("ACK", cseq=2, to_tag=True)
    return [again, answered(100, optional=True), answered(200), ack]


_RTP_HEADER = 12
_BYE = [request("BYE", cseq=3, to_tag=True), answered(200)]
_TIMEOUT_SECONDS = 2


@contextmanager
def _ear() -> Iterator[socket.socket]:
    """Open a port where packets can be counted."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.setblocking(False)
        yield ear


def _packets(ear: socket.socket) -> list[bytes]:
    """Return the speech of the packets that have come since the last time."""
    found: list[bytes] = []
    while True:
        try:
            found.append(ear.recv(2_048)[_RTP_HEADER:])
        except BlockingIOError:
            return found


def _port(ear: socket.socket) -> int:
    return int(ear.getsockname()[1])


@asynccontextmanager
async def _playing(
    folder: Path, steps: list[str], agent: Agent
) -> AsyncIterator[asyncio.Task[Ran]]:
    """Play a scenario beside the block, which must wait for its end."""
    playing = asyncio.create_task(sipp(folder, steps, target=agent.listen))
    try:
        yield playing
        ran = await playing
        assert ran.code == 0, ran.messages
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


@pytest.mark.parametrize(
    ("codec", "module", "named"),
    [("g722", "g722.so", "G722/16000"), ("opus", "opus.so", "opus/48000")],
)
async def test_a_telephone_with_another_codec(
    peer: Peer,
    tmp_path: Path,
    spoken_file: Path,
    codec: str,
    module: str,
    named: str,
) -> None:
    """Where it is allowed and the telephone has nothing else: whole both ways, at 8 kHz inside."""
    async with (
        user_agent(tmp_path, peer.url, codecs=f"pcma,{codec}") as agent,
        phone(tmp_path / "phone", source=spoken_file, codecs=module) as telephone,
    ):
        await telephone.dial(f"sip:4001@{agent.listen}")
        await telephone.wait("CALL_ESTABLISHED")
        call = await peer.call()
        await call.say(pcm(ANSWER))
        await until(lambda: len(call.heard) > 4 * 16_000)
        await telephone.command("hangup")
        await until(lambda: call.hangup)
    assert call.hangup == {"type": "hangup", "cause": "bye"}
    assert named in (tmp_path / "phone" / "phone.log").read_text(errors="replace")
    # What it sent, not the file: its own resampler is a coarse one.
    assert is_heard(samples_of(bytes(call.heard)), telephone.spoken()[4_000:24_000])
    assert is_heard(telephone.heard(), ANSWER)


async def test_a_telephone_that_speaks_and_cannot_be_reached(peer: Peer, tmp_path: Path) -> None:
    """One-way speech: what we say meets a closed port, what it says is heard, the call goes on."""
    voice = tmp_path / "voice.al"
    voice.write_bytes(bytes(range(256)) * 400)
    with _ear() as closed:
        offer = alaw_at(_port(closed))
    steps = [*_call(offer), stream(voice), pause(2_000 * _TIMEOUT_SECONDS), *BYE]
    async with (
        user_agent(tmp_path, peer.url, media_timeout=_TIMEOUT_SECONDS) as agent,
        _playing(tmp_path / "sipp", steps, agent),
    ):
        call = await peer.call()
        await call.say(pcm(ANSWER))
        await until(lambda: call.hangup)
    assert call.hangup == {"type": "hangup", "cause": "bye"}
    heard = samples_of(bytes(call.heard))
    assert float(abs(heard[-8_000:]).max()) > 0.1


async def test_a_telephone_that_only_listens(peer: Peer, tmp_path: Path) -> None:
    """One-way speech by negotiation: it hears, nothing is expected of it, the call goes on."""
    with _ear() as ear:
        offer = alaw_at(_port(ear), direction="recvonly")
        steps = [*_call(offer), pause(2_000 * _TIMEOUT_SECONDS), *BYE]
        async with (
            user_agent(tmp_path, peer.url, media_timeout=_TIMEOUT_SECONDS) as agent,
            _playing(tmp_path / "sipp", steps, agent) as playing,
        ):
            call = await peer.call()
            await call.say(pcm(ANSWER))
            await until(lambda: call.hangup)
            assert "a=sendonly" in (await playing).messages
        spoken = [packet for packet in _packets(ear) if len(set(packet)) > 1]
    assert call.hangup == {"type": "hangup", "cause": "bye"}
    assert len(spoken) > 100  # of 150 packets of 20 ms
    assert not any(call.heard)


async def test_a_line_that_moves_in_the_call(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """A re-INVITE with another port, as after a transfer at the PBX: speech goes there, one call."""
    with _ear() as before, _ear() as after:
        steps = [*_call(alaw_at(_port(before))), pause(800), *_again(alaw_at(_port(after)))]
        steps += [pause(800), *_BYE]
        async with _playing(tmp_path / "sipp", steps, agent):
            call = await peer.call()
            await until(lambda: _packets(before))
            await until(lambda: _packets(after))
            _packets(before)
            await until(lambda: call.hangup)
        assert len(_packets(after)) > 10
        assert _packets(before) == []
    assert call.hangup == {"type": "hangup", "cause": "bye"}
    assert len(peer.calls) == 1


async def test_a_change_to_a_codec_we_do_not_have(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """A re-INVITE without G.711: the media is declined, and a line without media is given back."""
    with _ear() as ear:
        steps = [*_call(alaw_at(_port(ear))), pause(300), *_again(GSM_ONLY), asked("BYE"), OK]
        async with _playing(tmp_path / "sipp", steps, agent) as playing:
            call = await peer.call()
            await until(lambda: call.hangup)
            assert "m=audio 0 RTP/AVP" in (await playing).messages
        assert len(_packets(ear)) > 5
    assert call.hangup == {"type": "hangup", "cause": "no_media"}
    assert (await agent.health())["calls"] == 0
