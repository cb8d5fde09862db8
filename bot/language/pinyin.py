"""Text to toneless syllables, with the place of each syllable in the text.

One pass, one table look-up per character, no segmentation: the emergency
spotter calls this for every interim text of the recogniser. Digits are read as
Chinese digits and latin letters become one token each (``@a``), so that
``5栋`` and ``五栋``, ``A座`` and ``a座`` sound the same.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pypinyin.constants import PINYIN_DICT

from bot.language.readings import CHARACTER_READINGS, PHRASE_READINGS

_DIGIT_SOUNDS = ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu")
_CLAUSE_MARKS = frozenset(",，。.!！?？;；:：、…\n")
_TONE_MARKS = frozenset("\u0300\u0301\u0304\u030c")
_LONGEST_PHRASE = max(map(len, PHRASE_READINGS))
_PHRASE_STARTS = frozenset(phrase[0] for phrase in PHRASE_READINGS)
_PHRASES = {phrase: tuple(sounds.split()) for phrase, sounds in PHRASE_READINGS.items()}


# No spoken turn is longer; readers look no further, so that no text takes long.
LONGEST_READ = 400


@dataclass(frozen=True)
class Sounds:
    """The syllables of a text; all tuples have one entry per syllable.

    Attributes:
        text: The text as given.
        syllables: Toneless pinyin (``zhao``), ``v`` for ü, ``@a`` for a latin letter.
        folded: The same with the distinctions telephones and dialects lose folded away.
        starts: Offset in ``text`` of the character of each syllable.
        ends: Offset just past it.
        breaks: Syllable indices that come right after a clause mark.
    """

    text: str
    syllables: tuple[str, ...]
    folded: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    breaks: frozenset[int]

    def __len__(self) -> int:
        """Number of syllables."""
        return len(self.syllables)

    def up_to(self, stop: int) -> Sounds:
        """Return the first ``stop`` syllables alone."""
        return Sounds(
            text=self.text,
            syllables=self.syllables[:stop],
            folded=self.folded[:stop],
            starts=self.starts[:stop],
            ends=self.ends[:stop],
            breaks=self.breaks,
        )

    def span(self, first: int, stop: int) -> str:
        """Text from syllable ``first`` up to but not including syllable ``stop``."""
        if first >= stop or first >= len(self.starts):
            return ""
        return self.text[self.starts[first] : self.ends[min(stop, len(self.ends)) - 1]]


def _without_tone(reading: str) -> str:
    letters = []
    for letter in unicodedata.normalize("NFC", reading):
        if letter in "üǖǘǚǜ":
            letters.append("v")
            continue
        letters.append(
            "".join(c for c in unicodedata.normalize("NFD", letter) if c not in _TONE_MARKS)
        )
    return "".join(letters).replace("ê", "e")


@lru_cache(maxsize=65536)
def syllable_of(character: str) -> str:
    """Toneless syllable of one character, or ``""`` when it is not spoken."""
    own = CHARACTER_READINGS.get(character)
    if own is not None:
        return own
    code = ord(character)
    if code < 0x2E80 or 0xFF00 <= code <= 0xFFEF:
        plain = unicodedata.normalize("NFKC", character)
        if len(plain) == 1 and plain.isascii():
            if plain.isdigit():
                return _DIGIT_SOUNDS[int(plain)]
            if plain.isalpha():
                return "@" + plain.lower()
        return ""
    readings = PINYIN_DICT.get(code)
    if not readings:
        return ""
    return _without_tone(readings.split(",", 1)[0])


@lru_cache(maxsize=4096)
def fold(syllable: str) -> str:
    """Fold zh/z ch/c sh/s, n/l, r/l, f/hu and an/ang en/eng in/ing together."""
    if syllable.startswith("@"):
        return syllable
    if syllable[:2] in ("zh", "ch", "sh"):
        syllable = syllable[0] + syllable[2:]
    elif syllable == "hong":
        syllable = "feng"
    elif syllable.startswith("hu"):
        rest = syllable[2:]
        syllable = "f" + {"": "u", "i": "ei", "n": "en"}.get(rest, rest)
    elif syllable[:1] in ("n", "r") and len(syllable) > 1:
        syllable = "l" + syllable[1:]
    if syllable.endswith(("ang", "eng", "ing")):
        syllable = syllable[:-1]
    return syllable


def _convert(text: str) -> Sounds:
    syllables: list[str] = []
    starts: list[int] = []
    breaks: set[int] = set()
    place, length = 0, len(text)
    while place < length:
        character = text[place]
        if character in _PHRASE_STARTS:
            for size in range(min(_LONGEST_PHRASE, length - place), 1, -1):
                phrase = _PHRASES.get(text[place : place + size])
                if phrase is not None:
                    syllables.extend(phrase)
                    starts.extend(range(place, place + size))
                    place += size
                    break
            else:
                syllables.append(syllable_of(character))
                starts.append(place)
                place += 1
            continue
        syllable = syllable_of(character)
        if syllable:
            syllables.append(syllable)
            starts.append(place)
        elif character in _CLAUSE_MARKS and not _inside_number(text, place):
            breaks.add(len(syllables))
        place += 1
    return Sounds(
        text=text,
        syllables=tuple(syllables),
        folded=tuple(map(fold, syllables)),
        starts=tuple(starts),
        ends=tuple(start + 1 for start in starts),
        breaks=frozenset(breaks),
    )


def _inside_number(text: str, place: int) -> bool:
    """A point or comma between digits belongs to the number."""
    return 0 < place < len(text) - 1 and text[place - 1].isdigit() and text[place + 1].isdigit()


_convert_cached = lru_cache(maxsize=1024)(_convert)


def sounds_of(text: str) -> Sounds:
    """Syllables of ``text``; never raises. Texts up to ``LONGEST_READ`` characters are cached."""
    if len(text) > LONGEST_READ:
        return _convert(text)
    return _convert_cached(text)


def same_sound(one: str, other: str) -> bool:
    """Whether two texts have the same toneless syllables."""
    return sounds_of(one).syllables == sounds_of(other).syllables


def same_fold(one: str, other: str) -> bool:
    """Whether two texts sound the same to a telephone or in a southern accent."""
    return sounds_of(one).folded == sounds_of(other).folded
