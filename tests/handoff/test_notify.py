"""Alarms outside of the desk: a real mail server on a socket, a real webhook."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff.notify import MailServer, Notifier
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.settings import Settings

MESSAGE = {
    "event": "handoff.no_agent",
    "ticket_number": "JJ20260101001",
    "text": "值班无人接听：工单 JJ20260101001，请立即登录坐席台处理",
}


class Post:
    """A mail server: greets, takes what is handed in, refuses as often as it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.log: list[str] = []
        self.refusals = 0
        self.arrived = asyncio.Condition()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 post ready")
        while line := (await reader.readline()).decode().strip():
            self.log.append(line)
            match line.split(maxsplit=1)[0].upper():
                case "EHLO":
                    say("250-post")
                    say("250 AUTH PLAIN")
                case "AUTH":
                    say("235 welcome")
                case "MAIL" if self.refusals:
                    self.refusals -= 1
                    say("451 try later")
                case "RCPT":
                    self.recipients.append(line)
                    say("250 ok")
                case "DATA":
                    say("354 go on")
                    await writer.drain()
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    parsed = email.message_from_bytes(raw[:-5], policy=email.policy.default)
                    assert isinstance(parsed, EmailMessage)
                    async with self.arrived:
                        self.mails.append(parsed)
                        self.arrived.notify_all()
                    say("250 taken")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 ok")
            await writer.drain()
        writer.close()

    async def wait(self, count: int) -> None:
        async with self.arrived, asyncio.timeout(15):
            await self.arrived.wait_for(lambda: len(self.mails) >= count)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    office = Post()
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()


def _notifier(post: Post, hook: str = "", **options: Any) -> Notifier:
    settings = Settings(
        smtp_url=f"smtp://duty%40example.com:geheim@127.0.0.1:{post.port}",
        notify_mail="leader@example.com, manager@example.com",
    )
    made = Notifier.of(settings, hook)
    made._pause = options.get("pause", 0.05)
    return made


async def test_mail_reaches_every_address_with_what_to_do(post: Post) -> None:
    notifier = _notifier(post)
    notifier.send(MESSAGE)
    await post.wait(1)
    (mail,) = post.mails
    assert mail["Subject"] == f"【值班】{MESSAGE['text']}"
    assert mail["From"] == "duty@example.com"
    assert "JJ20260101001" in mail.get_content()
    assert [line.split(":")[1] for line in post.recipients] == [
        "<leader@example.com>",
        "<manager@example.com>",
    ]
    assert any(line.startswith("AUTH PLAIN") for line in post.log)
    await notifier.close()


async def test_mail_is_tried_again_until_it_is_taken(post: Post) -> None:
    post.refusals = 2
    notifier = _notifier(post)
    notifier.send(MESSAGE)
    await post.wait(1)
    assert sum(line.upper().startswith("MAIL") for line in post.log) == 3
    await notifier.close()


async def test_a_dead_mail_server_does_not_keep_the_webhook_from_ringing() -> None:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        await told.put(await request.json())
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/", hook)
    async with TestServer(app) as server:
        mail = MailServer("127.0.0.1", 9)
        notifier = Notifier(
            str(server.make_url("/")), mail, ("a@example.com",), first_retry_seconds=0.05
        )
        notifier.send(MESSAGE)
        async with asyncio.timeout(10):
            assert await told.get() == MESSAGE
        await notifier.close()


def test_nothing_is_sent_without_settings() -> None:
    assert MailServer.from_url("") is None
    Notifier.of(Settings(), "").send(MESSAGE)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, True, False)),
        ("smtp://mail.example.com:587?starttls=1", ("mail.example.com", 587, False, True)),
        ("smtp://mail.example.com", ("mail.example.com", 25, False, False)),
    ],
)
def test_addresses_of_mail_servers(url: str, expected: tuple[object, ...]) -> None:
    server = MailServer.from_url(url)
    assert server is not None
    assert (server.host, server.port, server.encrypted, server.starttls) == expected


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://"])
def test_a_wrong_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ZhibanError) as refused:
        MailServer.from_url(url)
    assert refused.value.code is ErrorCode.BAD_SETTING
