"""Unusual and wrong signalling, by Debian's sipp."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.sip.agent import free_sip_port

OFFER = """\
v=0
o=user1 1 1 IN IP[media_ip_type] [media_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP {formats}
{maps}"""
ALAW = OFFER.format(
    formats="8 101",
    maps="a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15",
)
GSM_ONLY = OFFER.format(formats="3", maps="a=rtpmap:3 GSM/8000")


def alaw_at(port: int, *, direction: str = "sendrecv") -> str:
    """Return an offer of A-law with media at this port of ours.

    Args:
        port: where we want to be spoken to.
        direction: sendrecv, recvonly…
    """
    return f"{ALAW.replace('[media_port]', str(port))}\na={direction}"


_FROM = '"x" <sip:13800000000@[local_ip]:[local_port]>;tag=[pid]t[call_number]'


def request(
    method: str,
    *,
    cseq: int = 1,
    more: str = "",
    body: str = "",
    to_tag: bool = False,
    same_as: int = 0,
) -> str:
    """Return a step that sends a request.

    Args:
        method: INVITE, ACK…
        cseq: its number.
        more: further header lines.
        body: an offer.
        to_tag: within the dialogue.
        same_as: it belongs to the transaction begun so many steps before (CANCEL).
    """
    tag = "[peer_tag_param]" if to_tag else ""
    typed = "Content-Type: application/sdp\n" if body else ""
    branch = f"[branch-{same_as}]" if same_as else "[branch]"
    text = f"""\
{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
From: {_FROM}
To: <sip:[service]@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:13800000000@[local_ip]:[local_port]>
Max-Forwards: 70
{more}{typed}Content-Length: [len]

{body}"""
    return f"<send><![CDATA[\n{text}\n]]></send>"


def answered(status: int, *, optional: bool = False, timeout_ms: int = 8000) -> str:
    """Return a step that waits for an answer."""
    how = 'optional="true"' if optional else f'timeout="{timeout_ms}"'
    return f'<recv response="{status}" {how}/>'


def asked(method: str, timeout_ms: int = 15000) -> str:
    """Return a step that waits for a request."""
    return f'<recv request="{method}" timeout="{timeout_ms}"/>'


def response(
    status: str, *, body: str = "", more: str = "", contact: str = "<sip:[local_ip]:[local_port]>"
) -> str:
    """Return a step that answers a request."""
    typed = "Content-Type: application/sdp\n" if body else ""
    text = f"""\
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]s[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: {contact}
{more}{typed}Content-Length: [len]

{body}"""
    return f"<send><![CDATA[\n{text}\n]]></send>"


def pause(milliseconds: int) -> str:
    """Return a step that waits."""
    return f'<pause milliseconds="{milliseconds}"/>'


def stream(file: Path) -> str:
    """Return a step that begins to send a file of A-law, round and round, from the media port."""
    return f'<nop><action><exec rtp_stream="{file},-1,8"/></action></nop>'


RINGING = answered(100, optional=True) + answered(180, optional=True)


@dataclass(frozen=True)
class Ran:
    """What came of a scenario.

    Attributes:
        code: exit code; 0 when every call went as the scenario says.
        messages: everything that was sent and received.
    """

    code: int
    messages: str

    @property
    def answers(self) -> list[int]:
        """The status of each answer received, in order."""
        return [int(found) for found in re.findall(r"^SIP/2\.0 (\d{3})", self.messages, re.M)]


def calls_answered(ran: Ran, status: int) -> int:
    """Return how many calls got an answer, however often it was repeated."""
    blocks = ran.messages.split("-" * 47)
    found = (re.search(r"^Call-ID: (.+)$", b, re.M) for b in blocks if f"\nSIP/2.0 {status}" in b)
    return len({each[1] for each in found if each})


async def sipp(
    folder: Path,
    steps: Sequence[str],
    *,
    target: str = "",
    service: str = "4001",
    calls: int = 1,
    rate: int = 1,
    at: str = "127.0.0.1",
    port: int = 0,
    transport: str = "u1",
    seconds: float = 30.0,
) -> Ran:
    """Play a scenario: towards a target, or as the side that is called when there is none.

    Raises:
        TimeoutError: it does not come to an end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scenario, log = folder / "scenario.xml", folder / "messages.log"
    body = "\n".join(steps)
    scenario.write_text(
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
        f'<scenario name="test">\n{body}\n</scenario>\n'
    )
    argv = ["sipp", *([target] if target else []), "-sf", str(scenario), "-s", service]
    argv += ["-i", at, "-p", str(port or free_sip_port()), "-m", str(calls), "-r", str(rate)]
    argv += ["-t", transport, "-nostdin", "-trace_msg", "-message_file", str(log)]
    argv += ["-mp", str(10_000 + free_sip_port() % 5_000), "-cp", str(free_sip_port())]
    with (folder / "sipp.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            async with asyncio.timeout(seconds):
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return Ran(code, log.read_text(errors="replace") if log.exists() else "")
