"""The SIP stack: one thread, one identity, its registration."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path

from baresip import (
    Account,
    BaresipError,
    Call,
    Config,
    Event,
    RegistrationError,
    Runtime,
    StackEvent,
    UserAgent,
)
from baresip._native import lib  # type: ignore[import-not-found] # compiled

from voice_gateway.sip.door import Door
from voice_gateway.sip.numbers import HEADERS
from voice_gateway.sip.peers import Peers
from voice_gateway.sip.settings import SipSettings
from voice_gateway.sip.telephone import Telephone
from zhiban.errors import ErrorCode, ZhibanError

logger = logging.getLogger(__name__)

_REGISTER_EVERY_SECONDS = 120
_AGAIN_SECONDS = 5.0
_LOOK_UP_SECONDS = 60.0
_PING_SECONDS = 2.0
_JITTER_SPREAD_MS = 120
_SPARE_CALLS = 8
"""Calls beyond the limit that reach us to be refused and logged; the stack refuses the rest."""


class Stack:
    """Signalling and media of the whole process.

    Args:
        settings: who and where we are.
        on_call: gets each incoming call of a peer.
        on_dead: called when the stack's thread has died; it cannot be started again.
    """

    def __init__(
        self, settings: SipSettings, on_call: Callable[[Call], None], on_dead: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._on_call = on_call
        self._on_dead = on_dead
        self._runtime = Runtime()
        self._agent: UserAgent | None = None
        self._doors: list[Door] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._listening = False
        self._closing = False
        self.peers = Peers(settings)
        self.registered = False

    @property
    def refused(self) -> int:
        """Messages of strangers so far."""
        return sum(door.refused for door in self._doors)

    async def start(self) -> None:
        """Listen, shut the door on strangers, and take calls.

        Raises:
            ZhibanError: BAD_SETTING: the address is taken or is not this machine's.
        """
        await self.peers.look_up()
        self._runtime.on_dead = self._on_dead
        self._runtime.subscribe(self._on_event)
        try:
            await self._runtime.start(self._config())
            self._listening = True
            # No identity exists yet: what comes before the door stands is answered 404.
            await self._open_doors()
            self._agent = await UserAgent.create(
                self._runtime, self._account(), transfer_policy="reject"
            )
        except (BaresipError, OSError) as error:
            await self.close()
            raise ZhibanError(
                f"SIP 启动不了：{error} / SIP cannot listen at {self._settings.listen}",
                code=ErrorCode.BAD_SETTING,
            ) from error
        self._agent.on_incoming(self._on_call)
        self._tasks.append(asyncio.create_task(self._follow_names()))
        if self._settings.registers:
            self._tasks.append(asyncio.create_task(self._stay_registered()))

    async def close(self) -> None:
        """Unregister and stop; calls in progress are hung up by the stack."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            # One that was in a command to the stack may have missed that; it looks around soon.
            await asyncio.wait(self._tasks, timeout=_AGAIN_SECONDS)
        if self._agent is not None and self.registered:
            try:
                await self._agent.unregister(timeout=_PING_SECONDS)
            except BaresipError as error:
                logger.warning("sip: not unregistered: %s", error)
        for door in self._doors:
            door.close()
        if self._listening:
            self._listening = False
            await self._runtime.close()

    async def alive(self) -> bool:
        """Return whether the stack's thread answers."""
        try:
            await self._runtime.cmd(lib.BP_CMD_PING, timeout=_PING_SECONDS)
        except BaresipError:
            return False
        return True

    async def dial(self, uri: str, caller_id: str) -> Telephone:
        """Start a call.

        Raises:
            BaresipError: the stack refuses.
        """
        if self._agent is None:
            raise BaresipError("not started")
        headers = {}
        if caller_id:
            headers["P-Asserted-Identity"] = f"<sip:{caller_id}@{self._settings.domain}>"
        # A near telephone answers before the stack has told us which call it is.
        begun: list[StackEvent] = []
        self._runtime.subscribe(begun.append)
        try:
            call = await self._agent.dial(uri, headers)
            return Telephone(call, [event for event in begun if event.call == call.handle])
        finally:
            self._runtime.unsubscribe(begun.append)

    def _config(self) -> Config:
        settings = self._settings
        address = settings.address
        assert address is not None  # noqa: S101 - settings are checked
        host, port = address
        # The stack listens for TLS one port above the one it is told.
        told = port - 1 if settings.transport == "tls" else port
        lines = [
            f"sip_listen {host}:{told}",
            f"sip_transports {settings.transport}"
            if settings.transport != "udp"
            else "sip_transports udp,tcp",
            "audio_jitter_buffer_type fixed",
            f"audio_jitter_buffer_ms {settings.jitter_ms}-{settings.jitter_ms + _JITTER_SPREAD_MS}",
            f"rtp_ports {settings.rtp_ports}",
        ]
        if settings.certificate:
            lines.append(f"sip_certificate {Path(settings.certificate).resolve()}")
        if settings.ca:
            lines += [f"sip_cafile {Path(settings.ca).resolve()}", "sip_verify_server yes"]
        return Config(
            net_interface=None if host == "0.0.0.0" else host,  # noqa: S104 - compared with
            expose_headers=HEADERS,
            max_concurrent_calls=settings.max_calls + _SPARE_CALLS,
            rtp_timeout=settings.media_timeout,
            native_log_level="warning",
            extra_config_text="\n".join(lines) + "\n",
        )

    def _account(self) -> Account:
        settings = self._settings
        return Account(
            settings.user,
            settings.domain,
            settings.password,
            registrar=_routed(settings.proxy, settings.transport) if settings.proxy else None,
            reg_interval=_REGISTER_EVERY_SECONDS if settings.registers else 0,
            transport=settings.transport,  # type: ignore[arg-type] # settings are checked
            audio_codecs=settings.audio_codecs,
            auth_user=settings.auth_user or None,
            extra_params=settings.account_params,
        )

    async def _open_doors(self) -> None:
        address = self._settings.address
        assert address is not None  # noqa: S101 - settings are checked
        kinds = [socket.SOCK_STREAM]
        if self._settings.transport == "udp":
            kinds.insert(0, socket.SOCK_DGRAM)
        for kind in kinds:
            door = Door(kind, address, self.peers, secured=self._settings.transport == "tls")
            self._doors.append(door)
            await door.open()

    async def _follow_names(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_UP_SECONDS)
            if await self.peers.look_up():
                for door in self._doors:
                    door.let_pass()

    async def _stay_registered(self) -> None:
        """The stack refreshes a registration by itself; the first one is repeated until it holds."""
        assert self._agent is not None  # noqa: S101 - started
        while not self._closing:
            if not self.registered:
                try:
                    await self._agent.register()
                except RegistrationError as error:
                    logger.error("sip: not registered: %s", error)
            await asyncio.sleep(_AGAIN_SECONDS)

    def _on_event(self, event: StackEvent) -> None:
        if event.event is Event.REGISTER_OK and not self.registered:
            self.registered = True
            logger.info("sip: registered")
        elif event.event is Event.REGISTER_FAIL and self.registered:
            self.registered = False
            logger.error("sip: registration lost: %s", event.text)
        elif event.event is Event.CALL_CLOSED:
            logger.info("sip: call closed: %s", event.text or "bye")


def _routed(host: str, transport: str) -> str:
    return f"sip:{host};transport={transport}"
