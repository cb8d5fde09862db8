"""The control messages of Asterisk's WebSocket channel (JSON form; 20.18, 22.8, 23.2 and later)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

LONGEST_COMMAND = 128
"""Bytes; Asterisk ignores a longer text message."""


_LONGEST_ERROR = 200


class Command(StrEnum):
    """What the gateway may tell Asterisk."""

    ANSWER = "ANSWER"
    HANGUP = "HANGUP"
    START_MEDIA_BUFFERING = "START_MEDIA_BUFFERING"
    STOP_MEDIA_BUFFERING = "STOP_MEDIA_BUFFERING"
    FLUSH_MEDIA = "FLUSH_MEDIA"
    PAUSE_MEDIA = "PAUSE_MEDIA"
    CONTINUE_MEDIA = "CONTINUE_MEDIA"
    MARK_MEDIA = "MARK_MEDIA"
    GET_STATUS = "GET_STATUS"
    REPORT_QUEUE_DRAINED = "REPORT_QUEUE_DRAINED"
    SET_MEDIA_DIRECTION = "SET_MEDIA_DIRECTION"


class EventName(StrEnum):
    """What Asterisk may tell the gateway. There is no event for a hang-up: the socket closes."""

    MEDIA_START = "MEDIA_START"
    DTMF_END = "DTMF_END"
    MEDIA_XOFF = "MEDIA_XOFF"
    MEDIA_XON = "MEDIA_XON"
    STATUS = "STATUS"
    MEDIA_BUFFERING_COMPLETED = "MEDIA_BUFFERING_COMPLETED"
    MEDIA_MARK_PROCESSED = "MEDIA_MARK_PROCESSED"
    QUEUE_DRAINED = "QUEUE_DRAINED"
    ERROR = "ERROR"


@dataclass(frozen=True)
class MediaStart:
    """How the audio of a channel comes.

    Attributes:
        channel: name of the WebSocket channel, not of the caller's.
        format: ``slin16``, ``slin``…
        frame_bytes: what Asterisk plays in one piece of `ptime`; a part of it would be dropped.
        ptime: ms.
    """

    channel: str
    format: str
    frame_bytes: int
    ptime: int


@dataclass(frozen=True)
class Event:
    """An event; fields that it has not are empty.

    Attributes:
        name: which.
        digit: of DTMF_END.
        queue_full: of STATUS: Asterisk still drops what it is sent.
        queue_length: of STATUS: frames not played yet.
        text: of ERROR: the whole message, for the log.
        start: of MEDIA_START.
    """

    name: EventName
    digit: str = ""
    queue_full: bool = False
    queue_length: int = 0
    text: str = ""
    start: MediaStart | None = None


def encode(command: Command, **fields: str) -> str:
    """Return the text message of a command.

    Raises:
        ValueError: it is too long for Asterisk to take.
    """
    text = json.dumps({"command": command.value, **fields}, separators=(",", ":"))
    if len(text.encode()) > LONGEST_COMMAND:
        raise ValueError(f"{command.value}: longer than {LONGEST_COMMAND} bytes")
    return text


def decode(raw: str) -> Event | None:
    """Return what Asterisk says; None for what is no JSON or not known here."""
    try:
        body = json.loads(raw)
        name = EventName(body["event"])
        start = None
        if name is EventName.MEDIA_START:
            start = MediaStart(
                channel=str(body.get("channel") or ""),
                format=str(body["format"]),
                frame_bytes=int(body["optimal_frame_size"]),
                ptime=int(body.get("ptime") or 20),
            )
        return Event(
            name,
            digit=str(body.get("digit") or ""),
            queue_full=body.get("queue_full") is True,
            queue_length=int(body.get("queue_length") or 0),
            text=raw[:_LONGEST_ERROR] if name is EventName.ERROR else "",
            start=start,
        )
    except (ValueError, KeyError, TypeError):
        return None
