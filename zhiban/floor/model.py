"""Who takes part in a call, as desk and gateway both see it. Pure steps from one floor to the next.

Two facts decide what everybody hears: whether the caller is on hold, and whether a guest is
there. A guest with the caller on hold is being consulted; with the caller there it is a
three-way call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from zhiban.errors import ErrorCode, ZhibanError

BRIEFING_SECONDS = 12.0
"""Longest briefing of an agent before the caller is joined."""


class Part(StrEnum):
    """What somebody is in a call."""

    CALLER = "caller"
    OWNER = "owner"
    CONSULT = "consult"
    THIRD = "third"
    LISTENER = "listener"
    COACH = "coach"


class InviteMode(StrEnum):
    """What a colleague is asked to come for."""

    CONSULT = "consult"
    THREE_WAY = "three_way"


class ListenMode(StrEnum):
    """How a team leader enters a call."""

    LISTEN = "listen"
    COACH = "coach"
    JOIN = "join"


@dataclass(frozen=True)
class Invitation:
    """A colleague's desk is ringing.

    Attributes:
        id: ``<handoff id>.<random>``.
        to: agent id.
        by: agent id of the owner.
        at: since when it rings.
    """

    id: str
    to: str
    to_name: str
    by: str
    by_name: str
    mode: InviteMode
    at: str


@dataclass(frozen=True)
class Guest:
    """A colleague who is talked with.

    Attributes:
        since: when they agreed to come.
        joined: whether their audio is there.
    """

    agent_id: str
    name: str
    mode: InviteMode
    since: str
    joined: bool = False


@dataclass(frozen=True)
class Ear:
    """Somebody who hears both sides: a listener, or a coach whom the owner hears."""

    agent_id: str
    name: str
    part: Part
    since: str


@dataclass(frozen=True)
class Floor:
    """Everything beyond caller and owner.

    Attributes:
        on_hold_since: the caller hears music since then, or ``""``.
        briefing_until: the owner is told what it is about until then at the latest, or ``""``.
    """

    on_hold_since: str = ""
    briefing_until: str = ""
    invitation: Invitation | None = None
    guest: Guest | None = None
    ears: tuple[Ear, ...] = ()

    @property
    def present_guest(self) -> Guest | None:
        """The guest, once their audio is there."""
        return self.guest if self.guest is not None and self.guest.joined else None

    def people(self) -> frozenset[str]:
        """Return the ids of all agents who take part besides the owner."""
        guest = {self.guest.agent_id} if self.guest is not None else set()
        return frozenset(guest | {ear.agent_id for ear in self.ears})

    def part_of(self, agent_id: str, owner_id: str) -> Part | None:
        """Return what an agent is in this call, None for nothing."""
        if agent_id == owner_id:
            return Part.OWNER
        if self.guest is not None and self.guest.agent_id == agent_id:
            return self.guest_part()
        return next((ear.part for ear in self.ears if ear.agent_id == agent_id), None)

    def guest_part(self) -> Part:
        """Return what a guest is: consulted while the caller is on hold, a third otherwise."""
        if self.guest is not None and not self.guest.joined:
            return Part.CONSULT if self.guest.mode is InviteMode.CONSULT else Part.THIRD
        return Part.CONSULT if self.on_hold_since else Part.THIRD

    def settled(self, owner_id: str) -> Floor:
        """Return the floor when this agent is the owner: a guest who took over is none any more."""
        if self.guest is None or self.guest.agent_id != owner_id:
            return self
        return replace(self, guest=None, invitation=None, on_hold_since="")

    # --- steps ----------------------------------------------------------------------------

    def held(self, now: str) -> Floor:
        """Put the caller on hold; a third person is then talked with alone."""
        return self if self.on_hold_since else replace(self, on_hold_since=now)

    def resumed(self) -> Floor:
        """Take the caller off hold; a person being consulted then hears the caller too."""
        guest = self.guest and replace(self.guest, mode=InviteMode.THREE_WAY)
        return replace(self, on_hold_since="", guest=guest)

    def invited(self, invitation: Invitation) -> Floor:
        """Ring a colleague.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when somebody else is there or being rung.
        """
        if self.guest is not None or self.invitation is not None:
            raise ZhibanError("已有第三人在线或正在呼叫", code=ErrorCode.HANDOFF_CONFLICT)
        return replace(self, invitation=invitation)

    def accepted(self, invitation_id: str, now: str) -> Floor:
        """The colleague comes.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when the invitation was taken back.
        """
        asked = self.asked(invitation_id)
        guest = Guest(asked.to, asked.to_name, asked.mode, now)
        ears = tuple(ear for ear in self.ears if ear.agent_id != asked.to)
        return replace(self, invitation=None, guest=guest, ears=ears)

    def asked(self, invitation_id: str) -> Invitation:
        """Return the open invitation of this id.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when there is none any more.
        """
        if self.invitation is None or self.invitation.id != invitation_id:
            raise ZhibanError("邀请已取消", code=ErrorCode.HANDOFF_CONFLICT)
        return self.invitation

    def uninvited(self) -> Floor:
        """Nobody is rung any more."""
        return replace(self, invitation=None)

    def joined_by(self, agent_id: str, now: str) -> Floor:
        """The guest's audio is there; for a consultation the caller goes on hold now."""
        if self.guest is None or self.guest.agent_id != agent_id or self.guest.joined:
            return self
        consulted = self.guest.mode is InviteMode.CONSULT
        held = self.on_hold_since or (now if consulted else "")
        return replace(self, guest=replace(self.guest, joined=True), on_hold_since=held)

    def without(self, agent_id: str) -> Floor:
        """Somebody leaves; a caller who was on hold for a consultation is back with the owner."""
        if self.guest is not None and self.guest.agent_id == agent_id:
            held = "" if self.guest.joined else self.on_hold_since
            return replace(self, guest=None, on_hold_since=held)
        ears = tuple(ear for ear in self.ears if ear.agent_id != agent_id)
        return self if ears == self.ears else replace(self, ears=ears)

    def heard_by(self, agent_id: str, name: str, mode: ListenMode, now: str) -> Floor:
        """A team leader comes in.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when there is a third person already.
        """
        others = tuple(ear for ear in self.ears if ear.agent_id != agent_id)
        if mode is ListenMode.JOIN:
            if self.guest is not None and self.guest.agent_id == agent_id:
                return self
            if self.guest is not None or self.invitation is not None:
                raise ZhibanError("已有第三人在线或正在呼叫", code=ErrorCode.HANDOFF_CONFLICT)
            guest = Guest(agent_id, name, InviteMode.THREE_WAY, now)
            return replace(self, guest=guest, ears=others)
        part = Part.LISTENER if mode is ListenMode.LISTEN else Part.COACH
        return replace(self.without(agent_id), ears=(*others, Ear(agent_id, name, part, now)))

    # --- storage --------------------------------------------------------------------------

    def to_json(self) -> str:
        """Return the field as stored; ``""`` for an empty floor."""
        return "" if self == Floor() else json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, raw: str) -> Floor:
        """Read the stored field."""
        if not raw:
            return cls()
        body: Mapping[str, Any] = json.loads(raw)
        invitation, guest = body["invitation"], body["guest"]
        return cls(
            on_hold_since=body["on_hold_since"],
            briefing_until=body["briefing_until"],
            invitation=invitation
            and Invitation(**{**invitation, "mode": InviteMode(invitation["mode"])}),
            guest=guest and Guest(**{**guest, "mode": InviteMode(guest["mode"])}),
            ears=tuple(Ear(**{**ear, "part": Part(ear["part"])}) for ear in body["ears"]),
        )
