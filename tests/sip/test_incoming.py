"""Calls by a telephone and by sipp, to a user agent before a small gateway."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.sip.agent import TOKEN, Agent, user_agent
from tests.sip.conftest import ANSWER
from tests.sip.peer import Peer, PeerCall, open_peer, until
from tests.sip.phone import Phone, is_heard, phone
from tests.sip.sipp import ALAW, RINGING, answered, asked, pause, request, sipp
from tests.support.house import free_port
from tests.support.speech import Samples, correlation, pcm, samples_of

CALL = [request("INVITE", body=ALAW), RINGING, answered(200), request("ACK", to_tag=True)]
BYE = [request("BYE", cseq=2, to_tag=True), answered(200)]


@asynccontextmanager
async def connected(
    agent: Agent, peer: Peer, folder: Path, source: Path
) -> AsyncIterator[tuple[Phone, PeerCall]]:
    """A telephone that has called and been answered, and the call at the gateway's side."""
    async with phone(folder / "phone", source=source) as telephone:
        await telephone.dial(f"sip:4001@{agent.listen}")
        await telephone.wait("CALL_ESTABLISHED")
        yield telephone, await peer.call()


async def test_speech_and_keys_both_ways(
    agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path, spoken: Samples
) -> None:
    """What is said arrives whole on the other side, keys as keys, and hanging up as hanging up."""
    async with connected(agent, peer, tmp_path, spoken_file) as (telephone, call):
        await call.say(pcm(ANSWER))
        await telephone.press("12#")
        await until(lambda: call.digits == "12#")
        await telephone.command("hangup")
        await until(lambda: call.hangup)
        await until(call.over.is_set)
    assert call.hangup == {"type": "hangup", "cause": "bye"}
    assert call.start["caller"] == "13812345678"
    assert call.start["dialled"] == "4001"
    assert (call.start["channel"], call.start["sample_rate"]) == ("sip", 8000)
    assert call.token == f"Bearer {TOKEN}"
    assert is_heard(samples_of(bytes(call.heard)), spoken[4_000:24_000])
    assert is_heard(telephone.heard(), ANSWER)


async def test_the_gateway_hangs_up_after_its_last_words(
    agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path
) -> None:
    """The last words are heard to their end, then the telephone gets a BYE."""
    async with connected(agent, peer, tmp_path, spoken_file) as (telephone, call):
        await call.say(pcm(ANSWER))
        await call.end()
        await telephone.wait("CALL_CLOSED")
    assert is_heard(telephone.heard(), ANSWER)


async def test_clear_drops_what_has_not_been_said(
    agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path
) -> None:
    """On a barge-in nothing of the old sentence follows, and the new one is heard."""
    async with connected(agent, peer, tmp_path, spoken_file) as (telephone, call):
        await call.socket.send_bytes(pcm(ANSWER[:12_000]))  # 1.5 s at once
        await call.socket.send_json({"type": "clear"})
        await call.say(pcm(ANSWER[12_000:]))
        await call.end()
        await telephone.wait("CALL_CLOSED")
    heard = telephone.heard()
    assert correlation(heard, ANSWER[12_000:]) > 0.99
    assert correlation(heard, ANSWER[4_000:12_000]) < 0.5


async def test_numbers_come_from_the_right_headers(
    agent: Agent, peer: Peer, tmp_path: Path
) -> None:
    """The network's word goes before the telephone's, the PBX's before the address."""
    more = (
        "P-Asserted-Identity: <sip:+8613912345678@carrier.cn>\n"
        "Diversion: <sip:02161234567@office.cn>;reason=no-answer\nX-DID: 4008001234\n"
    )
    invite = request("INVITE", body=ALAW, more=more)
    ran = await sipp(tmp_path / "one", [invite, *CALL[1:], *BYE], target=agent.listen)
    assert ran.code == 0, ran.messages
    forwarded = request("INVITE", body=ALAW, more=more.splitlines()[1] + "\n")
    await sipp(tmp_path / "two", [forwarded, *CALL[1:], *BYE], target=agent.listen)
    starts = [call.start for call in peer.calls]
    assert [(s["caller"], s["dialled"]) for s in starts] == [
        ("13912345678", "4008001234"),
        ("13800000000", "02161234567"),
    ]
    assert "13912345678" not in agent.logged
    assert "13800000000" not in agent.logged


async def test_a_bye_at_once(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """A caller who hangs up as soon as it is answered is one call that ended."""
    ran = await sipp(tmp_path / "sipp", [*CALL, *BYE], target=agent.listen)
    assert ran.code == 0, ran.messages
    call = await peer.call()
    await until(lambda: call.hangup)
    assert call.hangup == {"type": "hangup", "cause": "bye"}
    await until(call.over.is_set)
    assert (await agent.health())["calls"] == 0


async def test_giving_up_while_it_rings(peer: Peer, tmp_path: Path) -> None:
    """CANCEL before the gateway has taken the call."""
    peer.hesitate = asyncio.Event()
    cancel = [
        request("INVITE", body=ALAW),
        answered(100, optional=True),
        answered(180),
        pause(200),
        request("CANCEL", same_as=4),
        answered(200),
        answered(487),
        request("ACK", to_tag=True, same_as=7),
    ]
    async with user_agent(tmp_path, peer.url) as agent:
        ran = await sipp(tmp_path / "sipp", cancel, target=agent.listen)
        assert ran.code == 0, ran.messages
        peer.hesitate.set()
        call = await peer.call()
        await until(lambda: call.hangup)
        assert call.hangup == {"type": "hangup", "cause": "cancelled"}
        await until(call.over.is_set)
        assert (await agent.health())["calls"] == 0


async def test_no_packets_at_all(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """A call without media is ended after some seconds, with its cause."""
    ran = await sipp(tmp_path / "sipp", [*CALL, asked("BYE"), OK], target=agent.listen)
    assert ran.code == 0, ran.messages
    call = await peer.call()
    await until(lambda: call.hangup)
    assert call.hangup == {"type": "hangup", "cause": "no_media"}
    # Meanwhile the gateway heard silence: its clock of turns runs on audio.
    assert len(call.heard) > 2 * 8000 * 2
    assert not any(call.heard)


async def test_a_telephone_that_crashes(
    agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path
) -> None:
    """Killed in the middle of a word: noticed within five seconds."""
    async with connected(agent, peer, tmp_path, spoken_file) as (telephone, call):
        await until(lambda: any(call.heard))
        telephone.process.send_signal(signal.SIGKILL)
        await until(lambda: call.hangup, 5.0)
    assert call.hangup == {"type": "hangup", "cause": "no_media"}


async def test_the_user_agent_crashes(
    agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path
) -> None:
    """Killed: the gateway sees the link break at once."""
    async with connected(agent, peer, tmp_path, spoken_file) as (_, call):
        await until(lambda: any(call.heard))
        agent.kill()
        await until(call.over.is_set, 5.0)
    assert call.hangup is None


async def test_the_user_agent_is_stopped(
    agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path
) -> None:
    """An orderly stop hangs up on both sides and says why."""
    async with connected(agent, peer, tmp_path, spoken_file) as (telephone, call):
        agent.process.terminate()
        await telephone.wait("CALL_CLOSED")
        await until(call.over.is_set)
    assert call.hangup == {"type": "hangup", "cause": "user_agent_stopped"}
    assert await agent.process.wait() == 0


async def test_nobody_picks_up_without_a_gateway(tmp_path: Path) -> None:
    """A PBX goes on to a person when a call is refused, not when it is answered with silence."""
    async with user_agent(tmp_path, f"http://127.0.0.1:{free_port()}") as agent:
        steps = [request("INVITE", body=ALAW), RINGING, answered(486), request("ACK", to_tag=True)]
        ran = await sipp(tmp_path / "sipp", steps, target=agent.listen)
        assert ran.code == 0, ran.messages


async def test_a_busy_gateway_is_a_busy_line(agent: Agent, peer: Peer, tmp_path: Path) -> None:
    """What the gateway refuses is refused."""
    peer.refuse = "busy"
    steps = [request("INVITE", body=ALAW), RINGING, answered(486), request("ACK", to_tag=True)]
    ran = await sipp(tmp_path / "sipp", steps, target=agent.listen)
    assert ran.code == 0, ran.messages
    assert (await agent.health())["calls"] == 0


async def test_a_caller_is_kept_while_the_gateway_restarts(
    tmp_path: Path, spoken_file: Path
) -> None:
    """The telephone stays on the line and is a new call of the new gateway, by the same number."""
    port = free_port()
    async with (
        user_agent(tmp_path, f"http://127.0.0.1:{port}") as agent,
        phone(tmp_path / "phone", source=spoken_file) as telephone,
    ):
        async with open_peer(port) as before:
            await telephone.dial(f"sip:4001@{agent.listen}")
            await telephone.wait("CALL_ESTABLISHED")
            first = await before.call()
            first.crash()
        async with open_peer(port) as after:
            second = await after.call()
            await second.say(pcm(ANSWER))
            assert not telephone.had("CALL_CLOSED")
            await second.end()
            await telephone.wait("CALL_CLOSED")
    assert second.start == first.start
    assert is_heard(telephone.heard(), ANSWER)


async def test_a_caller_goes_back_to_the_pbx_where_that_is_wanted(
    tmp_path: Path, spoken_file: Path
) -> None:
    """With keep_seconds=0 the line is closed when the gateway is gone."""
    port = free_port()
    async with (
        user_agent(tmp_path, f"http://127.0.0.1:{port}", keep_seconds=0) as agent,
        phone(tmp_path / "phone", source=spoken_file) as telephone,
        open_peer(port) as gateway,
    ):
        await telephone.dial(f"sip:4001@{agent.listen}")
        await telephone.wait("CALL_ESTABLISHED")
        call = await gateway.call()
        call.crash()
        await telephone.wait("CALL_CLOSED", 5.0)


async def test_hold_and_retrieve(
    agent: Agent, peer: Peer, tmp_path: Path, spoken_file: Path, spoken: Samples
) -> None:
    """A re-INVITE with sendonly and back: silence meanwhile, then speech again, one call."""
    async with connected(agent, peer, tmp_path, spoken_file) as (telephone, call):
        await telephone.command("hold")
        await asyncio.sleep(6.0)  # longer than a telephone without packets is kept
        held = len(call.heard)
        assert not any(call.heard[-8000:])
        await telephone.command("resume")
        await until(lambda: len(call.heard) > held + 3 * 16_000)
        await call.say(pcm(ANSWER))
        await telephone.command("hangup")
        await until(lambda: call.hangup)
    assert call.hangup == {"type": "hangup", "cause": "bye"}
    assert any(call.heard[held:])
    assert len(peer.calls) == 1


OK = """<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""
