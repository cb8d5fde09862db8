"""Registering as an extension, with sipp as registrar."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from tests.sip.agent import Agent, free_sip_port, user_agent
from tests.sip.peer import Peer, until
from tests.sip.sipp import asked, pause, response, sipp

_CHALLENGE = 'WWW-Authenticate: Digest realm="pbx", nonce="{}", algorithm=MD5\n'


def _granted(own_port: int, seconds: int) -> str:
    """Return the step that grants a lease."""
    return response("200 OK", contact=f"<sip:8000@127.0.0.1:{own_port}>;expires={seconds}")


async def _registered(agent: Agent, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not (await agent.health())["registered"]:
            await asyncio.sleep(0.05)


async def test_registers_refreshes_and_leaves(peer: Peer, tmp_path: Path) -> None:
    """A challenge is answered, a short lease is renewed in time, an orderly stop says goodbye."""
    port, own = free_sip_port(), free_sip_port()
    steps = [
        asked("REGISTER"),
        response("401 Unauthorized", more=_CHALLENGE.format("one")),
        asked("REGISTER"),
        _granted(own, 4),
        asked("REGISTER"),
        _granted(own, 60),
        asked("REGISTER", 30_000),
        _granted(own, 0),
        pause(500),
    ]
    registrar = asyncio.create_task(sipp(tmp_path / "registrar", steps, port=port, seconds=60))
    account = {
        "account": f"8000@127.0.0.1:{port}",
        "password": "secret",
        "listen": f"127.0.0.1:{own}",
    }
    async with user_agent(tmp_path, peer.url, **account) as agent:
        await _registered(agent)
        messages = tmp_path / "registrar" / "messages.log"
        # The second lease is asked for before the first, of four seconds, has run out.
        await until(lambda: messages.read_text().count("200 OK") == 2, 15)
        assert (await agent.health())["registered"] is True
    ran = await registrar
    assert ran.code == 0, ran.messages
    assert 'username="8000"' in ran.messages
    assert "secret" not in ran.messages + agent.logged
    goodbye = ran.messages.rpartition("REGISTER sip:")[2].partition("message sent")[0]
    assert ";expires=0" in goodbye


async def test_a_registrar_that_is_away_is_tried_again(peer: Peer, tmp_path: Path) -> None:
    """The process starts without its PBX and registers when that is there."""
    port, own = free_sip_port(), free_sip_port()
    account = {
        "account": f"8000@127.0.0.1:{port}",
        "password": "secret",
        "listen": f"127.0.0.1:{own}",
    }
    async with user_agent(tmp_path, peer.url, **account) as agent:
        assert (await agent.health())["registered"] is False
        steps = [asked("REGISTER", 60_000), _granted(own, 60)]
        registrar = asyncio.create_task(sipp(tmp_path / "registrar", steps, port=port, seconds=60))
        await _registered(agent, 60.0)
        await registrar


async def test_a_lease_that_is_not_renewed_is_asked_for_anew(peer: Peer, tmp_path: Path) -> None:
    """A registrar that has no room for a while: shown as not registered, and tried again."""
    own = free_sip_port()
    async with _registrar([(200, 4), (503, 0), (503, 0)]) as port:
        account = {
            "account": f"8000@127.0.0.1:{port}",
            "password": "secret",
            "listen": f"127.0.0.1:{own}",
        }
        async with user_agent(tmp_path, peer.url, **account) as agent:
            await _registered(agent)
            await until(lambda: "registration lost: 503" in agent.logged, 30)
            assert (await agent.health())["registered"] is False
            await _registered(agent, 40.0)


class _Registrar(asyncio.DatagramProtocol):
    """Answers each request with the next status and lease (s), then with a minute for everybody."""

    def __init__(self, answers: list[tuple[int, int]]) -> None:
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        status, seconds = self._answers.pop(0) if self._answers else (200, 60)
        lines = data.decode().split("\r\n")
        copied = [
            line for line in lines if line.startswith(("Via", "From", "To", "Call-ID", "CSeq"))
        ]
        copied += [
            f"{line.partition('>')[0]}>;expires={seconds}"
            for line in lines
            if line.startswith("Contact")
        ]
        text = "\r\n".join([f"SIP/2.0 {status} Said", *copied, "Content-Length: 0", "", ""])
        assert self._transport is not None
        self._transport.sendto(text.encode(), addr)


@asynccontextmanager
async def _registrar(answers: list[tuple[int, int]]) -> AsyncIterator[int]:
    port = free_sip_port()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Registrar(answers), local_addr=("127.0.0.1", port)
    )
    try:
        yield port
    finally:
        transport.close()
