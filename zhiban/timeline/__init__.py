"""The call timeline: every stage of a call writes one event here."""

from zhiban.timeline.archive import TimelineArchive
from zhiban.timeline.events import EventName, TimelineEvent
from zhiban.timeline.follow import follow_call, read_call
from zhiban.timeline.writer import Timeline

__all__ = [
    "EventName",
    "Timeline",
    "TimelineArchive",
    "TimelineEvent",
    "follow_call",
    "read_call",
]
