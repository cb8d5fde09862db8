"""Who was lost? Joins what callers wrote down with what the house has on record.

A caller's words count as acknowledged when the caller saw the gateway react to them: the words
themselves came back as an event, or the bot said something after them. From then on a case must
exist that somebody works from: closed by a person, or open where the desk sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bench.chaos.diary import Entry, Line, by_call
from bench.chaos.records import CaseOnRecord, Records

_ECHOES = ("caller.interim", "caller.turn")
_REACTIONS = (*_ECHOES, "emergency.detected", "ticket.filed", "handoff.requested")
_TALKING = ("bridged", "returned")
_CALL_BACK = "callback_due"
_BRIDGED = "handoff.bridged"
_CLOCK_SLACK = 2.0
_TELLING = {
    "elevator_trapped": ("困",),
    "fire": ("火",),
    "burst_pipe": ("爆",),
    "gas_leak": ("气", "漏"),
}
"""What a transcript of a spoken cry shows at least if its words have arrived."""


class End(StrEnum):
    """How an acknowledged cry or wish for a person ended."""

    BRIDGED = "bridged"
    CALLED_BACK = "called_back"
    CALLBACK_DUE = "callback_due"
    STUCK = "stuck"
    """Open, the caller gone, and neither talking nor to be called back."""
    LOST = "lost"
    MISHEARD = "misheard"
    """Spoken, and the gateway's own transcript shows other words: no fault of the handoff."""
    UNHEARD = "unheard"
    """The words met a line that was dead or died; nothing acknowledged them."""


@dataclass(frozen=True)
class Verdict:
    """What became of one cry or wish.

    Attributes:
        at: when it was said, epoch seconds.
        why: evidence in words.
        acknowledged_by: what the caller saw.
    """

    person: int
    call_id: str
    at: float
    text: str
    danger: str
    end: End
    why: str
    acknowledged_by: str = ""
    case_ids: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON content."""
        return {
            "person": self.person,
            "call": self.call_id,
            "said_at": round(self.at, 3),
            "text": self.text,
            "danger": self.danger,
            "end": self.end.value,
            "why": self.why,
            "acknowledged_by": self.acknowledged_by,
            "cases": list(self.case_ids),
        }


@dataclass(frozen=True)
class Findings:
    """Everything the oracle has to say.

    Attributes:
        emergencies: one for each cry.
        requests: one for each wish for a person without danger.
        duplicates: calls with more tickets or open cases of a kind than were told.
        second_cases: numbers with two open emergencies, not joined.
        disagreements: cases that the two stores tell differently.
        silences: longest silence in seconds, by call.
    """

    emergencies: tuple[Verdict, ...]
    requests: tuple[Verdict, ...]
    duplicates: tuple[str, ...] = ()
    second_cases: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()
    silences: dict[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """Emergencies that were lost, or are open with nobody bound to act."""
        return tuple(v for v in self.emergencies if v.end in (End.LOST, End.STUCK))


def judge(lines: Sequence[Line], numbers: dict[int, str], records: Records) -> Findings:
    """Judge a run that has come to rest.

    Args:
        lines: the callers' diary.
        numbers: calling number of each person.
        records: what the house has on record.
    """
    emergencies: list[Verdict] = []
    requests: list[Verdict] = []
    for call_id, call in by_call(lines).items():
        spoken = any(line.what is Entry.SOUND for line in call)
        for position, line in enumerate(call):
            if line.what is not Entry.SAID or line.data.get("asks") == "repair":
                continue
            danger, asks = str(line.data["danger"]), str(line.data["asks"])
            if not (danger or asks):
                continue
            later = call[position + 1 :]
            verdict = _verdict(call_id, line, later, numbers, records, spoken=spoken)
            (emergencies if danger else requests).append(verdict)
    return Findings(
        tuple(emergencies),
        tuple(requests),
        tuple(_duplicates(lines, records)),
        tuple(_second_cases(records)),
        tuple(_disagreements(records.cases)),
        {call: gap for call, own in by_call(lines).items() if (gap := longest_silence(own))},
    )


def _verdict(
    call_id: str,
    said: Line,
    later: Sequence[Line],
    numbers: dict[int, str],
    records: Records,
    *,
    spoken: bool,
) -> Verdict:
    text, danger = str(said.data["text"]), str(said.data["danger"])

    def verdict(end: End, why: str, cases: Iterable[CaseOnRecord] = ()) -> Verdict:
        ids = tuple(case.id for case in cases)
        return Verdict(said.person, call_id, said.at, text, danger, end, why, seen, ids)

    seen = _acknowledgement(later)
    if not seen:
        return verdict(End.UNHEARD, "no event and no answer followed the words")
    number = numbers.get(said.person, "")
    cases = [c for c in records.cases if _concerns(c, call_id, number, said.at)]
    judged = [(*_end_of(case, records), case) for case in cases]
    if danger:
        judged = [_as_emergency(end, why, case) for end, why, case in judged]
    for end in (End.BRIDGED, End.CALLED_BACK, End.CALLBACK_DUE, End.STUCK, End.LOST):
        found = [(why, case) for got, why, case in judged if got is end]
        if found:
            return verdict(end, found[0][0], [case for _, case in found])
    transcript = [str(x.data.get("text", "")) for x in later if x.data.get("name") in _ECHOES]
    understood = any(word in heard for heard in transcript for word in _TELLING.get(danger, ()))
    if danger and spoken and not understood:
        return verdict(End.MISHEARD, f"the gateway understood {transcript}")
    tickets = [t["number"] for t in records.tickets.values() if t["call_id"] == call_id]
    kinds = [t["category"] for t in records.tickets.values() if t["call_id"] == call_id]
    if not danger and "callback" in kinds:
        return verdict(End.CALLBACK_DUE, f"ticket only: {tickets}")
    if danger and "emergency" in kinds:
        return verdict(End.LOST, f"a ticket {tickets} but no case: no desk shows it")
    return verdict(
        End.LOST, f"no case; tickets of the call: {list(zip(tickets, kinds, strict=True))}"
    )


def _as_emergency(end: End, why: str, case: CaseOnRecord) -> tuple[End, str, CaseOnRecord]:
    """A cry kept as a plain request is not kept, unless a person heard it."""
    if case.priority == 0 or end in (End.BRIDGED, End.CALLED_BACK):
        return end, why, case
    return End.STUCK, f"{why}, but as a plain request: it was never raised", case


def _acknowledgement(later: Sequence[Line]) -> str:
    """Return what showed the caller that the words had arrived, ``""`` for nothing."""
    for line in later:
        if line.what is Entry.EVENT and line.data["name"] in _REACTIONS:
            return f"event {line.data['name']}"
        if line.what is Entry.HEARD:
            return f"answer {str(line.data['text'])[:20]}"
        if line.what is Entry.SAID:
            return ""
    return ""


def _concerns(case: CaseOnRecord, call_id: str, number: str, said_at: float) -> bool:
    if case.call_id == call_id:
        return True
    if not number or case.phone != number:
        return False
    # A call-back finished before these words were said did not answer them.
    return case.listed or _epoch(case.updated_at) > said_at


def _end_of(case: CaseOnRecord, records: Records) -> tuple[End, str]:
    state = case.state
    talked = any(
        event["name"] == _BRIDGED and event["data"].get("handoff_id") == case.id
        for event in records.events.get(case.call_id, ())
    )
    if state == "closed":
        return _closed(case, talked)
    if not case.redis_state:
        return End.LOST, f"{case.id} is {state} in SQL but unknown to Redis: no desk shows it"
    if not case.listed:
        return End.LOST, f"{case.id} is {state} but not among the open cases: no desk shows it"
    if state == _CALL_BACK:
        if case.promises:
            return End.CALLBACK_DUE, f"{case.id} open, call-back due"
        return End.STUCK, f"{case.id} call-back due without a deadline on {case.ticket_number}"
    if state in _TALKING and talked:
        return End.BRIDGED, f"{case.id} bridged, on the agent's desk"
    return End.STUCK, f"{case.id} is still {state} although nobody is on the line"


def _closed(case: CaseOnRecord, talked: bool) -> tuple[End, str]:
    if case.listed:
        return End.STUCK, f"{case.id} is closed but still among the open cases"
    if case.reason == "called_back" and case.disposition:
        return End.CALLED_BACK, f"{case.id} called back: {case.disposition}"
    if talked and (case.disposition or case.reason == "agent_returned"):
        return End.BRIDGED, f"{case.id} bridged: {case.disposition or case.reason}"
    return End.LOST, f"{case.id} closed as {case.reason} without a talk or a call-back"


def _duplicates(lines: Sequence[Line], records: Records) -> list[str]:
    """Return tickets of the same problem in one call, and second open cases of one call."""
    found = []
    told: dict[tuple[str, str], int] = {}
    for call_id, call in by_call(lines).items():
        for line in call:
            if line.what is Entry.SAID and line.data["danger"]:
                told[call_id, "emergency"] = told.get((call_id, "emergency"), 0) + 1
    counted: dict[tuple[str, str, str], list[str]] = {}
    for ticket in records.tickets.values():
        problem = "" if ticket["category"] == "emergency" else ticket["problem"]
        key = (ticket["call_id"], ticket["category"], problem)
        counted.setdefault(key, []).append(ticket["number"])
    for (call_id, category, _), numbers in counted.items():
        if call_id and len(numbers) > max(1, told.get((call_id, category), 0)):
            found.append(f"{call_id}: {len(numbers)} {category} tickets {numbers}")
    open_by_call: dict[str, list[str]] = {}
    for case in records.cases:
        if case.state != "closed":
            open_by_call.setdefault(case.call_id, []).append(case.id)
    found += [f"{call}: open cases {ids}" for call, ids in open_by_call.items() if len(ids) > 1]
    return found


def _second_cases(records: Records) -> list[str]:
    """Return numbers that have two open emergencies: a second call was not joined to the first."""
    by_phone: dict[str, list[str]] = {}
    for case in records.cases:
        if case.phone and case.priority == 0 and case.state != "closed":
            by_phone.setdefault(case.phone, []).append(case.id)
    return [f"{ids}" for ids in by_phone.values() if len(ids) > 1]


def _disagreements(cases: Iterable[CaseOnRecord]) -> list[str]:
    return [
        f"{case.id}: SQL {case.sql_state or 'nothing'}, Redis {case.redis_state or 'nothing'}"
        for case in cases
        if case.sql_state != case.redis_state
    ]


def longest_silence(call: Sequence[Line]) -> float:
    """Return the longest time in seconds that a caller waited and heard nothing.

    A caller waits after having said something, and from a cry or a wish for a person until
    somebody is on the line; not while it is their turn to speak.
    """
    longest, owed_since, waits = 0.0, 0.0, False
    for line in call:
        name = line.data.get("name", "")
        if line.what in (Entry.HEARD, Entry.SOUND):
            if owed_since:
                longest = max(longest, line.at - owed_since)
            owed_since = line.at if waits else 0.0
        elif line.what is Entry.SAID:
            waits = waits or bool(line.data["danger"])
            owed_since = owed_since or line.at
        elif name == "handoff.requested":
            waits, owed_since = True, owed_since or line.at
        elif name == _BRIDGED:
            waits, owed_since = False, 0.0
        elif name == "handoff.failed" and line.data.get("state") == "agent_lost":
            waits, owed_since = True, line.at
        elif line.what in (Entry.HUNG_UP, Entry.DROPPED, Entry.ENDED, Entry.LOST):
            if owed_since:
                longest = max(longest, line.at - owed_since)
            break
    return longest


def _epoch(iso: str) -> float:
    return (
        datetime.strptime(iso, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
        + _CLOCK_SLACK
    )
