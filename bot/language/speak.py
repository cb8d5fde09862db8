"""How things are read aloud (SCR-019, TAX-127).

The packaged voice says Chinese characters and plain digits and drops latin
letters, so nothing here yields a letter: RP becomes 报修单.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from bot.language.numbers import say_digits, say_number

TICKET_WORDS: dict[str, str] = {
    "RP": "报修单", "TS": "投诉单", "ZX": "咨询单", "JJ": "紧急单", "AF": "安防单", "JY": "建议单", "ZZ": "服务单", "HF": "回访单",
}  # fmt: skip
_LETTER_SOUNDS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            "诶 必 西 地 伊 艾弗 鸡 艾尺 爱 杰 开 艾勒 艾姆 恩 欧 屁 丘 阿 艾丝 踢 优 维 达不溜 "
            "艾克斯 歪 贼"
        ).split(),
        strict=False,
    )
)
_TICKET = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})(20\d{6})(\d{3,6})(?!\d)")
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_FIXED = re.compile(r"(?<!\d)(0\d{2,3})-?(\d{7,8})(?!\d)")
_SHORT_SERVICE = re.compile(r"(?<!\d)(119|120|110|122|12345|400\d{7})(?!\d)")
_HOME = re.compile(
    r"(\d{1,3}|[A-Za-z])(栋|号楼|幢|座)(?:\s*(\d{1,2})单元)?(?:\s*(\d{3,5})(?:室|号)?)?"
)
_ROOM_NUMBER = re.compile(r"(?<![\d.])(\d{3,5})(室|号房|房)")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_CLOCK_RANGE = re.compile(r"(:[0-5]\d)\s*[-~—–]\s*(\d{1,2}:)")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?!\d)")
_MONEY = re.compile(r"[¥￥]\s*(\d+(?:\.\d+)?)|(?<![\d.])(\d+\.\d+)(?=元|块|平|%|％)")
_PERCENT = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)[%％]")
_RANGE = re.compile(r"(\d)\s*[-~—–]\s*(\d)")
_NUMBER = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)(?![\d.])")
_MEASURED_TWO = re.compile(r"(?<![\d.])2(?=个|位|次|天|小时|名|种|台|部|户|辆|遍)")
_LETTERS = re.compile(r"[A-Za-z]+")
_KNOWN_WORDS = {
    "app": "手机应用",
    "wifi": "无线网",
    "wi-fi": "无线网",
    "ok": "好的",
    "vip": "贵宾",
    "etc": "自动收费",
    "led": "灯",
}


def say_phone(number: str) -> str:
    """A telephone number in groups: mobiles 3-4-4, fixed lines area code first, 1 as 幺."""
    digits = "".join(c for c in number if c.isascii() and c.isdigit())
    if len(digits) == 11 and digits.startswith("1"):
        groups = [digits[:3], digits[3:7], digits[7:]]
    elif digits.startswith("0") and len(digits) > 8:
        area = 3 if digits[1] in "12" else 4
        groups = [digits[:area], digits[area : area + 4], digits[area + 4 :]]
    elif len(digits) >= 7:
        groups = [digits[:-4], digits[-4:]]
    else:
        groups = [digits]
    return "，".join(say_digits(group) for group in groups if group)


def say_ticket(number: str) -> str:
    """A ticket's number: its kind in words, then year, day and sequence in groups (TAX-127)."""
    match = _TICKET.fullmatch(number.strip().upper())
    if match is None:
        return speakable(number)
    prefix, day, sequence = match.groups()
    word = TICKET_WORDS.get(prefix, "工单")
    return f"{word}，{say_digits(day[:4])}，{say_digits(day[4:])}，{say_digits(sequence)}"


def say_building(building: str) -> str:
    """A building's name without 栋: 5 is 五, 12 is 十二, A is 诶."""
    if building.isascii() and building.isdigit():
        return say_number(int(building[:8]))
    return "".join(_LETTER_SOUNDS.get(c, c) for c in building.upper())


def say_room(room: str) -> str:
    """A room digit by digit, 1 as 幺."""
    return "".join(
        say_digits(c) if c.isascii() and c.isdigit() else _LETTER_SOUNDS.get(c.upper(), c)
        for c in room
    )


def say_address(
    building: str | None = None,
    unit: str | None = None,
    room: str | None = None,
    *,
    phase: str | None = None,
    floor: str | None = None,
) -> str:
    """An address, or the parts there are: 五栋二单元幺零零幺."""
    said = ""
    if phase:
        said += say_building(phase) + "期"
    if building:
        said += say_building(building) + ("座" if not building.isdigit() else "栋")
    if unit:
        said += say_building(unit) + "单元"
    if floor and not room:
        said += say_floor(floor)
    if room:
        said += say_room(room)
    return said


def say_floor(floor: str) -> str:
    """10 is 十楼, -1 is 负一楼."""
    below = floor.startswith("-")
    return ("负" if below else "") + say_building(floor.lstrip("-")) + "楼"


def say_date(day: date, *, today: date | None = None) -> str:
    """A day: 今天, 明天, or 十一月十五号, with the year when it is another one."""
    if today is not None:
        near = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}.get((day - today).days)
        if near:
            return near
    year = (
        f"{say_digits(str(day.year), yao=False)}年"
        if today is not None and day.year != today.year
        else ""
    )
    return f"{year}{say_number(day.month)}月{say_number(day.day)}号"


def say_time(moment: datetime, *, today: date | None = None) -> str:
    """Day and clock time as spoken: 今天下午三点半."""
    return say_date(moment.date(), today=today) + say_clock(moment.hour, moment.minute)


def say_clock(hour: int, minute: int = 0) -> str:
    """A time of day on the twelve-hour clock with its part of the day."""
    part = (
        "凌晨" if hour < 6 else "早上" if hour < 9 else "上午" if hour < 12
        else "中午" if hour < 13 else "下午" if hour < 18 else "晚上"
    )  # fmt: skip
    shown = hour - 12 if hour > 12 else hour
    said = part + ("两" if shown == 2 else say_number(shown)) + "点"
    if minute == 30:
        return said + "半"
    if minute:
        return said + ("零" if minute < 10 else "") + say_number(minute) + "分"
    return said


def say_decimal(number: str) -> str:
    """A number with or without decimals: 2.8 is 二点八."""
    whole, _, fraction = number.partition(".")
    fraction = fraction.rstrip("0")
    said = say_number(int(whole)) if len(whole) <= 8 else say_digits(whole, yao=False)
    return said + ("点" + say_digits(fraction, yao=False) if fraction else "")


def say_money(amount: Decimal | str) -> str:
    """An amount in yuan: 二点八元."""
    return say_decimal(str(amount)) + "元"


def speakable(text: str) -> str:
    """Any text as the packaged voice can say it: no latin letters, numbers in words.

    Ticket and telephone numbers, homes, dates, times and amounts are read the way
    people read them; other whole numbers as quantities.
    """
    text = _TICKET.sub(lambda m: say_ticket(m.group()), text)
    text = _MOBILE.sub(lambda m: say_phone(m.group()), text)
    text = _FIXED.sub(lambda m: say_phone(m.group(1) + m.group(2)), text)
    text = _MONEY.sub(
        lambda m: say_money(m.group(1)) if m.group(1) else say_decimal(m.group(2)), text
    )
    text = _SHORT_SERVICE.sub(lambda m: say_digits(m.group()), text)
    text = _ISO_DATE.sub(_say_iso_date, text)
    text = _CLOCK_RANGE.sub(r"\1到\2", text)
    text = _CLOCK.sub(lambda m: say_clock(int(m.group(1)), int(m.group(2))), text)
    text = _HOME.sub(_say_home, text)
    text = _ROOM_NUMBER.sub(lambda m: say_room(m.group(1)) + m.group(2), text)
    text = _PERCENT.sub(lambda m: "百分之" + say_decimal(m.group(1)), text)
    text = _MEASURED_TWO.sub("两", text)
    text = _RANGE.sub(r"\1到\2", text)
    text = _NUMBER.sub(lambda m: _say_plain(m.group(1)), text)
    text = re.sub(r"\d+", lambda m: say_digits(m.group()), text)
    return _LETTERS.sub(_say_letters, text)


def _say_iso_date(match: re.Match[str]) -> str:
    try:
        return say_date(date(*map(int, match.groups())))
    except ValueError:
        return match.group()


def _say_home(match: re.Match[str]) -> str:
    building, word, unit, room = match.groups()
    said = say_building(building) + word
    if unit:
        said += say_building(unit) + "单元"
    return said + (say_room(room) if room else "")


def _say_plain(number: str) -> str:
    if len(number) > 1 and number.startswith("0") and "." not in number:
        return say_digits(number)
    return say_decimal(number)


def _say_letters(match: re.Match[str]) -> str:
    word = match.group()
    known = _KNOWN_WORDS.get(word.lower())
    if known is not None:
        return known
    return "".join(_LETTER_SOUNDS.get(letter, "") for letter in word.upper())
