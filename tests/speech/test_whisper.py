"""The real Whisper on real audio: what callers say, and what nobody says."""

import asyncio

import numpy as np
import pytest

from tests.speech.sounds import (
    HUMAN_CLIPS,
    melody,
    on_the_line,
    pcm,
    pink,
    read_wav,
    samples,
    to_rate,
    tone,
    unlike,
)
from voice_gateway.speech.recognition.choices import candidates
from voice_gateway.speech.recognition.gates import GateLimits, rejection
from voice_gateway.speech.recognition.text import normalise

RATE = 190.0  # callers speak to be understood


async def spoken(voice, text, rate=RATE, hertz=8000):
    wide = samples(b"".join([chunk async for chunk in voice.stream(text, rate)]))
    return on_the_line(to_rate(wide, 24000, hertz), hertz)


async def hear(recogniser, audio, hint, hertz=8000):
    session = recogniser.open(hertz)
    session.begin(hint)
    await session.feed(pcm(audio))
    return await session.final()


async def answered(recogniser, voice, answer, rate, hint):
    """What is not heard at all is asked for again; the packaged voice never says it twice alike."""
    heard = await hear(recogniser, await spoken(voice, answer, rate), hint)
    if not heard.text:
        heard = await hear(recogniser, await spoken(voice, answer, rate), hint)
    return heard


@pytest.mark.parametrize(
    ("text", "expects", "bound"),
    [
        ("我家着火了快来人", "open", 0.25),
        ("我被困在电梯里了", "open", 0.25),
        ("物业费怎么收的", "open", 0.3),
        ("我要投诉保安态度太差", "open", 0.3),
        ("厨房水管漏水你们派个人来修一下", "problem", 0.2),
        ("五栋二单元一零零一室", "address", 0.2),
        ("我姓李叫李明", "name", 0.2),
        ("今天下午三点以后", "time", 0.2),
    ],
)
async def test_understands_a_telephone_caller(
    recogniser, packaged_voice, prompts, text, expects, bound
):
    heard = await hear(recogniser, await spoken(packaged_voice, text), prompts.hint(expects))
    assert unlike(heard.text, text) <= bound, heard
    assert 0 < heard.confidence <= 1
    assert heard.engine == "whisper-base"
    assert heard.decode_ms > 0


@pytest.mark.parametrize("rate", [150.0, 200.0, 240.0])
async def test_a_no_is_not_taken_for_a_yes_nor_a_yes_for_a_no(
    recogniser, packaged_voice, prompts, rate
):
    hint = prompts.hint("yes_no")
    for answer in ("不对", "没有", "不用了", "不可以"):
        heard = await answered(recogniser, packaged_voice, answer, rate, hint)
        assert heard.text.startswith(("不", "没")) and heard.text != "没错", (answer, heard)
    for answer in ("没错", "是的", "可以", "好的"):
        heard = await answered(recogniser, packaged_voice, answer, rate, hint)
        assert heard.text.startswith(("没错", "是", "可以", "好", "对", "行")), (answer, heard)


@pytest.mark.skipif(not HUMAN_CLIPS.is_dir(), reason="no human clips here")
async def test_understands_people(recogniser):
    wrong = total = 0.0
    for line in (HUMAN_CLIPS / "transcripts.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, said = line.split(" ", 1)
        heard = await hear(recogniser, read_wav(HUMAN_CLIPS / name, 8000), "")
        assert unlike(heard.text, said) < 0.45, (name, heard.text)
        wrong += unlike(heard.text, said) * len(said)
        total += len(said)
    assert wrong / total < 0.25


SOUNDS = {
    "digital silence": np.zeros(24000),
    "line noise": pink(3, 0.003),
    "loud noise": pink(2, 0.1),
    "white noise": np.random.default_rng(1).normal(0, 0.03, 16000),
    "hum": tone(50, 2, level=0.1) + tone(150, 2, level=0.05),
    "ringback": np.concatenate([tone(450, 1), np.zeros(24000)]),
    "busy": np.tile(np.concatenate([tone(450, 0.35), np.zeros(2800)]), 4),
    "music": melody(3),
}


@pytest.mark.parametrize("expects", ["open", "yes_no", "address", "name", "problem", "phone"])
@pytest.mark.parametrize("sound", SOUNDS)
async def test_hears_no_words_where_there_are_none(recogniser, prompts, sound, expects):
    heard = await hear(recogniser, SOUNDS[sound], prompts.hint(expects))
    assert (heard.text, heard.confidence) == ("", 0.0), heard


async def test_interim_text_comes_while_the_caller_speaks(recogniser, packaged_voice, prompts):
    audio = await spoken(packaged_voice, "厨房水管漏水你们派个人来修一下")
    session = recogniser.open(8000)
    session.begin(prompts.hint("open"))
    interims = []
    for start in range(0, audio.size, 4000):
        await session.feed(pcm(audio[start : start + 4000]))
        if found := await session.partial():
            interims.append((start + 4000, found))
    assert len(interims) >= 2
    first_at, first = interims[0]
    assert first_at < audio.size / 2
    assert "水管" in "".join(found.text for at, found in interims if at < audio.size * 0.75)
    assert first.audio_ms == first_at / 8
    final = await session.final()
    assert unlike(final.text, "厨房水管漏水你们派个人来修一下") <= 0.2


async def test_a_final_is_not_decoded_again_when_only_silence_follows(
    recogniser, packaged_voice, prompts
):
    session = recogniser.open(8000)
    session.begin(prompts.hint("open"))
    await session.feed(pcm(await spoken(packaged_voice, "物业费怎么收的")))
    first = await session.final()
    await session.feed(pcm(pink(0.5, 0.0005)))
    second = await session.final()
    assert second.text == first.text
    assert second.decode_ms == 0
    assert second.audio_ms == first.audio_ms + 500


async def test_a_caller_who_goes_on_after_a_speculative_final_is_heard_whole(
    recogniser, packaged_voice, prompts
):
    session = recogniser.open(8000)
    session.begin(prompts.hint("problem"))
    await session.feed(pcm(await spoken(packaged_voice, "厨房水管漏水")))
    first = await session.final()
    await session.feed(pcm(await spoken(packaged_voice, "灯也不亮了")))
    both = await session.final()
    assert both.decode_ms > 0
    assert unlike(both.text, "厨房水管漏水灯也不亮了") <= 0.3
    assert len(both.text) > len(first.text)


async def test_a_new_utterance_knows_nothing_of_the_old(recogniser, packaged_voice, prompts):
    session = recogniser.open(16000)
    session.begin(prompts.hint("open"))
    await session.feed(pcm(await spoken(packaged_voice, "我被困在电梯里了", hertz=16000)))
    assert "电梯" in (await session.final()).text
    session.begin(prompts.hint("yes_no"))
    assert (await session.final()).text == ""
    await session.feed(pcm(await spoken(packaged_voice, "不用了", hertz=16000)))
    assert (await session.final()).text == "不用了"


async def test_a_long_story_is_heard_to_its_end(recogniser, packaged_voice, prompts):
    parts = [
        "我家卫生间漏水已经三天了，楼下的邻居来找过我两次。",
        "我给你们物业打过电话，说是昨天下午派人来修，结果一直没有人来。",
        "今天早上水更大了，我把总阀门关了，现在全家都没有水用。",
        "家里还有老人和孩子，做饭洗澡都不方便，我上班也请不了假。",
        "请你们今天一定安排师傅上门，我的车也停在楼下没有动。",
    ]
    audio = np.concatenate([await spoken(packaged_voice, part, 230.0) for part in parts])
    assert audio.size / 8000 > 30
    heard = await hear(recogniser, audio, prompts.hint("problem"))
    assert unlike(heard.text, "".join(parts)) < 0.35, heard.text
    assert "漏水" in heard.text[:12]
    assert unlike(heard.text[-12:], "我的车也停在楼下没有动") < 0.6


async def test_calls_at_once_all_get_their_own_text(recogniser, packaged_voice, prompts):
    said = {
        "请帮我转人工客服": "open",
        "没错就是这个地方": "yes_no",
        "我姓李叫李明": "name",
        "今天下午三点以后": "time",
    }
    audio = {text: await spoken(packaged_voice, text) for text in said}
    alone = {
        text: await hear(recogniser, audio[text], prompts.hint(expects))
        for text, expects in said.items()
    }
    together = await asyncio.gather(
        *(hear(recogniser, audio[text], prompts.hint(expects)) for text, expects in said.items())
    )
    for text, heard in zip(said, together, strict=True):
        assert heard.text == alone[text].text
        assert unlike(heard.text, text) <= 0.35, (text, heard.text)


def test_refuses_other_rates(recogniser):
    with pytest.raises(ValueError, match="8000 or 16000"):
        recogniser.open(44100)


async def test_says_so_when_the_model_is_not_there(tmp_path):
    from voice_gateway.speech.recognition.whisper import WhisperRecogniser
    from zhiban.errors import ErrorCode, ZhibanError

    engine = WhisperRecogniser(tmp_path)
    with pytest.raises(ZhibanError) as caught:
        await engine.warm_up()
    assert caught.value.code is ErrorCode.RECOGNITION_FAILED
    assert str(tmp_path) in caught.value.message
    engine.close()


class TestGates:
    """The gates on texts alone."""

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "no_speech"),
            ("字幕由志愿者提供", "boilerplate"),
            ("请不吝点赞", "boilerplate"),
            ("转转转转转转转转", "loop"),
            ("七栋，七栋，七栋，好", "loop"),
            ("零零零零零零零零零零零零", "loop"),
            ("我想问一下物业费怎么收的还有停车费怎么收的", "too_fast"),
            ("我叫李明免贵姓张", "prompt"),
            ("一三八零零零零一二三四", None),
            ("喂喂喂", None),
            ("物业费怎么收的", None),
        ],
    )
    def test_rejects_what_nobody_says(self, text, why):
        found = rejection(
            text,
            logprob=-0.3,
            no_speech=0.01,
            seconds=1.5,
            prompt="请问您贵姓?我叫李明。免贵姓张。",
            limits=GateLimits(prompt_run=8),
        )
        assert (found and found.value) == why

    @pytest.mark.parametrize(
        ("heard", "meant"), [("美业", "没有"), ("对等", "对的"), ("推动", "对的"), ("物业费", None)]
    )
    def test_short_answers_are_found_by_sound(self, heard, meant):
        offered = candidates(heard, ["没有", "对的", "好的", "不是的", "可以"])
        assert (offered[0] if offered else None) == meant

    @pytest.mark.parametrize(
        ("raw", "plain"),
        [
            ("衛生間下水道堵了，", "卫生间下水道堵了"),
            ("对。是的。", "对，是的"),
            ("五栋 二单元,1001 室。", "五栋二单元，1001室"),
            ("漏水了４快来Ｇ", "漏水了，快来"),
            ("3.5元,10:30,5-2-1001", "3.5元，10:30，5-2-1001"),
            ("—— 好？", "好"),
        ],
    )
    def test_text_is_made_uniform(self, raw, plain):
        assert normalise(raw) == plain
