"""What is not taken: strangers, floods, wrong offers, nonsense."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

from tests.sip.agent import Agent, free_sip_port, user_agent
from tests.sip.peer import Peer, until
from tests.sip.sipp import (
    ALAW,
    GSM_ONLY,
    RINGING,
    answered,
    asked,
    calls_answered,
    pause,
    request,
    sipp,
)
from tests.sip.test_incoming import BYE, CALL

STRANGER = "127.0.0.9"


async def test_a_scanner_gets_nothing(peer: Peer, tmp_path: Path) -> None:
    """An INVITE from an address that is no peer: 403, one line in the log, no call."""
    async with user_agent(tmp_path, peer.url, peers="127.0.0.1") as agent:
        steps = [request("INVITE", body=ALAW), answered(403), request("ACK", to_tag=True)]
        for number in range(2):
            ran = await sipp(tmp_path / f"{number}", steps, target=agent.listen, at=STRANGER)
            assert (ran.code, ran.answers) == (0, [403]), ran.messages
            assert "baresip" not in ran.messages
            assert "Contact: <sip:zhiban" not in ran.messages
        for method in ("OPTIONS", "REGISTER"):
            ran = await sipp(
                tmp_path / method,
                [request(method), answered(403)],
                target=agent.listen,
                at=STRANGER,
            )
            assert ran.answers == [403]
        ran = await sipp(
            tmp_path / "tcp", steps[:2], target=agent.listen, at=STRANGER, transport="t1"
        )
        assert ran.answers == [403], ran.messages
        # A peer is served as ever.
        ran = await sipp(tmp_path / "peer", [*CALL, *BYE], target=agent.listen)
        assert ran.code == 0, ran.messages
        assert (await agent.health())["refused"] >= 5
        assert agent.logged.count(f"from {STRANGER} refused") == 2  # one of each door
    assert len(peer.calls) == 1


async def test_a_strangers_flood_costs_the_peers_nothing(peer: Peer, tmp_path: Path) -> None:
    """300 INVITEs a second from a stranger, and a peer's call goes through meanwhile."""
    async with user_agent(tmp_path, peer.url, peers="127.0.0.1") as agent:
        flood = asyncio.create_task(
            sipp(
                tmp_path / "flood",
                [request("INVITE", body=ALAW), answered(403, timeout_ms=500)],
                target=agent.listen,
                at=STRANGER,
                calls=600,
                rate=300,
            )
        )
        await until(lambda: "refused" in agent.logged)
        ran = await sipp(tmp_path / "peer", [*CALL, pause(500), *BYE], target=agent.listen)
        assert ran.code == 0, ran.messages
        await flood
        assert agent.logged.count("refused") == 1
    assert len(peer.calls) == 1


async def test_a_peers_flood_is_limited(peer: Peer, tmp_path: Path) -> None:
    """Beyond the limits a peer's calls get 486; the lines that were given out stay good."""
    held = [*CALL, pause(2500), *BYE]
    async with user_agent(tmp_path, peer.url, max_calls=3, calls_per_second=2) as agent:
        ran = await sipp(tmp_path / "flood", held, target=agent.listen, calls=20, rate=40)
        assert ran.code == 1  # not every call went through
        assert len(peer.calls) == 3
        assert calls_answered(ran, 486) == 17
        assert re.search(r"refused: (lines_busy|too_fast)", agent.logged)
        await until(lambda: all(call.over.is_set() for call in peer.calls))
        assert (await agent.health())["calls"] == 0
        ran = await sipp(tmp_path / "after", [*CALL, *BYE], target=agent.listen)
        assert ran.code == 0, ran.messages


async def test_too_many_a_second(peer: Peer, tmp_path: Path) -> None:
    """Short calls, one after the other, are limited by their rate alone."""
    async with user_agent(tmp_path, peer.url, max_calls=50, calls_per_second=2) as agent:
        ran = await sipp(tmp_path / "flood", [*CALL, *BYE], target=agent.listen, calls=30, rate=60)
        assert 4 <= len(peer.calls) <= 8  # a burst of four and two a second
        assert calls_answered(ran, 486) == 30 - len(peer.calls)
        assert "too_fast" in agent.logged


async def test_options_is_answered(agent: Agent, tmp_path: Path) -> None:
    """A PBX asks every few seconds whether we are there."""
    ran = await sipp(
        tmp_path / "sipp", [request("OPTIONS"), answered(200)], target=agent.listen, calls=5, rate=5
    )
    assert (ran.code, ran.answers) == (0, [200] * 5)


async def test_a_codec_we_do_not_have(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """An offer without G.711 gets 488 and makes no call."""
    steps = [request("INVITE", body=GSM_ONLY), RINGING, answered(488), request("ACK", to_tag=True)]
    ran = await sipp(tmp_path / "sipp", steps, target=agent.listen)
    assert ran.code == 0, ran.messages
    assert peer.calls == []


async def test_nonsense_is_survived(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """Broken, truncated, huge and binary messages, by datagram and by connection."""
    whole = (
        f"INVITE sip:4001@{agent.listen} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n"
        "From: <sip:1@127.0.0.1>;tag=1\r\nTo: <sip:4001@127.0.0.1>\r\nCall-ID: x\r\n"
        "CSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.1:9>\r\nContent-Type: application/sdp\r\n"
    )
    wrong = [
        b"", b"\0" * 200, b"\xff" * 1200, b"INVITE", b"INVITE sip: SIP/2.0\r\n\r\n",
        whole.encode()[:120], (whole + "Content-Length: 99999\r\n\r\nv=0").encode(),
        (whole + "Content-Length: -5\r\n\r\n").encode(),
        (whole + "Content-Length: 4\r\n\r\nv=\0\xff").encode("latin-1"),
        (whole + "X: " + "A" * 30_000 + "\r\n\r\n").encode(),
        (whole.replace("CSeq: 1 INVITE", "CSeq: one") + "\r\n").encode(),
        (whole.replace("From: <sip:1@127.0.0.1>;tag=1\r\n", "") + "\r\n").encode(),
        (whole + 'P-Asserted-Identity: "\xe4<<sip:;;@@>\r\nContent-Length: 0\r\n\r\n').encode(),
    ]  # fmt: skip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", free_sip_port()))
        for message in wrong:
            sender.sendto(message, ("127.0.0.1", agent.port))
    for message in wrong:
        _, writer = await asyncio.open_connection("127.0.0.1", agent.port)
        writer.write(message)
        writer.close()
    ran = await sipp(tmp_path / "sipp", [*CALL, *BYE], target=agent.listen)
    assert ran.code == 0, ran.messages
    assert (await agent.health())["alive"] is True
    assert agent.process.returncode is None


async def test_no_ack(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """A caller who never confirms the answer does not hold a line for long."""
    steps = [request("INVITE", body=ALAW), RINGING, answered(200), asked("BYE")]
    ran = await sipp(tmp_path / "sipp", steps, target=agent.listen)
    assert ran.code == 0, ran.messages
    call = await peer.call()
    await until(lambda: call.hangup)
    assert call.hangup == {"type": "hangup", "cause": "signalling"}
    assert (await agent.health())["calls"] == 0
