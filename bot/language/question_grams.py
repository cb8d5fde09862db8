"""What of a question is compared: its characters, their sounds, the notions it touches."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import combinations, pairwise

from bot.language.pinyin import sounds_of
from bot.language.question_words import notions_in

_LONGEST = 300
_PARTICLES = frozenset("的了呢吗啊吧呀嘛哦嗯呃诶哎唉啦")
_FILLERS = re.compile(
    r"我?(?:就是)?想(?:请)?(?:问|咨询|打听|了解)(?:一?下|问)?|请问(?:一?下)?|麻烦(?:问一?下|您|你)?|是这样的?|"
    r"(?:您|你)好|不好意思|打扰(?:一?下)?|跟(?:您|你)(?:打听|咨询)(?:一?下)?|喂|那个什么|怎么说呢"
)
NOTION = 1.5
PAIR = 0.7


class QuestionGrams:
    """One question taken apart; every gram is a short string whose first letter tells its kind.

    Attributes:
        written: ``c`` and one character or two neighbours, to how often they occur.
        sounded: ``s`` and the two syllables of each two neighbours, to how often they occur.
        meant: ``k`` and a notion, ``p`` and two notions, to their weight.
    """

    __slots__ = ("_neighbours", "meant", "sounded", "written")

    def __init__(self, text: str) -> None:
        """Take a text apart; of longer ones the first 300 characters, fillers left out."""
        text = _FILLERS.sub("", text[:_LONGEST])
        spoken = sounds_of(text)
        kept = [
            (text[start].lower(), syllable)
            for start, syllable in zip(spoken.starts, spoken.syllables, strict=True)
            if text[start] not in _PARTICLES
        ]
        self._neighbours = [
            ("c" + one + other, f"s{sound} {next_sound}")
            for (one, sound), (other, next_sound) in pairwise(kept)
        ]
        self.written: dict[str, float] = {}
        self.sounded: dict[str, float] = {}
        for character, _ in kept:
            _count(self.written, "c" + character)
        for written, sounded in self._neighbours:
            _count(self.written, written)
            _count(self.sounded, sounded)
        notions = notions_in(text)
        self.meant: dict[str, float] = {"k" + notion: NOTION for notion in notions}
        for one, other in combinations(notions, 2):
            self.meant[f"p{one}+{other}"] = PAIR

    def heard(self, known: Container[str]) -> dict[str, float]:
        """Return grams to look up: neighbours by sound where the written ones are not known.

        A recogniser writes 游咏池 for 游泳池; where the characters are known, their homophones
        would only blur the picture.
        """
        grams = {gram: weight for gram, weight in self.written.items() if len(gram) == 2}
        for written, sounded in self._neighbours:
            _count(grams, written if written in known else sounded)
        grams.update(self.meant)
        return grams


def _count(grams: dict[str, float], gram: str) -> None:
    grams[gram] = grams.get(gram, 0.0) + 1.0
