"""Registering as an extension, with sipp as registrar."""

from __future__ import annotations

import asyncio
from pathlib import Path

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
