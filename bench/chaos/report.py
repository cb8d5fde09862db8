"""Tells how a run ended: by cause on the terminal, by call in a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.chaos.agents import Deed
from bench.chaos.causes import BLOWS, Cause
from bench.chaos.diary import Entry, Line, by_call
from bench.chaos.faults import Struck
from bench.chaos.oracle import End, Findings, Verdict
from bench.chaos.records import Records
from bench.chaos.scripts import Script

LONG_SILENCE = 15.0
"""A caller who hears nothing for longer, in seconds, believes the line dead."""
_FELT_AFTER = 5.0
_WIDTH = 130
_HABITS = (
    Cause.AGENT_DECLINES,
    Cause.AGENT_IGNORES,
    Cause.AGENT_DROPS,
    Cause.AGENT_SIGNS_OUT,
)
_COLUMNS = (
    End.BRIDGED, End.CALLED_BACK, End.CALLBACK_DUE, End.STUCK, End.LOST, End.MISHEARD, End.UNHEARD,
)  # fmt: skip
_HOW = (
    "How it knows: every caller wrote down, with the time, what they said and what came back over "
    "their own line. An emergency counts from the moment something came back after its words (the "
    "words as an event, or any answer). The house's records are then read byte for byte, without "
    "its code: tables handoff, ticket and call_event in SQL, the case's hash, the set of open "
    "cases and the call's stream in Redis. bridged: a handoff.bridged event of this case, and the "
    "case disposed of by an agent or on their desk. called back: closed by an agent as called "
    "back. call-back due: open, in the desk's set, with a promise on its ticket. stuck: open, "
    "caller gone, none of these. LOST: anything else. unheard: the words met a dead line and "
    "nothing came back. An emergency is counted in the row of every cause that touched it."
)


@dataclass(frozen=True)
class Run:
    """Everything a run has left behind, in memory."""

    seed: int
    only: Cause | None
    minutes: float
    load: Mapping[str, Any]
    scripts: Sequence[Script]
    lines: Sequence[Line]
    blows: Sequence[Struck]
    deeds: Sequence[Deed]
    records: Records
    findings: Findings


def causes_of(verdict: Verdict, run: Run) -> list[str]:
    """Return what touched the call of a cry, ``quiet`` for nothing."""
    call = by_call(run.lines).get(verdict.call_id, [])
    begin, end = call[0].at, call[-1].at + _FELT_AFTER
    node = next((x.data["node"] for x in call if x.what is Entry.STARTED), "")
    found: list[str] = []
    for blow in run.blows:
        ours = BLOWS[blow.cause].service != "gateway" or blow.target == node
        if ours and blow.touches(begin, end) and blow.cause not in found:
            found.append(blow.cause)
    whats = {line.what for line in call}
    if Entry.DROPPED in whats:
        found.append(Cause.CALLER_DROPS)
    if Entry.HUNG_UP in whats:
        found.append(Cause.CALLER_HANGS_UP)
    cases = {c.id for c in run.records.cases if c.call_id == verdict.call_id}
    for deed in run.deeds:
        if deed.handoff_id in cases and deed.what in _HABITS and deed.what not in found:
            found.append(deed.what)
    return found or ["quiet"]


def print_report(run: Run, folder: Path) -> None:
    """Print the table by cause, what failed, and how that is known."""
    console = Console(width=max(_WIDTH, Console().width), soft_wrap=True)
    findings = run.findings
    by_cause: dict[str, Counter[End]] = {}
    for verdict in findings.emergencies:
        for cause in causes_of(verdict, run):
            by_cause.setdefault(cause, Counter())[verdict.end] += 1
    blows = Counter(blow.cause for blow in run.blows)
    title = f"emergencies by cause — seed {run.seed}, {len(run.scripts)} callers"
    table = Table("cause", "done", "emergencies", *(end.value for end in _COLUMNS), title=title)
    for cause in [c.value for c in Cause] + ["quiet"]:
        if cause in by_cause:
            done = str(blows[Cause(cause)]) if cause in {b.value for b in BLOWS} else ""
            table.add_row(cause, done, *_numbers(by_cause[cause]))
    table.add_section()
    total = Counter(verdict.end for verdict in findings.emergencies)
    table.add_row("all, each once", str(len(run.blows)), *_numbers(total))
    console.print(table)
    for line in summary(run):
        console.print(line, markup=False)
    for verdict in findings.failed:
        causes = ", ".join(causes_of(verdict, run))
        console.print(f"✗ {_told(verdict)} [{causes}]", markup=False)
    console.print(_HOW, markup=False)
    console.print(f"per call: {folder / 'report.json'}, {folder / 'diary.jsonl'}", markup=False)


def summary(run: Run) -> list[str]:
    """Return the other counts, one line each."""
    findings = run.findings
    requests = Counter(v.end for v in findings.requests)
    silent = {c: round(s, 1) for c, s in findings.silences.items() if s > LONG_SILENCE}
    calls = by_call(run.lines)
    refused = sum(line.what is Entry.REFUSED for line in run.lines)
    lines = [
        f"calls answered {len(calls)}, attempts refused or dead {refused}, blows {len(run.blows)}",
        f"requests for a person: {dict(sorted((e.value, n) for e, n in requests.items()))}",
        f"repairs told and without a ticket: {len(_lost_repairs(run))} {_lost_repairs(run)[:5]}",
        f"duplicates: {len(findings.duplicates)}",
        *findings.duplicates,
        f"second open emergency for one number: {len(findings.second_cases)}",
        f"SQL and Redis disagree: {len(findings.disagreements)}",
        *findings.disagreements,
        f"calls with more than {LONG_SILENCE:.0f} s of silence: {len(silent)} {silent}",
        f"machine load while it ran: {run.load}",
    ]
    lines += [f"✗ request {_told(v)}" for v in findings.requests if v.end in (End.LOST, End.STUCK)]
    return lines


def write_report(run: Run, folder: Path) -> None:
    """Write everything needed to look into a call, or to run it again."""
    findings = run.findings
    calls = []
    for script in run.scripts:
        ids = [x.call_id for x in run.lines if x.person == script.person and x.call_id]
        own = list(dict.fromkeys(ids))
        verdicts = [
            {**v.to_dict(), "causes": causes_of(v, run)}
            for v in (*findings.emergencies, *findings.requests)
            if v.person == script.person
        ]
        silences = {call: round(findings.silences.get(call, 0), 1) for call in own}
        calls.append(
            {**script.to_dict(), "calls": own, "verdicts": verdicts, "longest_silence": silences}
        )
    body = {
        "seed": run.seed,
        "only": run.only,
        "minutes": run.minutes,
        "load": dict(run.load),
        "summary": summary(run),
        "lost": [v.to_dict() for v in findings.failed],
        "blows": [blow.to_dict() for blow in run.blows],
        "deeds": [deed.to_dict() for deed in run.deeds],
        "callers": calls,
    }
    (folder / "report.json").write_text(
        json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def _lost_repairs(run: Run) -> list[str]:
    """Return calls in which a repair was told and acknowledged but no ticket exists.

    A number that calls again is joined to its open case, and so to that one's ticket.
    """
    with_ticket = {ticket["call_id"] for ticket in run.records.tickets.values()} | {
        call_id
        for call_id, events in run.records.events.items()
        if any(event["data"].get("ticket_number") in run.records.tickets for event in events)
    }
    found = []
    for call_id, call in by_call(run.lines).items():
        for position, line in enumerate(call):
            told = line.what is Entry.SAID and line.data["asks"] == "repair"
            heard = any(x.what is Entry.HEARD for x in call[position + 1 :])
            if told and heard and call_id not in with_ticket:
                found.append(call_id)
    return found


def _numbers(counts: Counter[End]) -> Iterable[str]:
    return (str(sum(counts.values())), *(str(counts[end]) for end in _COLUMNS))


def _told(verdict: Verdict) -> str:
    return (
        f"{verdict.end.value.upper()} caller {verdict.person} {verdict.call_id} "
        f"“{verdict.text}” acknowledged by {verdict.acknowledged_by}: {verdict.why}"
    )
