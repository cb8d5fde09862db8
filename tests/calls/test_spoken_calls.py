"""Real calls by voice: synthesised Mandarin in, recogniser, Rasa, actions, and speech back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.calls.conftest import Synthesise
from tests.calls.support import converse
from tests.support.house import House
from tests.support.speech import pcm, samples_of, sound_likeness
from voice_gateway.speech.recognition.base import Recogniser
from zhiban.callers import VoiceCaller
from zhiban.store import open_engine
from zhiban.store.models import Ticket

pytestmark = pytest.mark.call


async def test_a_fee_question_is_answered_in_speech(
    house: House, synthesise: Synthesise, ears: Recogniser
) -> None:
    """FAQ-001…: what the caller hears is the standard answer, recognised back to text."""
    question = pcm(await synthesise("停车费一个月多少钱"))
    async with VoiceCaller(house.gateway) as phone:
        await phone.wait_turn(0)
        before = len(phone.heard)
        latency = await phone.ask("停车费一个月多少钱", question)
        answer = bytes(phone.heard[before:])
    said = [e["data"]["text"] for e in phone.events if e["name"] == "bot.said"][1:]
    turn = next(e for e in phone.events if e["name"] == "caller.turn")
    assert latency.ms is not None
    assert turn["data"]["asr"]["engine"] == "whisper-base"
    assert "车位" in "".join(said), said
    session = ears.open(16000)
    session.begin("")
    voiced = samples_of(answer)[: 8 * 16000]
    await session.feed(pcm(voiced))
    heard = (await session.final()).text
    spoken_then = "".join(said)[: len(heard) + 4]
    assert sound_likeness(spoken_then, heard) > 0.6, (spoken_then, heard)


async def test_a_leak_is_taken_down_confirmed_and_filed(
    house: House, synthesise: Synthesise
) -> None:
    """D-REPAIR-LEAK (DLG-001…010) from a number the site knows, by voice alone."""
    replies = {
        "李先生": "是的",
        "哪个位置": "水槽下面",
        "一滴一滴": "滴得有点快",
        "严重": "滴得有点快",
        "号码": "就这个号码",
        "时间": "明天下午都在家",
        "对吗": "对的",
        "确认": "对的",
    }
    async with VoiceCaller(house.gateway, caller="13812345678") as phone:
        await phone.wait_turn(0)
        line = "我家厨房水管漏水，你们派个人来修一下"
        filed, dialogue = await converse(phone, synthesise, line, replies, "ticket.filed")
    assert filed is not None, dialogue
    engine = open_engine(house.settings.database)
    try:
        async with engine.connect() as connection:
            row = await connection.execute(
                select(Ticket.__table__).where(Ticket.number == filed["data"]["number"])
            )
            ticket = row.mappings().one()
    finally:
        await engine.dispose()
    assert ticket["number"].startswith("RP"), dialogue
    assert (ticket["building"], ticket["unit"], ticket["room"]) == ("5", "2", "1001"), dialogue
    assert (ticket["caller_name"], ticket["phone"]) == ("李明", "13812345678"), dialogue
    assert ticket["category"] in ("leak", "repair_indoor"), dialogue
    assert ticket["promises"], dialogue
    assert ticket["call_id"] == phone.call_id


async def test_a_caller_may_cut_the_bot_short_but_a_listening_noise_does_not(
    house: House, synthesise: Synthesise
) -> None:
    """SCR-041: 嗯 while the greeting plays lets it play; a sentence silences it."""
    async with VoiceCaller(house.gateway) as phone:
        assert await phone.wait_event("bot.said", 15) is not None
        await phone.speak(pcm(await synthesise("嗯")))
        await phone.wait_turn(0)
        assert "barge_in" not in [e["name"] for e in phone.events]
    async with VoiceCaller(house.gateway) as phone:
        assert await phone.wait_event("bot.said", 15) is not None
        greeting_began = len(phone.heard)
        await phone.speak(pcm(await synthesise("等一下，我要报修")))
        assert await phone.wait_event("barge_in", 10) is not None
        heard = (len(phone.heard) - greeting_began) / 2 / 16000
    assert heard < 8, "the whole greeting was played"
