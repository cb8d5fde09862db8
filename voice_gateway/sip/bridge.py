"""Carries a telephone's audio and keys to the gateway and back until one side ends."""

from __future__ import annotations

import asyncio

from voice_gateway.sip.media import FRAME_BYTES, FRAME_SECONDS
from voice_gateway.sip.telephone import Telephone
from voice_gateway.sip.voice_link import Heard, VoiceLink

_TICK_SECONDS = FRAME_SECONDS / 2
_QUIET_SECONDS = 0.2
"""A telephone that sends nothing for so long is heard as silence; turns end by silence."""
_LAST_WORDS_SECONDS = 1.0
_PLAYED_SECONDS = 0.2
"""What telephones have received and not played is lost with the line."""


class Bridge:
    """Joins a telephone and a voice link.

    Args:
        telephone: answered, or about to be: speech for it waits until then.
        link: open.
        keys: pass on the keys that are pressed.
    """

    def __init__(self, telephone: Telephone, link: VoiceLink, *, keys: bool = True) -> None:
        self._telephone = telephone
        self._link = link
        self._pass_keys = keys

    async def run(self) -> Heard | None:
        """Carry; return ENDED or LOST for the gateway's side, None when the telephone is gone."""
        gone = asyncio.create_task(self._telephone.closed.wait())
        down = asyncio.create_task(self._down())
        others = [asyncio.create_task(self._up())]
        if self._pass_keys:
            others.append(asyncio.create_task(self._keys()))
        try:
            await asyncio.wait({gone, down}, return_when=asyncio.FIRST_COMPLETED)
            if self._telephone.closed.is_set():
                return None
            heard = down.result()
            if heard is Heard.ENDED:
                await self._finish()
            return heard
        finally:
            for task in (gone, down, *others):
                task.cancel()
            await asyncio.gather(gone, down, *others, return_exceptions=True)

    async def _down(self) -> Heard:
        media = self._telephone.media
        while True:
            heard = await self._link.receive()
            if isinstance(heard, bytes):
                media.write(heard)
            elif heard is Heard.CLEAR:
                media.clear()
            else:
                return heard

    async def _up(self) -> None:
        media, loop = self._telephone.media, asyncio.get_running_loop()
        await self._telephone.established.wait()
        due = sent_until = loop.time()
        while True:
            pcm = media.read()
            media.push()
            now = loop.time()
            if pcm:
                sent_until = now
            elif now - sent_until > _QUIET_SECONDS:
                pcm = bytes(FRAME_BYTES)
                sent_until += FRAME_SECONDS
            if pcm:
                await self._link.send(pcm)
            due = max(due + _TICK_SECONDS, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _keys(self) -> None:
        while True:
            await self._link.press(await self._telephone.digits.get())

    async def _finish(self) -> None:
        """Let the last words out before the line is closed."""
        left = min(self._telephone.media.unsent_seconds, _LAST_WORDS_SECONDS)
        await asyncio.sleep(left + _PLAYED_SECONDS)
