"""Real calls by telephone: Debian's baresip, the SIP user agent, and all of the house behind it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from handoff.phones import PhoneBook
from tests.calls.conftest import Synthesise
from tests.calls.support import converse, tickets_of
from tests.sip.caller import narrow, phone_caller
from tests.sip.peer import until
from tests.sip.phone import is_heard, phone, write_speech
from tests.support.browser import add_agent
from tests.support.house import House
from tests.support.speech import Samples
from zhiban.store import open_engine

pytestmark = [
    pytest.mark.call,
    pytest.mark.skipif(shutil.which("baresip") is None, reason="needs baresip"),
]

_SECOND = 8_000
_LEAST = 0.9


def _loudest(samples: Samples, seconds: float) -> Samples:
    """Return the loudest stretch: a piece of speech to look for elsewhere."""
    size = int(seconds * _SECOND)
    energy = np.convolve(samples**2, np.ones(size, dtype=np.float32), "valid")
    start = int(energy.argmax())
    return samples[start : start + size]


async def test_a_repair_by_telephone_ends_in_the_right_ticket(
    house: House, synthesise: Synthesise, tmp_path: Path
) -> None:
    """D-REPAIR by a narrow-band line: the greeting is cut short, the number known; filed, recorded."""
    line = "我家马桶堵了，派个人来修一下"
    replies = {"先生吗": "是的", "对吗": "对的", "时候": "明天下午都在家", "位置": "在卫生间"}
    async with phone_caller(tmp_path, house, "15900005555") as caller:
        await caller.wait_event("bot.said")
        filed, dialogue = await converse(caller, synthesise, line, replies, "ticket.filed")
        assert filed is not None, dialogue
        await caller.wait_event("bot.said", after=caller.events.index(filed))
        ended = await caller.hang_up()
    started = caller.events[0]["data"]
    assert (started["channel"], started["caller"]) == ("sip", "15900005555")
    assert (ended["data"]["reason"], ended["data"]["cause"]) == ("caller_hung_up", "bye")
    # A garbled line may hold a second matter for the recogniser; the repair is the first.
    ticket, *_ = await tickets_of(house, caller.call_id)
    assert ticket["number"].startswith("RP"), dialogue
    assert ticket["category"] == "repair_indoor", dialogue
    assert (ticket["building"], ticket["room"]) == ("A", "1108"), dialogue
    assert (ticket["caller_name"], ticket["phone"]) == ("孙伟", "15900005555"), dialogue
    assert ticket["available_time"], dialogue
    assert ticket["promises"], dialogue
    recording = house.settings.recordings_dir / f"{caller.call_id}.wav"
    both, rate = soundfile.read(str(recording), dtype="float32")
    assert (rate, both.shape[1]) == (_SECOND, 2)
    assert is_heard(both[:, 0], _loudest(caller.telephone.spoken(), 2.0), least=_LEAST)
    assert is_heard(both[:, 1], _loudest(caller.telephone.heard(), 3.0), least=_LEAST)


async def test_trapped_in_a_lift_and_put_through_to_an_on_call_telephone(
    house: House, synthesise: Synthesise, tmp_path: Path
) -> None:
    """D-EMG-ELEV from telephone to telephone: nobody at a desk, 1 is pressed, both are heard."""
    cry = narrow(await synthesise("电梯里困人了，快来人啊"))
    asks = narrow(await synthesise("我们这里有两个大人一个小孩，请你们快一点"))
    answers = narrow(await synthesise("您好，我是值班人员，救援马上就到，请不要扒门"))
    silence = write_speech(tmp_path / "silence.wav", np.zeros(60 * _SECOND, dtype=np.float32))
    account = "<sip:8001@127.0.0.1>;regint=0;answermode=auto"
    await add_agent(house.settings, "oncall")
    engine = open_engine(house.settings.database)
    try:
        async with (
            phone(tmp_path / "oncall", source=silence, account=account) as mobile,
            phone_caller(tmp_path / "caller", house, "13600002222") as caller,
        ):
            await PhoneBook(engine).put("oncall", f"sip:8001@127.0.0.1:{mobile.port}")
            await caller.wait_event("bot.said")
            await caller.telephone.say(cry)
            detected = await caller.wait_event("emergency.detected")
            await caller.wait_event("handoff.offered")
            await mobile.wait("CALL_ESTABLISHED", 30.0)
            await caller.wait_event("handoff.whispered")
            await mobile.press("1")
            await caller.wait_event("handoff.bridged")
            await until(lambda: mobile.is_quiet(1.2), 30.0)  # it is told how to end the talk
            for one, words in ((caller.telephone, asks), (mobile, answers)):
                await one.say(words)
                await asyncio.sleep(len(words) / _SECOND + 1.0)  # so long it takes to be heard
            await mobile.press("##")
            ended = await caller.wait_event("call.ended")
            await mobile.press("1")
            await caller.wait_event("handoff.closed")
    finally:
        await PhoneBook(engine).put("oncall", "")
        await engine.dispose()
    assert detected["data"]["kind"] == "elevator_trapped"
    assert ended["data"]["reason"] == "agent_hung_up"
    names = [e["name"] for e in caller.events]
    order = ["emergency.detected", "ticket.filed", "handoff.offered", "handoff.bridged"]
    assert sorted(order, key=names.index) == order
    (ticket,) = await tickets_of(house, caller.call_id)
    assert (ticket["building"], ticket["phone"]) == ("8", "13600002222")
    assert is_heard(mobile.heard(), _loudest(asks, 3.0), least=_LEAST)
    assert is_heard(caller.telephone.heard(), _loudest(answers, 3.0), least=_LEAST)
