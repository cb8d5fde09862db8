"""Asks the dialogue engine what to say to a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from zhiban.errors import ErrorCode, ZhibanError

_TURN_SECONDS = 8.0
_MEANING_SECONDS = 2.0
_DETAILS = frozenset(("address", "phone", "name", "time", "ticket_number"))


@dataclass(frozen=True)
class DialogueReply:
    """The engine's answer to a turn.

    Attributes:
        texts: what to say, in order.
        expects: what kind of answer is awaited: open, yes_no, address, phone, name, time,
            problem, ticket_number, solved or grade.
        handoff: a person is wanted: reason, kind and ticket_number.
        emergency: the classifier took the final text for an emergency: kind and confidence.
        took_ms: time the turn took.
    """

    texts: tuple[str, ...] = ()
    intent: str = ""
    confidence: float = 0.0
    slots: Mapping[str, Any] = field(default_factory=dict)
    active_form: str = ""
    expects: str = "open"
    end_call: bool = False
    handoff: Mapping[str, Any] | None = None
    emergency: Mapping[str, Any] | None = None
    took_ms: float = 0.0

    @property
    def wants_detail(self) -> bool:
        """Whether the engine asked for a detail of a request whose matter it already knows."""
        asked = self.expects in _DETAILS
        return asked or (self.expects == "problem" and bool(self.slots.get("problem")))


class DialogueClient:
    """Talks to Rasa's turn channel.

    Args:
        url: base URL of the engine.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def turn(self, call_id: str, text: str, metadata: Mapping[str, Any]) -> DialogueReply:
        """Run one turn.

        Raises:
            ZhibanError: DIALOGUE_UNAVAILABLE, retryable.
        """
        body = {"call_id": call_id, "text": text, "metadata": dict(metadata)}
        return await self._ask("/webhooks/turn/webhook", body)

    async def start(self, call_id: str, action: str, slots: Mapping[str, Any]) -> DialogueReply:
        """Let the bot begin by itself, and return what it says.

        Args:
            call_id: the conversation.
            action: what it does, as the engine names it.
            slots: what the action has to know.

        Raises:
            ZhibanError: DIALOGUE_UNAVAILABLE, retryable.
        """
        body = {"call_id": call_id, "action": action, "slots": dict(slots)}
        return await self._ask("/webhooks/turn/start", body)

    async def meaning(self, text: str) -> tuple[str, float]:
        """Return the intent of words outside of the conversation; ``""`` when nobody can say."""
        try:
            parsed = await self._post("/model/parse", {"text": text}, _MEANING_SECONDS)
        except ZhibanError:
            return "", 0.0
        intent = parsed.get("intent") or {}
        return str(intent.get("name") or ""), float(intent.get("confidence") or 0.0)

    async def inject(self, call_id: str, events: list[dict[str, Any]]) -> None:
        """Tell the engine what happened without it.

        Raises:
            ZhibanError: DIALOGUE_UNAVAILABLE, retryable.
        """
        await self._post("/webhooks/turn/event", {"call_id": call_id, "events": events})

    async def healthy(self) -> bool:
        """Return whether the engine answers."""
        try:
            async with self._client().get(
                f"{self._url}/webhooks/turn/health", timeout=aiohttp.ClientTimeout(total=2)
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def _ask(self, path: str, body: dict[str, Any]) -> DialogueReply:
        began = asyncio.get_running_loop().time()
        answer = await self._post(path, body)
        return DialogueReply(
            texts=tuple(m["text"] for m in answer.get("messages", ()) if m.get("text")),
            intent=answer.get("intent") or "",
            confidence=float(answer.get("confidence") or 0.0),
            slots=answer.get("slots") or {},
            active_form=answer.get("active_form") or "",
            expects=answer.get("expects") or "open",
            end_call=bool(answer.get("end_call")),
            handoff=answer.get("handoff"),
            emergency=answer.get("emergency"),
            took_ms=(asyncio.get_running_loop().time() - began) * 1000,
        )

    async def _post(
        self, path: str, body: dict[str, Any], seconds: float = _TURN_SECONDS
    ) -> dict[str, Any]:
        try:
            async with self._client().post(
                self._url + path, json=body, timeout=aiohttp.ClientTimeout(total=seconds)
            ) as response:
                if response.status >= 400:
                    raise ZhibanError(
                        f"dialogue engine answered {response.status}",
                        code=ErrorCode.DIALOGUE_UNAVAILABLE,
                        retryable=response.status >= 500,
                    )
                answer: dict[str, Any] = await response.json()
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ZhibanError(
                f"dialogue engine: {type(error).__name__}",
                code=ErrorCode.DIALOGUE_UNAVAILABLE,
                retryable=True,
            ) from error
