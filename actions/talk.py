"""What one action says to the caller and to the gateway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

EXPECTS = (
    "open",
    "yes_no",
    "address",
    "phone",
    "name",
    "time",
    "problem",
    "ticket_number",
    "solved",
    "grade",
)


class Talk:
    """Collects sentences and one signal.

    Sentences are names of responses in ``domain.yml``, so that texts live in one place.
    """

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.signal: dict[str, Any] = {}

    def say(self, response: str, *, display: str = "", **blanks: str) -> None:
        """Say a response.

        Args:
            response: its name in the domain.
            display: what a screen shows beside it (a ticket number as written).
            blanks: words for its braces.
        """
        extra = {"json_message": {"display": display}} if display else {}
        self.said.append((response, {**blanks, **extra}))

    def repeat(self, texts: Iterable[str]) -> None:
        """Say texts again, word for word."""
        self.said.extend(("", {"text": text}) for text in texts)

    def expect(self, kind: str) -> None:
        """Tell the gateway what kind of answer comes next."""
        if kind not in EXPECTS:
            raise ValueError(f"unknown kind of answer: {kind}")
        self.signal["expects"] = kind

    def hand_off(self, reason: str, kind: str, ticket_number: str = "") -> None:
        """Ask the gateway to put the caller through to a person."""
        self.signal["handoff"] = {"reason": reason, "kind": kind, "ticket_number": ticket_number}

    def report_emergency(self, kind: str, confidence: float, facts: Mapping[str, Any]) -> None:
        """Tell the gateway to act on an emergency now."""
        self.signal["emergency"] = {
            "kind": kind,
            "action": "transfer",
            "confidence": round(confidence, 3),
            "facts": dict(facts),
        }

    @property
    def lets_go(self) -> bool:
        """Whether the bot's part of the call is over: a person takes over, or nobody.

        In an emergency the gateway, which rings first, files what else was said.
        """
        return "handoff" in self.signal or "end_call" in self.signal

    def end_call(self) -> None:
        """Ask the gateway to hang up once everything is said."""
        self.signal["end_call"] = True

    def deliver(self, dispatcher: CollectingDispatcher) -> None:
        """Hand everything to Rasa."""
        for response, blanks in self.said:
            if response:
                dispatcher.utter_message(response=response, **blanks)
            else:
                dispatcher.utter_message(**blanks)
        if self.signal:
            dispatcher.utter_message(json_message={"signal": self.signal})


def last_words(tracker: Tracker) -> tuple[list[str], str]:
    """Return what the bot said in its previous turn and what kind of answer it awaited."""
    texts: list[str] = []
    expects = "open"
    users = 0
    for event in reversed(tracker.events):
        kind = event.get("event")
        if kind == "user":
            users += 1
            if users == 2:
                break
        elif kind == "bot" and users == 1:
            if event.get("text"):
                texts.insert(0, str(event["text"]))
            custom = (event.get("data") or {}).get("custom") or {}
            expects = (custom.get("signal") or {}).get("expects", expects)
    return texts, expects
