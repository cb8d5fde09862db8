"""Syllables, folding, the pattern notation and phrase tables."""

import pytest

from bot.language.expand import expand
from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import fold, same_fold, same_sound, sounds_of


def test_reads_characters_digits_and_letters_with_offsets() -> None:
    sounds = sounds_of("A座5栋，着火了")
    assert sounds.syllables == ("@a", "zuo", "wu", "dong", "zhao", "huo", "le")
    assert sounds.span(4, 6) == "着火"
    assert 4 in sounds.breaks


def test_homophones_of_the_recogniser_sound_the_same() -> None:
    for spoken, heard in (("着火", "找火"), ("不对", "部队"), ("幺零", "腰铃"), ("爆了", "抱了")):
        assert same_sound(spoken, heard)
    assert not same_sound("着火", "找活儿")


def test_context_decides_readings() -> None:
    assert sounds_of("重复").syllables == ("chong", "fu")
    assert sounds_of("严重").syllables == ("yan", "zhong")
    assert sounds_of("关不了").syllables[-1] == "liao"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zhang", "zan"),
        ("nan", "lan"),
        ("hui", "fei"),
        ("ren", "len"),
        ("ying", "yin"),
        ("she", "se"),
    ],
)
def test_folds_what_telephones_and_dialects_lose(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_folding_keeps_what_differs() -> None:
    assert fold("kun") != fold("guan")
    assert same_fold("四川", "是穿") and not same_fold("电梯", "地铁")


def test_odd_characters_are_silent() -> None:
    assert sounds_of("").syllables == ()
    assert sounds_of("😀🔥  \u3000\ud7ff").syllables == ()


def test_notation_expands_classes_choices_and_options() -> None:
    assert expand("[着起]火了?") == ("着火了", "着火", "起火了", "起火")
    assert expand("门(打|拉|)不开") == ("门打不开", "门拉不开", "门不开")
    with pytest.raises(ValueError):
        expand("(着火")


def test_phrases_are_found_by_character_sound_and_fold() -> None:
    table = PhraseTable({"fire": "着火", "only": "=猫眼"})
    by_text = {text: table.find(sounds_of(text)) for text in ("着火", "找火", "造火", "冒烟")}
    assert by_text["着火"][0].closeness is Closeness.CHARACTERS
    assert by_text["找火"][0].closeness is Closeness.SOUND
    assert by_text["造火"][0].closeness is Closeness.FOLDED
    assert by_text["冒烟"] == []
