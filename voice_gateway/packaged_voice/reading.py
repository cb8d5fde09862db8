"""Text made readable for a voice that knows only Chinese characters and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CLAUSE = 28
"""Characters in one piece at most: longer clauses are cut, so that the first audio comes soon."""

_SPELT = (
    "诶 必 西 弟 伊 艾弗 吉 艾尺 爱 杰 开 艾勒 艾姆 "
    "恩 欧 批 克由 阿 艾斯 提 优 维 达布溜 艾克斯 歪 贼"
)
_LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _SPELT.split(), strict=True))
_WORDS = {"WIFI": "无线网", "APP": "诶批批", "VIP": "维爱批", "OK": "好的"}
_SIGNS = {
    "%": "",  # read with its number by the voice's own rules
    "℃": "摄氏度",
    "㎡": "平方米",
    "m²": "平方米",
    "×": "乘",
    "+": "加",
    "=": "等于",
    "&": "和",
    "№": "号",
    "#": "号",
    "¥": "人民币",
}
_DIGITS = "零幺二三四五六七八九"

_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?!\d)")
_RANGE = re.compile(r"(?<=[\d点分日号])\s*[-~～—–]+\s*(?=\d)")
_ADDRESS = re.compile(r"(?<!\d)(\d{1,3})-(\d{1,2})-(\d{3,4})(?!\d)")
_LONG_DIGITS = re.compile(r"\d{5,}")
_ROOM = re.compile(r"\d{3,4}(?=[室号房]|$|[,，。、!?！？;；])")
_BREAK = re.compile(r"([。!?！？;；…\n]+|[,，、:：—]+)")
_READABLE = re.compile(r"[一-鿿〇0-9.%]")
_HARD = set("。!?！？;；…\n")

CLAUSE_GAP_MS = 160
SENTENCE_GAP_MS = 320


@dataclass(frozen=True)
class Clause:
    """A piece to be spoken in one go.

    Attributes:
        text: characters and numbers only.
        gap_ms: silence after it; 0 for the last.
    """

    text: str
    gap_ms: int


@dataclass(frozen=True)
class Reading:
    """A text made readable.

    Attributes:
        dropped: what could not be read, in order; for the log.
    """

    clauses: tuple[Clause, ...]
    dropped: str


def read(text: str) -> Reading:
    """Return what can be spoken of a text, clause by clause.

    Letters are spelt, clock times, ranges, room and telephone numbers read as people say them;
    what is left over and neither Chinese nor a number is dropped.
    """
    pieces = _BREAK.split(_spell(text))
    clauses: list[Clause] = []
    dropped: list[str] = []
    for said, mark in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        kept = "".join(char for char in said if _READABLE.match(char))
        dropped += [char for char in said if not _READABLE.match(char) and not char.isspace()]
        gap = SENTENCE_GAP_MS if set(mark) & _HARD else CLAUSE_GAP_MS
        if re.search(r"[一-鿿〇0-9]", kept):
            parts = _cut(kept)
            clauses += [Clause(part, 40) for part in parts[:-1]]
            clauses.append(Clause(parts[-1], gap))
    if clauses:
        clauses[-1] = Clause(clauses[-1].text, 0)
    quiet = "“”\"'‘’()（）《》【】[]<>·-"
    return Reading(tuple(clauses), "".join(c for c in dropped if c not in quiet))


def _spell(text: str) -> str:
    text = re.sub(
        r"[A-Za-z]+",
        lambda m: _WORDS.get(m.group().upper()) or "".join(_LETTERS[c] for c in m.group().upper()),
        text.translate(_NARROW).replace("m²", "平方米"),
    )
    text = _CLOCK.sub(_clock, text)
    text = _ADDRESS.sub(lambda m: f"{m[1]}栋{m[2]}单元{_each(m[3])}", text)
    text = _RANGE.sub("到", text)
    text = _LONG_DIGITS.sub(_grouped, text)
    text = _ROOM.sub(lambda m: _each(m.group()), text)
    for sign, word in _SIGNS.items():
        if sign != "%":
            text = text.replace(sign, word)
    return text


_NARROW = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B) if chr(code).isalnum()}
_NARROW[0xFF05] = ord("%")


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return f"{hour}点"
    return f"{hour}点{'零' if minute < 10 else ''}{minute}分"


def _each(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


def _grouped(match: re.Match[str]) -> str:
    """Return a long number digit by digit with a pause between groups (TAX-127)."""
    digits = match.group()
    if len(digits) == 11 and digits.startswith("1"):
        groups = [digits[:3], digits[3:7], digits[7:]]
    else:
        groups = [digits[i : i + 4] for i in range(0, len(digits), 4)]
    return "、".join(_each(group) for group in groups)


def _cut(clause: str) -> list[str]:
    if len(clause) <= MAX_CLAUSE:
        return [clause]
    count = -(-len(clause) // MAX_CLAUSE)
    size = -(-len(clause) // count)
    # Never inside a number.
    parts, start = [], 0
    while start < len(clause):
        end = min(start + size, len(clause))
        while end < len(clause) and clause[end - 1].isdigit() and clause[end].isdigit():
            end += 1
        parts.append(clause[start:end])
        start = end
    return parts
