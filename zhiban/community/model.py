"""Shapes of a community's facts. All of it is local data (LOC-001…012)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhiban.community.crew import Crew


@dataclass(frozen=True)
class Unit:
    """An entrance of a building.

    Attributes:
        name: as residents say it, without the word 单元: ``"2"``; empty where there are none.
        rooms: every room number: ``("101", … "1804")``.
    """

    name: str
    rooms: tuple[str, ...]


@dataclass(frozen=True)
class Building:
    """A building.

    Attributes:
        name: without 栋 or 号楼: ``"5"`` or ``"A"``.
        phase: part of the estate (一期), or empty.
        lifts: names of its lifts.
    """

    name: str
    units: tuple[Unit, ...]
    phase: str = ""
    lifts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResidentRecord:
    """A resident as the site's file has them."""

    name: str
    phone: str
    building: str
    unit: str
    room: str
    title: str = ""
    role: str = "owner"
    special_flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Department:
    """A department.

    Attributes:
        name: as callers hear it.
        categories: ticket categories it takes.
        phone: its number; empty when it has none yet.
    """

    name: str
    categories: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True)
class EscalationStage:
    """One step of the chain that looks for a person (EMG-006, EMG-061).

    Attributes:
        role: agent, backup, leader, phone or manager.
        ring_seconds: how long each person of the role is rung.
        label: what the caller is told: ``值班坐席``.
        phones: numbers rung by telephone, for role ``phone``.
    """

    role: str
    ring_seconds: float
    label: str
    phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deadlines:
    """Promised times, in minutes (spec 2.3-2.8, defaults of 2.9)."""

    emergency_respond: int = 15
    urgent_respond: int = 15
    normal_respond: int = 120
    planned_respond: int = 1440
    complaint_confirm: int = 15
    complaint_first_answer: int = 60
    manager_reply: int = 15
    inquiry_report: int = 60
    inquiry_reply_bands: tuple[str, ...] = (
        "10分钟",
        "20分钟",
        "30分钟",
        "1个工作日",
        "2个工作日",
        "3个工作日",
    )
    inquiry_default_band: str = "1个工作日"
    unsatisfied_band: str = "1个工作日"
    callback: int = 1440
    missed_emergency_callback: int = 2
    complaint_resolve_hours: Mapping[str, int] = field(
        default_factory=lambda: {"normal": 48, "important": 24, "urgent": 12, "crisis": 4}
    )
    complaint_feedback_hours: Mapping[str, int] = field(
        default_factory=lambda: {"normal": 12, "important": 6, "urgent": 2, "crisis": 1}
    )


@dataclass(frozen=True)
class Community:
    """Everything local that the product needs.

    Attributes:
        name: the estate: 锦绣花园.
        company: as the greeting says it: 锦绣物业.
        places: road, gate and facility names residents mention.
        residents: the roster.
        escalation: chain per emergency kind, request kind, ``level1``…``level3`` or ``default``.
        phrases: fixed sentences by key; every one is rendered at set-up.
        notification_hook: URL that is told when nobody can be reached; empty for none.
        chain_pause_seconds: wait between two rounds of a chain.
        rejoin_minutes: a number that calls again within this time is joined to its open case.
        crew: skills and limits of the people at the desks.
        whisper_emergency: whether an agent hears a summary before an emergency's caller.
        whisper_request: the same before any other caller.
    """

    name: str
    company: str
    phone: str
    buildings: tuple[Building, ...]
    places: tuple[str, ...]
    residents: tuple[ResidentRecord, ...]
    departments: tuple[Department, ...]
    deadlines: Deadlines
    escalation: Mapping[str, tuple[EscalationStage, ...]]
    phrases: Mapping[str, str]
    notification_hook: str = ""
    chain_pause_seconds: float = 5.0
    rejoin_minutes: float = 30.0
    crew: Crew = field(default_factory=Crew)
    whisper_emergency: bool = False
    whisper_request: bool = True

    def department_for(self, category: str) -> str:
        """Return the department that takes a ticket category; customer service by default."""
        for department in self.departments:
            if category in department.categories:
                return department.name
        return self.departments[0].name

    def chain_for(self, kind: str, level: int = 0) -> tuple[EscalationStage, ...]:
        """Return the escalation chain of a kind, else of an emergency's level (EMG-049, EMG-061…066)."""
        chains = self.escalation
        return chains.get(kind) or chains.get(f"level{level}") or chains["default"]

    def whispers(self, priority: int) -> bool:
        """Return whether the agent of a handoff of this priority is briefed before the bridge."""
        return self.whisper_emergency if priority == 0 else self.whisper_request

    def resident_by_phone(self, phone: str) -> ResidentRecord | None:
        """Return the resident whose number this is."""
        return next((r for r in self.residents if r.phone == phone), None)

    def phrase(self, key: str, **values: str) -> str:
        """Return a fixed sentence with its blanks filled.

        Raises:
            KeyError: no such phrase; the loader has checked all keys the code uses.
        """
        text = self.phrases[key]
        return text.format(**values) if values else text
