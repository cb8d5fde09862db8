"""A caller who types, over the text channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from zhiban.callers.latency import TurnLatency
from zhiban.callers.socket import CallSocket, Event


class TextCaller(CallSocket):
    """Types lines and reads what the bot says.

    Args:
        gateway: base URL of the gateway.
        caller: calling number.
        token: machine-interface token, where one is needed.
        on_event: gets every timeline event.
    """

    def __init__(
        self,
        gateway: str,
        *,
        caller: str = "",
        token: str = "",
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        super().__init__(
            gateway.replace("http", "ws", 1) + "/v1/text",
            {"type": "start", "caller": caller, "channel": "text"},
            token=token,
            on_event=on_event,
        )
        self.heard: list[str] = []
        self._first_at: float | None = None

    async def say(self, text: str, seconds: float = 30.0) -> tuple[list[str], TurnLatency]:
        """Type a line; return what the bot answered and how long the first line took."""
        loop = asyncio.get_running_loop()
        heard, done = len(self.heard), self.turns_done
        self._first_at = None
        sent_at = loop.time()
        await self.socket.send_str(json.dumps({"type": "say", "text": text}, ensure_ascii=False))
        await self.wait_turn(done, seconds)
        return self.heard[heard:], TurnLatency(text, self._took(sent_at))

    def _took(self, sent_at: float) -> float | None:
        return None if self._first_at is None else (self._first_at - sent_at) * 1000

    def handle_message(self, body: Event) -> None:
        """Keep what the bot says."""
        if body["type"] == "bot":
            if self._first_at is None:
                self._first_at = asyncio.get_running_loop().time()
            self.heard.append(body["text"])
