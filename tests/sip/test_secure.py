"""TLS and SRTP."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.sip.agent import user_agent
from tests.sip.conftest import ANSWER
from tests.sip.peer import Peer, until
from tests.sip.phone import is_heard, phone
from tests.sip.sipp import ALAW, RINGING, answered, request, sipp
from tests.support.speech import Samples, pcm, samples_of


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key, for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key, public, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", public,
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_text(public.read_text() + key.read_text())
    return both


async def test_a_secured_call(
    peer: Peer, tmp_path: Path, certificate: Path, spoken_file: Path, spoken: Samples
) -> None:
    """Signalling by TLS, media by SRTP, speech whole both ways."""
    more = f"module srtp.so\nsip_cafile {certificate}\nsip_certificate {certificate}"
    account = "<sip:13812345678@127.0.0.1;transport=tls>;regint=0;mediaenc=srtp-mand"
    async with (
        user_agent(
            tmp_path, peer.url, transport="tls", srtp="must", certificate=certificate
        ) as agent,
        phone(tmp_path / "phone", source=spoken_file, account=account, more=more) as telephone,
    ):
        await telephone.dial(f"sip:4001@{agent.listen};transport=tls")
        await telephone.wait("CALL_ESTABLISHED")
        call = await peer.call()
        await call.say(pcm(ANSWER))
        await until(lambda: len(call.heard) > 5 * 16_000)
        await telephone.command("hangup")
        await until(lambda: call.hangup)
    assert "SRTP is Enabled" in (tmp_path / "phone" / "phone.log").read_text(errors="replace")
    assert is_heard(samples_of(bytes(call.heard)), spoken[4_000:32_000])
    assert is_heard(telephone.heard(), ANSWER)


async def test_plain_media_is_refused_where_it_must_be_secured(peer: Peer, tmp_path: Path) -> None:
    """With srtp=must an offer of plain RTP makes no call."""
    async with user_agent(tmp_path, peer.url, srtp="must") as agent:
        steps = [request("INVITE", body=ALAW), RINGING, answered(488)]
        ran = await sipp(tmp_path / "sipp", steps, target=agent.listen)
    assert 200 not in ran.answers
    assert peer.calls == []
    assert ran.code == 0, ran.messages
