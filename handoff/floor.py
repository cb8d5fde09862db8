"""What people do with a call in progress: hold, consult, three-way, pass on, listen in.

Every step is stored in the case's own hash first, over the state it was seen in; then the
timeline and the gateway that holds the call learn of it. The gateway follows what is stored, so
a lost message costs nothing.
"""

from __future__ import annotations

import secrets

from handoff.accounts import Accounts, Role, User
from handoff.cases import TALKING, Case, CaseBook
from handoff.desk import Desk, DeskStores
from handoff.floor_steps import (
    check_asked,
    check_live,
    check_owner,
    handoff_of,
    member,
    of_owner,
    with_guest,
)
from handoff.presence import Status
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.floor import (
    Floor,
    FloorBook,
    Invitation,
    InviteMode,
    ListenMode,
    Part,
    write_floor_event,
)
from zhiban.handoffs import HandoffRecord
from zhiban.timeline import EventName

LEADING = frozenset({Role.LEADER, Role.MANAGER, Role.ADMIN})
"""Who may listen in (SEC-015: every time is in the audit log)."""
_PASSED_TO = frozenset({Role.AGENT, Role.BACKUP, Role.LEADER, Role.MANAGER})


class FloorDesk:
    """Operations on a call in progress; each checks state and ownership itself.

    Args:
        stores: where things are kept.
        desk: an agent's own calls.
        accounts: names and roles of colleagues.
    """

    def __init__(self, stores: DeskStores, desk: Desk, accounts: Accounts) -> None:
        self._stores = stores
        self._desk = desk
        self._accounts = accounts
        self._cases = CaseBook(stores.redis)
        self._floors = FloorBook(stores.redis)

    # --- the owner ------------------------------------------------------------------------

    async def hold(self, handoff_id: str, user: User, *, on: bool) -> None:
        """Put the caller on hold with music, or come back.

        Raises:
            ZhibanError: ACCESS_DENIED when the call is not theirs, HANDOFF_CONFLICT when nobody
                is on the line.
        """
        now = iso_ms(utc_now())
        record, before, after = await self._floors.change(
            handoff_id,
            of_owner(user, lambda floor: floor.held(now) if on else floor.resumed()),
        )
        if bool(before.on_hold_since) != bool(after.on_hold_since):
            name = EventName.HANDOFF_HELD if on else EventName.HANDOFF_RESUMED
            await self._write(record, name, user.id, Part.OWNER, "")

    async def invite(self, handoff_id: str, user: User, to: str, mode: str) -> Invitation:
        """Ring a colleague's desk.

        Raises:
            ZhibanError: BAD_MESSAGE for an unknown person or mode, HANDOFF_CONFLICT when they
                are not there, in another call, or somebody is being rung already,
                ACCESS_DENIED when the call is not theirs.
        """
        colleague = await self._colleague(user, to)
        invitation = Invitation(
            id=f"{handoff_id}.{secrets.token_hex(6)}",
            to=colleague.id,
            to_name=colleague.name,
            by=user.id,
            by_name=user.name,
            mode=member(InviteMode, mode),
            at=iso_ms(utc_now()),
        )
        record, _, _ = await self._floors.change(
            handoff_id, of_owner(user, lambda floor: floor.invited(invitation))
        )
        await self._tell(record)
        return invitation

    async def merge(self, handoff_id: str, user: User) -> None:
        """Let the person being consulted and the caller hear each other.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when nobody is being consulted, ACCESS_DENIED.
        """
        record, before, after = await self._floors.change(
            handoff_id, of_owner(user, lambda floor: with_guest(floor).resumed())
        )
        if before != after:
            await self._write(record, EventName.HANDOFF_RESUMED, user.id, Part.OWNER, "merged")

    async def complete(self, handoff_id: str, user: User) -> None:
        """Leave; the invited person goes on with the caller as the owner.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when nobody has come, ACCESS_DENIED.
        """
        record, floor = await self._floors.read(handoff_id)
        check_owner(record, user)
        guest = with_guest(floor).present_guest
        if guest is None:
            raise ZhibanError("对方还没有接通", code=ErrorCode.HANDOFF_CONFLICT)
        await self._stores.ledger.reassign(
            handoff_id, user.id, guest.agent_id, to_name=guest.name, by=user.id
        )
        # Whoever reads meanwhile sees the guest as the owner and no guest any more.
        record, _, _ = await self._floors.change(
            handoff_id, lambda now, left: left.settled(now.agent_id)
        )
        if floor.on_hold_since:
            await self._write(record, EventName.HANDOFF_RESUMED, guest.agent_id, Part.OWNER, "")
        await self._tell(record)
        await self._stores.presence.became_free(user.id)

    async def uninvite(self, handoff_id: str, user: User) -> None:
        """Stop ringing, or let the third person go; guests and listeners leave by it, too.

        Raises:
            ZhibanError: ACCESS_DENIED for whoever has no part in the call.
        """

        def step(record: HandoffRecord, floor: Floor) -> Floor:
            if record.agent_id != user.id:
                if user.id not in floor.people():
                    raise ZhibanError("您不在这通电话里", code=ErrorCode.ACCESS_DENIED)
                return floor.without(user.id)
            left = floor.uninvited()
            return left.without(left.guest.agent_id) if left.guest is not None else left

        record, before, after = await self._floors.change(handoff_id, step)
        asked, reason = before.invitation, "dropped" if record.agent_id == user.id else "left"
        if asked is not None and after.invitation is None:
            await self._write(record, EventName.HANDOFF_LEFT, asked.to, asked.mode, "cancelled")
        for gone in before.people() - after.people():
            part = before.part_of(gone, record.agent_id)
            await self._write(record, EventName.HANDOFF_LEFT, gone, part or "", reason)
        if before.on_hold_since and not after.on_hold_since:
            await self._write(
                record, EventName.HANDOFF_RESUMED, record.agent_id, Part.OWNER, reason
            )

    async def transfer(self, handoff_id: str, user: User, to: str, role: str) -> None:
        """Pass the caller on to a person or a role; whoever answers has them, else the chain.

        Raises:
            ZhibanError: BAD_MESSAGE without a person or role, HANDOFF_CONFLICT when the person
                cannot be rung or the call is over, ACCESS_DENIED.
        """
        record, _ = await self._floors.read(handoff_id)
        check_owner(record, user)
        name = ""
        if to:
            name = (await self._colleague(user, to)).name
        elif not role or member(Role, role) not in _PASSED_TO:
            raise ZhibanError("请选择转给谁", code=ErrorCode.BAD_MESSAGE)
        record = await self._stores.ledger.transfer(
            handoff_id,
            user.id,
            wanted_agent=to,
            wanted_role="" if to else role,
            wanted_name=name,
        )
        await self._tell(record)
        await self._stores.presence.became_free(user.id)

    async def skip_briefing(self, handoff_id: str, user: User) -> None:
        """End the briefing and talk to the caller now.

        Raises:
            ZhibanError: ACCESS_DENIED when the call is not theirs.
        """
        await self._desk.command(handoff_id, user, "skip_briefing")

    # --- colleagues -----------------------------------------------------------------------

    async def accept_invitation(self, invitation_id: str, user: User) -> Case:
        """Come; the call's audio is to be joined with :meth:`Desk.bridge_url`.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it was taken back or one is in another call,
                ACCESS_DENIED when somebody else was asked.
        """
        handoff_id = handoff_of(invitation_id)
        await self._check_free(user.id, but=handoff_id)

        def step(record: HandoffRecord, floor: Floor) -> Floor:
            check_live(record)
            check_asked(floor.asked(invitation_id), user)
            return floor.accepted(invitation_id, iso_ms(utc_now()))

        record, _, _ = await self._floors.change(handoff_id, step)
        await self._tell(record)
        return await self._desk.case(handoff_id)

    async def decline_invitation(self, invitation_id: str, user: User) -> None:
        """Do not come; the owner is told.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it was taken back, ACCESS_DENIED when somebody
                else was asked.
        """

        def step(_record: HandoffRecord, floor: Floor) -> Floor:
            check_asked(floor.asked(invitation_id), user)
            return floor.uninvited()

        record, before, _ = await self._floors.change(handoff_of(invitation_id), step)
        mode = before.invitation.mode if before.invitation is not None else ""
        await self._write(record, EventName.HANDOFF_LEFT, user.id, mode, "declined")

    async def listen(self, handoff_id: str, user: User, mode: str) -> Case:
        """Listen in, coach the agent, or join; asking again changes how.

        Raises:
            ZhibanError: ACCESS_DENIED for other roles than leader, manager and admin,
                HANDOFF_CONFLICT when nobody is on the line, the call is their own, or they are
                in another one, BAD_MESSAGE for an unknown mode.
        """
        if user.role not in LEADING:
            raise ZhibanError("只有班长、经理可以监听", code=ErrorCode.ACCESS_DENIED)
        wanted = member(ListenMode, mode)
        await self._check_free(user.id, but=handoff_id)

        def step(record: HandoffRecord, floor: Floor) -> Floor:
            check_live(record)
            if record.agent_id == user.id:
                raise ZhibanError("这是您自己的通话", code=ErrorCode.HANDOFF_CONFLICT)
            return floor.heard_by(user.id, user.name, wanted, iso_ms(utc_now()))

        record, _, _ = await self._floors.change(handoff_id, step)
        await self._tell(record)
        return await self._desk.case(handoff_id)

    async def rejoin(self, handoff_id: str, user: User) -> Case:
        """Return the call one has a part in, so that a reloaded page joins it again.

        Raises:
            ZhibanError: ACCESS_DENIED when one has none, HANDOFF_CONFLICT when it is over.
        """
        case = await self._desk.case(handoff_id)
        if user.id not in case.floor.people():
            return await self._desk.rejoin(handoff_id, user)
        return case

    # --- helpers --------------------------------------------------------------------------

    async def _colleague(self, user: User, to: str) -> User:
        found = await self._accounts.get(to) if to != user.id else None
        if found is None:
            raise ZhibanError("没有这位同事", code=ErrorCode.BAD_MESSAGE)
        there = (await self._stores.presence.all()).get(to)
        if there is None or not there.is_here(utc_now()):
            raise ZhibanError(f"{found.name}不在线", code=ErrorCode.HANDOFF_CONFLICT)
        if there.status not in (Status.READY, Status.AWAY):
            raise ZhibanError(f"{found.name}设置了请勿打扰", code=ErrorCode.HANDOFF_CONFLICT)
        await self._check_free(to)
        return found

    async def _check_free(self, agent_id: str, *, but: str = "") -> None:
        for case in await self._cases.open():
            talking = case.record.state in TALKING and not case.call_ended
            people = {case.record.agent_id, *case.floor.people()}
            if talking and case.record.id != but and agent_id in people:
                raise ZhibanError("正在另一通电话里", code=ErrorCode.HANDOFF_CONFLICT)

    async def _write(
        self, record: HandoffRecord, name: EventName, agent_id: str, mode: str, reason: str
    ) -> None:
        """Write what happened; the gateway acts on it, and on :meth:`_tell` if that was faster."""
        timeline = self._stores.timeline
        await write_floor_event(timeline, record, name, agent_id, mode, reason)
        await self._tell(record)

    async def _tell(self, record: HandoffRecord) -> None:
        await self._desk.order(record, {"command": "floor", "handoff_id": record.id})
