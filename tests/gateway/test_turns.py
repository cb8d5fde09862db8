"""Turn taking by characters."""

from __future__ import annotations

import pytest

from voice_gateway.turns import Endpointing, interrupts, is_listening_noise


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("嗯", False),
        ("嗯嗯。", False),
        ("对", False),
        ("好的", False),
        ("", False),
        ("等一下", True),
        ("不是", True),
        ("转人工", True),
        ("我家漏水了", True),
        ("那个", False),
    ],
)
def test_what_silences_the_bot(text: str, stops: bool) -> None:
    """Listening noises do not; a stop phrase or three characters do."""
    assert interrupts(text) is stops


def test_nothing_and_a_noise_are_no_turn() -> None:
    """Over the bot, neither is an answer."""
    assert is_listening_noise("")
    assert is_listening_noise("嗯，")
    assert not is_listening_noise("着火了")


@pytest.mark.parametrize(
    ("text", "expects", "longer_than"),
    [
        ("我家厨房漏水然后", "open", "我家厨房漏水"),
        ("一三八幺二三四", "phone", "一三八幺二三四五六七八"),
        ("", "open", "我家厨房漏水"),
    ],
)
def test_an_unfinished_turn_is_waited_for(text: str, expects: str, longer_than: str) -> None:
    """More comes after 然后, and after half a number."""
    endpointing = Endpointing()
    assert endpointing.silence_ms(text, expects) > endpointing.silence_ms(longer_than, expects)


def test_elderly_callers_get_more_time() -> None:
    """TAX-128, SCR-040."""
    endpointing = Endpointing()
    usual = endpointing.silence_ms("我家漏水", "open")
    assert endpointing.silence_ms("我家漏水", "open", patient=True) == usual * 1.6
