"""The chaos run's oracle over real stores: it must see a loss, or its zero means nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from bench.chaos.diary import Diary, Entry
from bench.chaos.oracle import End, Findings, judge, longest_silence
from bench.chaos.records import read_records
from tests.handoff.support import CALLER, ask_for_person
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.store.models import Handoff, Ticket
from zhiban.tickets import Promise

WORDS = "我被困在电梯里了，三栋二单元"
S, R = HandoffState, HandoffReason
LEFT = (
    (S.REQUESTED, S.CALLER_LEFT, R.CALLER_HUNG_UP),
    (S.CALLER_LEFT, S.CALLBACK_DUE, R.CALLER_HUNG_UP),
)
TALKED = (
    (S.REQUESTED, S.OFFERED, R.RING),
    (S.OFFERED, S.ACCEPTED, R.AGENT_ANSWERED),
    (S.ACCEPTED, S.BRIDGED, R.AUDIO_JOINED),
)


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    """A caller's diary: they cried for help, and the words came back."""
    kept = Diary(tmp_path / "diary.jsonl")
    kept.note(1, "c1", Entry.STARTED, node="gateway")
    kept.note(1, "c1", Entry.SAID, text=WORDS, danger="elevator_trapped", asks="")
    kept.note(1, "c1", Entry.EVENT, name="caller.interim", text=WORDS, final=True)
    kept.note(1, "c1", Entry.HUNG_UP)
    return kept


async def ask_oracle(stores: Stores, redis_url: str, diary: Diary) -> Findings:
    records = await asyncio.to_thread(read_records, stores.folder / "zhiban.db", redis_url)
    return judge(diary.lines, {1: CALLER}, records)


async def case_left_by_its_caller(stores: Stores) -> HandoffRecord:
    record = await ask_for_person(stores, "c1", words=WORDS)
    await walk(stores, record, *LEFT)
    promise = Promise("回拨业主", "2030-01-01T00:00:00.000Z").to_dict()
    await stores.tickets.change(record.ticket_number, {"promises": [promise]}, by="bot", what="t")
    return record


async def walk(
    stores: Stores, record: HandoffRecord, *steps: tuple[HandoffState, HandoffState, HandoffReason]
) -> None:
    for before, after, reason in steps:
        await stores.ledger.move(record.id, before, after, reason, by="test")


async def test_a_case_that_is_there_is_found(stores: Stores, redis_url: str, diary: Diary) -> None:
    record = await case_left_by_its_caller(stores)
    found = await ask_oracle(stores, redis_url, diary)
    (verdict,) = found.emergencies
    assert (verdict.end, verdict.case_ids) == (End.CALLBACK_DUE, (record.id,))
    assert verdict.acknowledged_by == "event caller.interim"
    assert (found.failed, found.disagreements, found.duplicates) == ((), (), ())


async def test_a_case_taken_out_of_all_records_is_counted_as_lost(
    stores: Stores, redis_url: str, diary: Diary
) -> None:
    record = await case_left_by_its_caller(stores)
    async with stores.engine.begin() as connection:
        await connection.execute(delete(Handoff).where(Handoff.id == record.id))
        await connection.execute(delete(Ticket).where(Ticket.number == record.ticket_number))
    await stores.redis.delete(redis_keys.handoff(record.id))
    await stores.redis.srem(redis_keys.OPEN_HANDOFFS, record.id)
    (verdict,) = (await ask_oracle(stores, redis_url, diary)).failed
    assert (verdict.end, verdict.person, verdict.call_id) == (End.LOST, 1, "c1")
    assert "no case" in verdict.why


async def test_each_half_of_a_case_missing_alone_is_a_loss_too(
    stores: Stores, redis_url: str, diary: Diary
) -> None:
    """A row no desk serves, a hash outside the open set, a ticket without a case."""
    record = await case_left_by_its_caller(stores)
    await stores.redis.srem(redis_keys.OPEN_HANDOFFS, record.id)
    (verdict,) = (await ask_oracle(stores, redis_url, diary)).failed
    assert verdict.end is End.LOST and "not among the open cases" in verdict.why
    await stores.redis.delete(redis_keys.handoff(record.id))
    found = await ask_oracle(stores, redis_url, diary)
    assert found.failed[0].end is End.LOST and "unknown to Redis" in found.failed[0].why
    assert len(found.disagreements) == 1
    async with stores.engine.begin() as connection:
        await connection.execute(delete(Handoff).where(Handoff.id == record.id))
    (verdict,) = (await ask_oracle(stores, redis_url, diary)).failed
    assert verdict.end is End.LOST and record.ticket_number in verdict.why


async def test_a_case_closed_by_nobody_is_lost_and_one_left_waiting_is_stuck(
    stores: Stores, redis_url: str, diary: Diary
) -> None:
    record = await ask_for_person(stores, "c1", words=WORDS)
    (verdict,) = (await ask_oracle(stores, redis_url, diary)).failed
    assert verdict.end is End.STUCK
    await walk(stores, record, LEFT[0], (S.CALLER_LEFT, S.CLOSED, R.DISPOSED))
    (verdict,) = (await ask_oracle(stores, redis_url, diary)).failed
    assert verdict.end is End.LOST and "without a talk" in verdict.why


async def test_a_talk_counts_once_somebody_wrote_how_it_ended(
    stores: Stores, redis_url: str, diary: Diary
) -> None:
    record = await ask_for_person(stores, "c1", words=WORDS)
    await walk(stores, record, *TALKED)
    assert (await ask_oracle(stores, redis_url, diary)).emergencies[0].end is End.BRIDGED
    await walk(stores, record, (S.BRIDGED, S.CLOSED, R.DISPOSED))
    assert (await ask_oracle(stores, redis_url, diary)).emergencies[0].end is End.LOST
    async with stores.engine.begin() as connection:
        await connection.execute(
            update(Handoff).where(Handoff.id == record.id).values(disposition="dispatched")
        )
    assert (await ask_oracle(stores, redis_url, diary)).emergencies[0].end is End.BRIDGED


async def test_a_cry_kept_as_a_plain_request_is_not_enough(
    stores: Stores, redis_url: str, diary: Diary
) -> None:
    record = await ask_for_person(stores, "c1", words=WORDS, kind="human", priority=1)
    await walk(stores, record, *LEFT)
    (verdict,) = (await ask_oracle(stores, redis_url, diary)).failed
    assert verdict.end is End.STUCK


async def test_words_into_a_dead_line_are_unheard_and_not_lost(
    stores: Stores, redis_url: str, tmp_path: Path
) -> None:
    diary = Diary(tmp_path / "diary.jsonl")
    diary.note(1, "c1", Entry.STARTED, node="gateway")
    diary.note(1, "c1", Entry.SAID, text=WORDS, danger="elevator_trapped", asks="")
    diary.note(1, "c1", Entry.LOST)
    found = await ask_oracle(stores, redis_url, diary)
    assert (found.emergencies[0].end, found.failed) == (End.UNHEARD, ())


@pytest.mark.parametrize(("heard", "end"), [("电梯", End.MISHEARD), ("电梯困人", End.LOST)])
async def test_a_spoken_cry_is_lost_only_if_its_words_arrived(
    stores: Stores, redis_url: str, tmp_path: Path, heard: str, end: End
) -> None:
    diary = Diary(tmp_path / "diary.jsonl")
    diary.note(1, "c1", Entry.SOUND)
    diary.note(1, "c1", Entry.SAID, text=WORDS, danger="elevator_trapped", asks="")
    diary.note(1, "c1", Entry.EVENT, name="caller.interim", text=heard, final=False)
    diary.note(1, "c1", Entry.HUNG_UP)
    assert (await ask_oracle(stores, redis_url, diary)).emergencies[0].end is end


async def test_two_tickets_for_one_cry_are_a_duplicate(
    stores: Stores, redis_url: str, diary: Diary
) -> None:
    await case_left_by_its_caller(stores)
    await ask_for_person(stores, "c1", words=WORDS)
    found = await ask_oracle(stores, redis_url, diary)
    assert any("2 emergency tickets" in line for line in found.duplicates)


def test_silence_is_counted_while_the_caller_waits_only(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "diary.jsonl")
    moments = (
        (0, Entry.HEARD, {"text": "您好"}),
        (60, Entry.SAID, {"text": "物业费", "danger": ""}),
        (61, Entry.HEARD, {"text": "…"}),
        (100, Entry.SAID, {"text": "着火了", "danger": "fire"}),
        (101, Entry.HEARD, {"text": "别怕"}),
        (118, Entry.HEARD, {"text": "还在"}),
        (119, Entry.EVENT, {"name": "handoff.bridged"}),
        (300, Entry.ENDED, {"reason": "agent_hung_up"}),
    )
    lines = [replace(diary.note(1, "c1", what, **data), at=at) for at, what, data in moments]
    assert longest_silence(lines) == 17.0
