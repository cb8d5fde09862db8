"""The packaged voice's service: what it reads, how it sounds, what it refuses."""

import asyncio
import json
import urllib.error
import urllib.request

import aiohttp
import numpy as np
import pytest

from tests.speech.sounds import samples
from voice_gateway.packaged_voice.reading import MAX_CLAUSE, read
from voice_gateway.speech.synthesis import SpeechUnavailable


def said(text):
    return [clause.text for clause in read(text).clauses]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("工单号RP20250601003。", ["工单号阿批二零二五", "零六零幺", "零零三"]),
        ("电话13812345678，请接听", ["电话幺三八", "幺二三四", "五六七八", "请接听"]),
        ("5-2-1001", ["5栋2单元幺零零幺"]),
        ("9:00-17:30", ["9点到17点30分"]),
        ("每平方米2.5元", ["每平方米2.5元"]),
        ("100㎡，25℃", ["100平方米", "25摄氏度"]),
        ("请开WiFi", ["请开无线网"]),
        ("１２栋", ["12栋"]),
    ],
)
def test_reads_what_people_write(text, spoken):
    assert said(text) == spoken


def test_drops_and_names_what_it_cannot_read():
    reading = read("好的★再见")
    assert [clause.text for clause in reading.clauses] == ["好的再见"]
    assert reading.dropped == "★"


def test_cuts_long_clauses_but_never_a_number():
    text = (
        "我们已经安排了维修师傅会在今天下午的两点钟左右带着工具到您家里查看漏水1234的情况请您留人"
    )
    parts = said(text)
    assert "".join(parts) == text
    assert all(len(part) <= MAX_CLAUSE + 4 for part in parts)
    assert any("1234" in part for part in parts)


def test_pauses_are_longer_after_a_sentence():
    gaps = [clause.gap_ms for clause in read("您好，请问。是谁").clauses]
    assert gaps[0] < gaps[1]
    assert gaps[2] == 0


async def speech(voice, text, rate=220.0):
    return samples(b"".join([chunk async for chunk in voice.stream(text, rate)]))


async def test_the_rate_is_followed(packaged_voice):
    text = "请问您家住在哪一栋哪一个单元几零几"
    lengths = [(await speech(packaged_voice, text, rate)).size / 24000 for rate in (140, 220, 290)]
    paces = [len(text) / length * 60 for length in lengths]
    assert paces == pytest.approx([140, 220, 290], rel=0.15)


async def test_even_loudness_and_no_clicks_at_the_joints(packaged_voice):
    sound = await speech(packaged_voice, "您好，好的，我马上为您转接值班人员，请不要扒门，再见。")
    sounding = np.flatnonzero(sound)
    gaps = np.flatnonzero(np.diff(sounding) > 0.1 * 24000)
    starts = [sounding[0], *sounding[gaps + 1]]
    ends = [*sounding[gaps], sounding[-1]]
    clauses = [sound[a : b + 1] for a, b in zip(starts, ends, strict=True)]
    assert len(clauses) == 5
    levels = [np.sqrt(np.mean(c[np.abs(c) > 0.01] ** 2)) for c in clauses]
    assert max(levels) / min(levels) < 1.6
    assert np.abs(sound).max() <= 0.9
    for clause in clauses:
        assert np.abs(clause[:24]).max() < 0.05
        assert np.abs(clause[-24:]).max() < 0.05


async def test_the_first_clause_comes_before_the_last_is_made(packaged_voice_url):
    text = "您好，" + "我们已经为您登记了报修的事情，" * 5 + "再见。"
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as session:
        started = loop.time()
        async with session.post(f"{packaged_voice_url}/synthesise", json={"text": text}) as answer:
            assert answer.headers["Content-Type"] == "audio/L16; rate=24000; channels=1"
            first = await answer.content.readany()
            first_at = loop.time() - started
            rest = await answer.content.read()
            all_at = loop.time() - started
    assert 0 < len(first) < len(rest)
    assert first_at < all_at / 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_request"),
        (b'{"rate": 220}', 400, "bad_request"),
        (b'{"text": 5}', 400, "bad_request"),
        (json.dumps({"text": "好" * 601}).encode(), 400, "bad_request"),
        (b'{"text": "\xe5\xa5\xbd", "rate": 9000}', 400, "bad_rate"),
        (b'{"text": "***"}', 422, "unreadable_text"),
        (b'{"text": ""}', 422, "unreadable_text"),
    ],
)
def test_says_what_it_will_not_do(packaged_voice_url, body, status, code):
    request = urllib.request.Request(f"{packaged_voice_url}/synthesise", body)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == status
    assert json.load(caught.value)["code"] == code


async def test_the_client_says_so_too(packaged_voice):
    with pytest.raises(SpeechUnavailable) as caught:
        await speech(packaged_voice, "★★★")
    assert not caught.value.retryable


async def test_odd_syllables_do_not_silence_a_sentence(packaged_voice):
    sound = await speech(packaged_voice, "嗯，哦，一会儿，女儿去旅行，略，哟，诶")
    assert sound.size > 24000
