"""The gateway's way into the dialogue engine: one turn in, one complete answer out.

``POST /webhooks/turn/webhook`` ``{"call_id", "text", "metadata"}`` runs a turn and answers with
``messages, intent, confidence, entities, slots, active_form, expects, end_call, handoff,
emergency``. ``POST /webhooks/turn/event`` ``{"call_id", "events"}`` puts Rasa events into a
conversation (an emergency was intercepted, a person took over). ``POST /webhooks/turn/start``
``{"call_id", "action", "slots"}`` lets the bot begin by itself (a survey): the slots are set, the
action is run, and the answer is that of a turn. ``GET /webhooks/turn/health`` answers 200 once a sentence was understood, which also loads the word segmenter.
Errors: ``{"error": {"code", "message", "retryable"}}``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import ActiveLoop, Event, SlotSet
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import speedups
from bot.serial import TurnLocks
from bot.turns import StartRequest, TurnCollector, TurnRequest, answer

logger = logging.getLogger(__name__)

_WARM_UP = "我家厨房水管漏水了"
_EMERGENCY = "emergency"


class TurnErrorCode(str, Enum):
    """Stable codes of this channel's errors."""

    BAD_MESSAGE = "bad_message"
    DIALOGUE_UNAVAILABLE = "dialogue_unavailable"


class TurnChannel(InputChannel):  # type: ignore[misc]
    """Rasa input channel ``turn``; register it in ``credentials.yml`` by its module path."""

    def __init__(self) -> None:
        speedups.apply()
        self._locks = TurnLocks()

    @classmethod
    def name(cls) -> str:
        """Return the name, which is also the path below ``/webhooks``."""
        return "turn"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the channel's routes."""
        routes = Blueprint("turn_webhook", __name__)

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            return await self._health(request.app.ctx.agent)

        @routes.post("/webhook")
        async def turn(request: Request) -> HTTPResponse:
            try:
                asked = TurnRequest.from_json(_body(request))
            except ValueError as error:
                return _refuse(400, TurnErrorCode.BAD_MESSAGE, str(error))
            return await self._turn(request.app.ctx.agent, on_new_message, asked)

        @routes.post("/start")
        async def start(request: Request) -> HTTPResponse:
            try:
                asked = StartRequest.from_json(_body(request))
            except ValueError as error:
                return _refuse(400, TurnErrorCode.BAD_MESSAGE, str(error))
            return await self._start(request.app.ctx.agent, asked)

        @routes.post("/event")
        async def event(request: Request) -> HTTPResponse:
            try:
                call_id, events = _read_events(_body(request))
            except ValueError as error:
                return _refuse(400, TurnErrorCode.BAD_MESSAGE, str(error))
            return await self._inject(request.app.ctx.agent, call_id, events)

        return routes

    async def _health(self, agent: Agent | None) -> HTTPResponse:
        if agent is None or not agent.is_ready():
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "no model is loaded yet")
        began = time.perf_counter()
        parsed = await agent.parse_message(_WARM_UP)
        return json(
            {
                "status": "ok",
                "intent": (parsed.get("intent") or {}).get("name"),
                "parse_ms": round((time.perf_counter() - began) * 1000, 1),
                "turns_in_progress": len(self._locks),
            }
        )

    async def _turn(
        self,
        agent: Agent | None,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
        asked: TurnRequest,
    ) -> HTTPResponse:
        if agent is None or not agent.is_ready():
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "no model is loaded yet")
        collector = TurnCollector()
        message = UserMessage(
            asked.text,
            collector,
            asked.call_id,
            input_channel=self.name(),
            metadata=dict(asked.metadata),
        )
        try:
            async with self._locks.turn_of(asked.call_id):
                await on_new_message(message)
                tracker = await agent.tracker_store.retrieve(asked.call_id)
        except Exception:
            logger.exception("call %s: the turn failed", asked.call_id)
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "the turn failed")
        if not collector.messages:
            # Rasa swallows the failure of an action; the caller must not meet silence.
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "the bot had no answer")
        return json(answer(collector.messages, tracker), ensure_ascii=False)

    async def _start(self, agent: Agent | None, asked: StartRequest) -> HTTPResponse:
        if agent is None or not agent.is_ready():
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "no model is loaded yet")
        if asked.action not in agent.domain.action_names_or_texts:
            return _refuse(400, TurnErrorCode.BAD_MESSAGE, f"no action {asked.action!r}")
        collector, call_id = TurnCollector(), asked.call_id
        try:
            async with self._locks.turn_of(call_id), agent.lock_store.lock(call_id):
                tracker = await agent.processor.fetch_tracker_and_update_session(call_id, collector)
                slots = [SlotSet(name, value) for name, value in asked.slots.items()]
                tracker.update_with_events(slots, agent.domain)
                await agent.tracker_store.save(tracker)
                tracker = await agent.execute_action(call_id, asked.action, collector, None, 1.0)
        except Exception:
            logger.exception("call %s: %s could not be begun", call_id, asked.action)
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "it could not be begun")
        if not collector.messages:
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "the bot had nothing to say")
        return json(answer(collector.messages, tracker), ensure_ascii=False)

    async def _inject(self, agent: Agent | None, call_id: str, events: list[Event]) -> HTTPResponse:
        if agent is None or not agent.is_ready():
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "no model is loaded yet")
        try:
            async with self._locks.turn_of(call_id), agent.lock_store.lock(call_id):
                tracker = await agent.processor.get_tracker(call_id)
                tracker.update_with_events(_with_consequences(events), agent.domain)
                await agent.tracker_store.save(tracker)
        except Exception:
            logger.exception("call %s: events could not be stored", call_id)
            return _refuse(503, TurnErrorCode.DIALOGUE_UNAVAILABLE, "events were not stored")
        return json({"stored": len(events)})


def _body(request: Request) -> object:
    """Return the JSON body.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return request.json
    except Exception as error:
        raise ValueError("the body is not JSON") from error


def _read_events(body: object) -> tuple[str, list[Event]]:
    """Read call and events.

    Raises:
        ValueError: what is wrong.
    """
    if not isinstance(body, dict) or not isinstance(body.get("call_id"), str):
        raise ValueError("call_id must be a string")
    raw = body.get("events")
    if not isinstance(raw, list) or not raw:
        raise ValueError("events must be a non-empty list of Rasa events")
    events = []
    for item in raw:
        event = Event.from_parameters(item) if isinstance(item, dict) else None
        if event is None:
            raise ValueError(f"not a Rasa event: {item!r}")
        events.append(event)
    return body["call_id"], events


def _with_consequences(events: list[Event]) -> list[Event]:
    """An emergency ends the form in progress: it must not ask for a name meanwhile."""
    if any(isinstance(e, SlotSet) and e.key == _EMERGENCY and e.value for e in events):
        return [*events, ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)]
    return events


def _refuse(status: int, code: TurnErrorCode, message: str) -> HTTPResponse:
    error = {"code": code.value, "message": message, "retryable": status >= 500}
    return json({"error": error}, status=status)
