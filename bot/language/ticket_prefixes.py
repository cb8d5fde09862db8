"""The two letters a ticket's number begins with, as said, spelled in Chinese and heard."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from bot.language.pinyin import Sounds, fold

PREFIXES = ("RP", "TS", "ZX", "JJ", "AF", "JY", "ZZ", "HF")
SPOKEN_PREFIX = {
    "报修": "RP", "维修": "RP", "投诉": "TS", "咨询": "ZX", "紧急": "JJ", "安防": "AF", "建议": "JY", "回访": "HF",
}  # fmt: skip

# What callers say for a letter and what the recogniser made of it on the telephone.
_LETTERS: dict[str, str] = {
    "R": "a,a er,er,@r",
    "P": "pi,@p",
    "T": "ti,pi,yi,@t",
    "S": "ai si,ei si,an suan,ai shua,ai suan,@s",
    "Z": "zei,zai,zui,lei,shui,fei,zi,@z",
    "X": "ai ke si,ai ke su,ai ke suan,yi ke si,ai ke,@x",
    "J": "jie,zhai,jia,@j",
    "A": "ei,ai,yi,@a,@i",
    "F": "ai fu,ai fo,@f",
    "Y": "wai,gui,hui,@y",
    "H": "ai qu,ai qi,ei chi,ai chi,@h",
}
# Heard for the pair as a whole.
_PAIRS: dict[str, str] = {"JY": "xie ji,xie gui,xie hui,xie wai", "JJ": "jie ji,jie da"}
_Syllables = tuple[str, ...]


@lru_cache(maxsize=1)
def _forms() -> dict[str, list[tuple[_Syllables, str]]]:
    """Every way to hear a prefix, by its first folded syllable, the longest first."""
    forms: dict[_Syllables, str | None] = {}
    for prefix in PREFIXES:
        said = [
            (*one.split(), *other.split())
            for one, other in product(*(_LETTERS[letter].split(",") for letter in prefix))
        ]
        said += [tuple(form.split()) for form in _PAIRS.get(prefix, "").split(",") if form]
        for form in said:
            folded = tuple(map(fold, form))
            # Heard the same for two prefixes: says nothing.
            forms[folded] = prefix if forms.get(folded, prefix) == prefix else None
    found: dict[str, list[tuple[_Syllables, str]]] = {}
    for form, meant in sorted(forms.items(), key=lambda pair: -len(pair[0])):
        if meant is not None:
            found.setdefault(form[0], []).append((form, meant))
    return found


def prefixes_heard(sounds: Sounds) -> list[tuple[str, int, int]]:
    """Prefixes by sound: letters, index of the first syllable and just past the last."""
    found = []
    for first, syllable in enumerate(sounds.folded):
        for form, prefix in _forms().get(syllable, ()):
            stop = first + len(form)
            if sounds.folded[first:stop] == form:
                found.append((prefix, first, stop))
    return found
