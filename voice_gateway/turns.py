"""Turn taking: how long a silence ends a turn, and what may interrupt the bot."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.reply import is_backchannel, is_stop_phrase

_DIGITS = frozenset("0123456789零幺一二两三四五六七八九十")
_TRAILING = re.compile(
    r"(因为|然后|就是|还有|那个|这个|但是|可是|所以|而且|我想|我要|在|是|的话|和|跟)$"
)
_PUNCTUATION = re.compile(r"[\s,.!?;:，。！？；：、…]+")
_MIN_INTERRUPTING_CHARACTERS = 3


@dataclass(frozen=True)
class Endpointing:
    """Silence, in ms, after which a turn is finished.

    Attributes:
        normal_ms: after an ordinary sentence.
        unfinished_ms: after words that announce more (因为…, 然后…).
        digits_ms: between the groups of a number that is not complete yet.
        nothing_ms: when voice was heard but no words were found yet.
        patient_factor: for elderly callers (TAX-128, SCR-040).
    """

    normal_ms: float = 500
    unfinished_ms: float = 1100
    digits_ms: float = 1300
    nothing_ms: float = 800
    patient_factor: float = 1.6

    def silence_ms(self, text: str, expects: str, *, patient: bool = False) -> float:
        """Return the silence that ends the turn, given the words so far.

        Args:
            text: recognised so far.
            expects: what the bot asked for (``phone``, ``yes_no``, ``open``…).
            patient: the caller needs more time.
        """
        words = _PUNCTUATION.sub("", text)
        if not words:
            wait = self.nothing_ms
        elif expects == "phone" and 0 < _digit_count(words) < 11:
            wait = self.digits_ms
        elif _TRAILING.search(words):
            wait = self.unfinished_ms
        else:
            wait = self.normal_ms
        return wait * self.patient_factor if patient else wait


def _digit_count(words: str) -> int:
    return sum(character in _DIGITS for character in words)


def interrupts(text: str) -> bool:
    """Return whether words spoken over the bot should silence it.

    嗯, 对 and 好的 are listening noises; 等一下, 不是 and 转人工 stop it at once; anything else
    counts from three characters on. Characters, because Chinese has no spaces between words.
    """
    words = _PUNCTUATION.sub("", text)
    if not words or is_backchannel(words):
        return False
    return is_stop_phrase(words) or len(words) >= _MIN_INTERRUPTING_CHARACTERS


def is_listening_noise(text: str) -> bool:
    """Return whether a turn spoken over the bot says only that the caller is listening."""
    words = _PUNCTUATION.sub("", text)
    return not words or is_backchannel(words)
