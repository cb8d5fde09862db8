"""Who may take which step on a call in progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from handoff.accounts import Role, User
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.floor import Floor, Invitation, InviteMode, ListenMode
from zhiban.handoffs import HandoffRecord, HandoffState

Step = Callable[[HandoffRecord, Floor], Floor]
Member = TypeVar("Member", InviteMode, ListenMode, Role)


def of_owner(user: User, step: Callable[[Floor], Floor]) -> Step:
    """Return the step as only the owner of a call in progress may take it."""

    def checked(record: HandoffRecord, floor: Floor) -> Floor:
        check_owner(record, user)
        return step(floor)

    return checked


def check_owner(record: HandoffRecord, user: User) -> None:
    """Refuse whoever does not own the call in progress.

    Raises:
        ZhibanError: ACCESS_DENIED, or HANDOFF_CONFLICT when nobody is on the line.
    """
    if record.agent_id != user.id:
        raise ZhibanError("这通电话由别的坐席处理", code=ErrorCode.ACCESS_DENIED)
    check_live(record)


def check_live(record: HandoffRecord) -> None:
    """Refuse what needs a caller who talks with people.

    Raises:
        ZhibanError: HANDOFF_CONFLICT.
    """
    if record.state is not HandoffState.BRIDGED:
        raise ZhibanError("业主不在通话中", code=ErrorCode.HANDOFF_CONFLICT)


def check_asked(invitation: Invitation, user: User) -> None:
    """Refuse whoever was not asked.

    Raises:
        ZhibanError: ACCESS_DENIED.
    """
    if invitation.to != user.id:
        raise ZhibanError("邀请的不是您", code=ErrorCode.ACCESS_DENIED)


def with_guest(floor: Floor) -> Floor:
    """Return the floor if somebody has come.

    Raises:
        ZhibanError: HANDOFF_CONFLICT.
    """
    if floor.present_guest is None:
        raise ZhibanError("对方还没有接通", code=ErrorCode.HANDOFF_CONFLICT)
    return floor


def handoff_of(invitation_id: str) -> str:
    """Return the handoff an invitation belongs to."""
    return invitation_id.rpartition(".")[0]


def member(kind: type[Member], value: str) -> Member:
    """Return the member of an enum that was named.

    Raises:
        ZhibanError: BAD_MESSAGE for an unknown one.
    """
    try:
        return kind(value)
    except ValueError as error:
        raise ZhibanError("没有这种方式 / unknown mode", code=ErrorCode.BAD_MESSAGE) from error
