"""Settles a call whose gateway is gone: everything the caller told is kept, nobody waits on.

What is still to be done is read from the call's timeline; every step is safe to do again, so
whoever breaks off half-way leaves the rest to the next.
"""

from __future__ import annotations

import logging

from bot.language.danger import spot_in_turn
from bot.language.emergency import EmergencyAction, EmergencySpotter
from zhiban import redis_keys
from zhiban.calls.lock import settling
from zhiban.calls.missed import file_missed
from zhiban.calls.release import release_handoff
from zhiban.calls.report import EmergencyReport
from zhiban.calls.stores import CallStores
from zhiban.calls.told import file_told
from zhiban.calls.traces import Danger, Traces
from zhiban.community.roster import roster_of
from zhiban.dialling import Dialler
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.tickets import TicketDraft
from zhiban.timeline import EventName, TimelineEvent

logger = logging.getLogger(__name__)

_WANTED = "业主要求人工服务"
_PERSON = "人工"
_LEAST_WORDS = 4
"""Characters; less than this, unanswered, is no matter to call back about, but for 转人工."""


class CallSettler:
    """Settles calls for any room.

    Args:
        stores: where calls are kept.
        spotter: finds emergencies in words nobody has dealt with.
    """

    def __init__(self, stores: CallStores, spotter: EmergencySpotter | None = None) -> None:
        self._stores = stores
        self._spotter = spotter or EmergencySpotter()
        self._roster = roster_of(stores.community)

    async def settle(self, call_id: str, reason: str = "gateway_lost") -> bool:
        """Close a call; False when somebody else is just doing it.

        An open case becomes a call-back that is due, an emergency that was heard but not stored
        is filed, a half-said request becomes a ticket with a call back promised, and
        ``call.ended`` is written.

        Args:
            call_id: the call.
            reason: for ``call.ended``.

        Raises:
            Exception: a store fails; the call stays among the active ones.
        """
        async with settling(self._stores.redis, call_id) as mine:
            if mine:
                await self._settle(call_id, reason)
        return mine

    async def _settle(self, call_id: str, reason: str) -> None:
        stores = self._stores
        info = await stores.redis.hgetall(redis_keys.call_info(call_id))
        entries = await stores.redis.xrange(redis_keys.call_events(call_id))
        events = [TimelineEvent.from_fields(fields) for _, fields in entries]
        traces = Traces.of(call_id, str(info.get("caller") or ""), events)
        node = str(info.get("node") or "")
        dangers = self._dangers(traces)
        for danger in dangers:
            if not traces.is_served(danger):
                await file_missed(stores, self._report(traces, danger, node))
        record = await stores.ledger.open_of_call(call_id)
        if record is not None:
            await self._stop_ringing(record)
            await release_handoff(stores, record.id, HandoffReason.GATEWAY_LOST)
        known = {ticket["problem"] for ticket in await stores.tickets.of_call(call_id)}
        for draft in self._left(traces, dangers, with_person=record is not None):
            if draft.problem not in known:  # the dialogue may have filed it just before
                await file_told(stores, draft)
        if not traces.ended:
            await stores.timeline.append(call_id, EventName.CALL_ENDED, {"reason": reason})
        await stores.redis.srem(redis_keys.ACTIVE_CALLS, call_id)
        logger.error("call %s was lost with the gateway that held it", call_id)

    async def _stop_ringing(self, record: HandoffRecord) -> None:
        """A telephone that was being rung for the call would be answered by nobody."""
        leg = await self._stores.redis.hget(redis_keys.handoff(record.id), "leg")
        if leg and record.state is HandoffState.OFFERED:
            await Dialler(self._stores.redis).hang_up(leg)

    def _dangers(self, traces: Traces) -> list[Danger]:
        """Return the emergencies of a call, also one in words that nobody has answered."""
        found = list(traces.dangers)
        now_seq = max((danger.seq for danger in found), default=0)
        served = any(traces.is_served(danger) for danger in found)
        kind, level = traces.asked, 2
        words = traces.told.words[-1:]
        if not kind and not served:
            for text in traces.unheard:
                finding = spot_in_turn(self._spotter, text)
                if finding is not None:
                    kind, level, words = finding.kind.value, finding.level, (text,)
                    if finding.action is EmergencyAction.TRANSFER:
                        break
        if kind and not any(danger.kind == kind for danger in found):
            found.append(Danger(len(found) + 1, now_seq, "", kind, level, words))
        return found

    def _report(self, traces: Traces, danger: Danger, node: str) -> EmergencyReport:
        return EmergencyReport.heard(
            number=danger.number,
            call_id=traces.call_id,
            caller=traces.caller,
            node=node,
            kind=danger.kind,
            level=danger.level,
            words=danger.words,
            community=self._stores.community,
            roster=self._roster,
            at=danger.at,
        )

    def _left(
        self, traces: Traces, dangers: list[Danger], *, with_person: bool
    ) -> list[TicketDraft]:
        """Return the tickets of what was told besides."""
        community, told = self._stores.community, traces.told
        drafts = told.matter_drafts(community)
        form = told.form_draft(community)
        if form is not None and not any(told.is_same_as(danger.kind) for danger in dangers):
            drafts.insert(0, form)
        unanswered = [t for t in traces.unheard if len(t) >= _LEAST_WORDS or _PERSON in t]
        if traces.wanted_person:
            unanswered = [*(told.words[-1:] or (_WANTED,)), *unanswered]
        # A case that is called back has all words in its transcript.
        if unanswered and not dangers and not with_person:
            drafts.append(told.call_back_draft(community, unanswered))
        return drafts
