"""Whose a handoff is: passed on, given over, a call-back claimed or given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhiban.clock import iso_ms
from zhiban.handoffs.moves import Moves
from zhiban.handoffs.record import HandoffRecord
from zhiban.handoffs.states import HandoffReason, HandoffState
from zhiban.timeline.events import EventName


class Owners(Moves):
    """Changes the owner of a handoff, atomically: only who has it can give it away."""

    async def transfer(
        self,
        handoff_id: str,
        from_agent: str,
        *,
        wanted_agent: str = "",
        wanted_role: str = "",
        wanted_name: str = "",
    ) -> HandoffRecord:
        """Send a talking caller onward (blind): ring the wanted person, then the chain as usual.

        Args:
            handoff_id: which; it must be ``bridged`` and ``from_agent``'s.
            from_agent: who lets go; not rung again in this round.
            wanted_agent: id of the person to ring first, or ``""``.
            wanted_role: role to ring first, or ``""``.
            wanted_name: name of the wanted agent as the desks show it.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not talking or not theirs, HANDOFF_UNKNOWN.
        """
        return await self.move(
            handoff_id,
            HandoffState.BRIDGED,
            HandoffState.OFFERED,
            HandoffReason.TRANSFERRED,
            by=from_agent,
            changes={
                "agent_id": "",
                "agent_name": wanted_name,
                "offered_to": wanted_agent,
                "wanted_agent": wanted_agent,
                "wanted_role": wanted_role,
                "accepted_at": "",
                "stage": 0,
                "tried": ",".join(filter(None, (from_agent, wanted_agent))),
                "rest_until": "",
            },
            data={"from_agent": from_agent, "wanted": wanted_agent or wanted_role},
            owner=from_agent,
        )

    async def reassign(
        self, handoff_id: str, from_agent: str, to_agent: str, *, to_name: str = "", by: str
    ) -> HandoffRecord:
        """Give a talking caller to another agent who is on the line already.

        Args:
            handoff_id: which; it must be ``bridged`` and ``from_agent``'s.
            from_agent: the owner until now.
            to_agent: the owner from now on.
            to_name: name of the new owner as the desks show it.
            by: who does it.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not talking or not theirs, HANDOFF_UNKNOWN.
        """
        now = iso_ms(self._now())
        return await self.change(
            handoff_id,
            {
                "reason": HandoffReason.CONSULT_COMPLETED.value,
                "agent_id": to_agent,
                "agent_name": to_name or to_agent,
                "accepted_at": now,
                "updated_at": now,
            },
            [_owner_changed(from_agent, to_agent, by)],
            state=HandoffState.BRIDGED.value,
            owner=from_agent,
        )

    async def claim(self, handoff_id: str, agent_id: str, name: str) -> HandoffRecord:
        """Give a due call-back to an agent, so that no two ring the same caller.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when another has it or it is not due, HANDOFF_UNKNOWN.
        """
        record = await self.get(handoff_id)
        if record.state is HandoffState.CALLBACK_DUE and record.agent_id == agent_id:
            return record
        return await self.change(
            handoff_id,
            {
                "agent_id": agent_id,
                "agent_name": name,
                "reason": HandoffReason.CALLBACK_CLAIMED.value,
                "claimed_at": iso_ms(self._now()),
            },
            [_owner_changed("", agent_id, agent_id)],
            state=HandoffState.CALLBACK_DUE.value,
            owner="",
        )

    async def release(
        self, handoff_id: str, agent_id: str, reason: HandoffReason, *, by: str
    ) -> HandoffRecord:
        """Take a due call-back from an agent: whoever is free calls back.

        Raises:
            ZhibanError: HANDOFF_CONFLICT when it is not theirs (any more), HANDOFF_UNKNOWN.
        """
        return await self.change(
            handoff_id,
            {
                "agent_id": "",
                "agent_name": "",
                "accepted_at": "",
                "claimed_at": "",
                "reason": reason.value,
            },
            [_owner_changed(agent_id, "", by)],
            state=HandoffState.CALLBACK_DUE.value,
            owner=agent_id,
        )


def _owner_changed(from_agent: str, to_agent: str, by: str) -> tuple[EventName, Mapping[str, Any]]:
    return EventName.HANDOFF_TRANSFERRED, {
        "by": by,
        "from_agent": from_agent,
        "to_agent": to_agent,
    }
