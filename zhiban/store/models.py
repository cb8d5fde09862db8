"""SQL tables. Times are UTC ISO 8601 text with milliseconds, as the contracts write them."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, Boolean, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map: ClassVar = {dict[str, Any]: JSON, list[Any]: JSON}


class CallRecord(Base):
    """One call."""

    __tablename__ = "call"

    call_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    caller: Mapped[str] = mapped_column(String(32), default="", index=True)
    channel: Mapped[str] = mapped_column(String(16), default="")
    started_at: Mapped[str] = mapped_column(String(32), index=True)
    ended_at: Mapped[str | None] = mapped_column(String(32))
    end_reason: Mapped[str | None] = mapped_column(String(64))


class CallEvent(Base):
    """One timeline event."""

    __tablename__ = "call_event"

    call_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(32), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Ticket(Base):
    """A structured ticket; see the ticket contract in docs/architecture.md."""

    __tablename__ = "ticket"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    category: Mapped[str] = mapped_column(String(32), index=True)
    urgency: Mapped[str] = mapped_column(String(16))
    level: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16), index=True)
    department: Mapped[str] = mapped_column(String(32), default="")
    building: Mapped[str] = mapped_column(String(32), default="")
    unit: Mapped[str] = mapped_column(String(16), default="")
    room: Mapped[str] = mapped_column(String(16), default="")
    caller_name: Mapped[str] = mapped_column(String(64), default="")
    phone: Mapped[str] = mapped_column(String(32), default="", index=True)
    place: Mapped[str] = mapped_column(String(128), default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[str] = mapped_column(String(64), default="")
    available_time: Mapped[str] = mapped_column(String(64), default="")
    special_flags: Mapped[list[Any]] = mapped_column(JSON, default=list)
    summary: Mapped[str] = mapped_column(Text, default="")
    verbatim: Mapped[list[Any]] = mapped_column(JSON, default=list)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    call_id: Mapped[str] = mapped_column(String(64), default="", index=True)
    promises: Mapped[list[Any]] = mapped_column(JSON, default=list)
    history: Mapped[list[Any]] = mapped_column(JSON, default=list)
    filing_key: Mapped[str | None] = mapped_column(String(128), unique=True, index=True)
    satisfaction: Mapped[str] = mapped_column(String(16), default="", server_default="")
    surveyed_at: Mapped[str | None] = mapped_column(String(32), index=True)
    created_at: Mapped[str] = mapped_column(String(32), index=True)
    updated_at: Mapped[str] = mapped_column(String(32))


class TicketSequence(Base):
    """Last running number of a prefix on a day; numbers are never reused (TAX-125)."""

    __tablename__ = "ticket_sequence"

    prefix: Mapped[str] = mapped_column(String(4), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Resident(Base):
    """A resident or tenant of the site, found by calling number."""

    __tablename__ = "resident"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(8), default="")
    phone: Mapped[str] = mapped_column(String(32), index=True)
    building: Mapped[str] = mapped_column(String(32))
    unit: Mapped[str] = mapped_column(String(16), default="")
    room: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16), default="owner")
    special_flags: Mapped[list[Any]] = mapped_column(JSON, default=list)

    __table_args__ = (
        UniqueConstraint("phone", "building", "unit", "room", name="resident_phone_home"),
        Index("resident_home", "building", "unit", "room"),
    )


class StandardAnswer(Base):
    """An approved answer the bot may give (FAQ-040…044)."""

    __tablename__ = "standard_answer"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    category: Mapped[str] = mapped_column(String(32), default="other_inquiry")
    questions: Mapped[list[Any]] = mapped_column(JSON, default=list)
    answer: Mapped[str] = mapped_column(Text)
    confirmed: Mapped[bool] = mapped_column(Boolean, default=False)
    valid_until: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(128), default="")
    updated_at: Mapped[str] = mapped_column(String(32))


class Handoff(Base):
    """A request for a person, and how it went."""

    __tablename__ = "handoff"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(64), index=True)
    ticket_number: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    level: Mapped[int] = mapped_column(Integer, default=0)
    priority: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(String(64), default="")
    agent_id: Mapped[str] = mapped_column(String(64), default="")
    node: Mapped[str] = mapped_column(String(256), default="")
    rev: Mapped[int] = mapped_column(Integer, default=0)
    card: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    disposition: Mapped[str] = mapped_column(String(64), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[str] = mapped_column(String(32), index=True)
    updated_at: Mapped[str] = mapped_column(String(32))


class Reminder(Base):
    """A task that comes back until it is over, and who did it each time (EMG-013, SLA-042)."""

    __tablename__ = "reminder"

    id: Mapped[str] = mapped_column(String(96), primary_key=True)
    ticket_number: Mapped[str] = mapped_column(String(32), index=True)
    handoff_id: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(128))
    due_at: Mapped[str] = mapped_column(String(32))
    told_at: Mapped[str] = mapped_column(String(32), default="")
    over_at: Mapped[str] = mapped_column(String(32), default="", index=True)
    done: Mapped[list[Any]] = mapped_column(JSON, default=list)
    created_at: Mapped[str] = mapped_column(String(32))


class DeskUser(Base):
    """A person who signs in at the desk."""

    __tablename__ = "desk_user"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(256))
    skills: Mapped[list[Any]] = mapped_column(JSON, default=list)
    phone: Mapped[str] = mapped_column(String(128), default="")
    failed_logins: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[str | None] = mapped_column(String(32))
    disabled: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[str] = mapped_column(String(32))


class AuditLog(Base):
    """Who did what and when at the desk (SEC-015)."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[str] = mapped_column(String(32), index=True)
    user_id: Mapped[str] = mapped_column(String(64), index=True)
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(128), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
