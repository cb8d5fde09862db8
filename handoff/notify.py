"""Alarms outside of the desk: the site's webhook and e-mail. Names and numbers stay inside."""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiohttp

from zhiban.errors import ErrorCode, ZhibanError
from zhiban.settings import Settings

logger = logging.getLogger(__name__)

_ATTEMPTS = 4
_FIRST_RETRY_SECONDS = 1.0
_POST_SECONDS = 5.0
_MAIL_SECONDS = 10.0


@dataclass(frozen=True)
class MailServer:
    """How mail is handed in.

    Attributes:
        encrypted: TLS from the first byte (``smtps://``).
        starttls: TLS after the greeting (``smtp://…?starttls=1``).
        sender: the address mail comes from.
    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    encrypted: bool = False
    starttls: bool = False
    sender: str = ""

    @classmethod
    def from_url(cls, url: str) -> MailServer | None:
        """Read ``smtp[s]://user:password@host:port?from=…&starttls=1``; None for an empty one.

        Raises:
            ZhibanError: BAD_SETTING.
        """
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ZhibanError(
                "ZHIBAN_SMTP_URL: 应为 smtp://用户:密码@主机:端口 / must be an smtp or smtps URL",
                code=ErrorCode.BAD_SETTING,
            )
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        encrypted = parts.scheme == "smtps"
        user = unquote(parts.username or "")
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if encrypted else 25),
            user=user,
            password=unquote(parts.password or ""),
            encrypted=encrypted,
            starttls=asked.get("starttls") == "1",
            sender=asked.get("from") or (user if "@" in user else f"zhiban@{parts.hostname}"),
        )


class Notifier:
    """Sends alarms in the background, each way several times before it gives up.

    Args:
        hook: URL that gets a POST with JSON, or ``""``.
        mail: where mail is handed in, or None.
        recipients: addresses that get mail.
        first_retry_seconds: pause after the first failure; it doubles.
    """

    def __init__(
        self,
        hook: str,
        mail: MailServer | None = None,
        recipients: tuple[str, ...] = (),
        *,
        first_retry_seconds: float = _FIRST_RETRY_SECONDS,
    ) -> None:
        self._hook = hook
        self._mail = mail
        self._recipients = recipients
        self._pause = first_retry_seconds
        self._sending: set[asyncio.Task[None]] = set()

    @classmethod
    def of(cls, settings: Settings, hook: str) -> Notifier:
        """Make one from settings and the site's hook.

        Raises:
            ZhibanError: BAD_SETTING.
        """
        addresses = tuple(filter(None, (a.strip() for a in settings.notify_mail.split(","))))
        return cls(hook, MailServer.from_url(settings.smtp_url), addresses)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send an alarm without waiting for it.

        Args:
            message: JSON; ``text`` is what a person reads.
        """
        if self._hook:
            self._start("notification hook", lambda: self._post(message))
        if self._mail is not None and self._recipients:
            self._start("notification mail", lambda: self._post_mail(message))

    async def close(self) -> None:
        """Give up on alarms that are still being sent."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _start(self, way: str, attempt: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._persist(way, attempt))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _persist(self, way: str, attempt: Callable[[], Awaitable[None]]) -> None:
        for tried in range(_ATTEMPTS):
            try:
                await attempt()
                return
            except (aiohttp.ClientError, smtplib.SMTPException, OSError, ZhibanError) as error:
                logger.error("%s: %s", way, getattr(error, "message", type(error).__name__))
            if tried + 1 < _ATTEMPTS:
                await asyncio.sleep(self._pause * 2**tried)
        logger.critical("%s gave up", way)

    async def _post(self, message: Mapping[str, Any]) -> None:
        timeout = aiohttp.ClientTimeout(total=_POST_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self._hook, json=dict(message)) as answer,
        ):
            if answer.status >= 300:
                raise ZhibanError(f"answered {answer.status}", code=ErrorCode.STORE_UNAVAILABLE)

    async def _post_mail(self, message: Mapping[str, Any]) -> None:
        if self._mail is not None:
            mail = _as_mail(message, self._mail.sender, self._recipients)
            await asyncio.to_thread(_hand_in, self._mail, mail)


def _as_mail(message: Mapping[str, Any], sender: str, to: tuple[str, ...]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = f"【值班】{message['text']}"
    facts = [f"{name}: {value}" for name, value in message.items() if name != "text"]
    mail.set_content("\n".join([str(message["text"]), "", *facts]) + "\n")
    return mail


def _hand_in(server: MailServer, mail: EmailMessage) -> None:
    """Speak SMTP; runs in a thread because the standard library's client blocks."""
    tls = ssl.create_default_context()
    client: smtplib.SMTP
    if server.encrypted:
        client = smtplib.SMTP_SSL(server.host, server.port, timeout=_MAIL_SECONDS, context=tls)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=_MAIL_SECONDS)
    with client:
        if server.starttls:
            client.starttls(context=tls)
        if server.user:
            client.login(server.user, server.password)
        client.send_message(mail)
