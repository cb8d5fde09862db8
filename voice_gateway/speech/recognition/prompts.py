"""Domain prompts: the words this community's callers use, by what is expected of them now.

Whisper continues a prompt's style and prefers its words. Measured on telephone-band speech: with
the general prompt 不对 is heard as 部队 or 物业, with the yes/no prompt as 不对. So each
expectation has its own, written as callers speak; names come from the site's data.
"""

from __future__ import annotations

from enum import StrEnum

from zhiban.community.model import Building, Community

_DIGITS = "零一二三四五六七八九"


class Expectation(StrEnum):
    """What the dialogue waits for."""

    OPEN = "open"
    YES_NO = "yes_no"
    ADDRESS = "address"
    PHONE = "phone"
    NAME = "name"
    TIME = "time"
    PROBLEM = "problem"
    TICKET_NUMBER = "ticket_number"
    SOLVED = "solved"
    GRADE = "grade"


# Narrow commas and question marks: the full-width ones cost Whisper two tokens each, of which it
# gets the second wrong often enough to double the errors (measured: 5 % against 11 % of
# syllables).
_EMERGENCIES = (
    "我家着火了,快来人。楼道里冒烟。煤气味好大,煤气泄漏。有人被困在电梯里。水管爆了,水到处流。"
    "有人晕倒了,触电了。"
)
_OPEN = (
    "物业费怎么收的?停车费,装修押金。垃圾没人清理,保安态度差,我要投诉,找经理。转人工。再说一遍。"
)
_FIXED = {
    Expectation.YES_NO: (
        "对。是的。对的。没错。不对。不是。不是的。有的。没有。好的。可以。不可以。行。"
        "不用了。不需要。错了。"
    ),
    Expectation.PHONE: "我的电话是一三八一二三四五六七八。幺三九零零。就这个号码。",
    Expectation.NAME: "请问您贵姓?我姓王,王先生。我叫李明。免贵姓张。陈女士。",
    Expectation.TIME: "什么时候方便?明天上午。今天下午三点以后。周六全天。现在就可以。晚上七点。",
    Expectation.PROBLEM: (
        "厨房水管漏水,下水道堵了,灯不亮了,门禁坏了,停电了,空调不制冷,楼上漏水,电梯困人,着火了,"
        "煤气泄漏,水管爆了。"
    ),
    Expectation.TICKET_NUMBER: "我查一下工单进度。单号RP二零二五零六零一零零三。昨天报修的。",
    Expectation.SOLVED: (
        "解决了。还没有解决。修好了。没修好。已经好了。还是老样子。没人来。不漏了。又坏了。转人工。"
    ),
    Expectation.GRADE: (
        "非常满意。满意。一般。不满意。挺好的。还行。不错。不太满意。一般吧。很满意。第一个。四。转人工。"
    ),
}


class DomainPrompts:
    """Prompts for one community.

    Args:
        community: its buildings, places and departments.
    """

    def __init__(self, community: Community) -> None:
        homes = [_home(building) for building in _spread(community.buildings)]
        places = "".join(f"我在{place}。" for place in community.places if "车库" in place)
        self._hints = {
            **_FIXED,
            Expectation.OPEN: f"{_EMERGENCIES}{_OPEN}{''.join(f'{h}。' for h in homes[:1])}",
            Expectation.ADDRESS: "请问您住哪里?"
            + "".join(f"{home}。" for home in homes)
            + f"我住三号楼十二楼。七栋。{places}",
        }

    def hint(self, expects: str) -> str:
        """Return the prompt for an expectation; the general one for a name not known here."""
        try:
            return self._hints[Expectation(expects)]
        except ValueError:
            return self._hints[Expectation.OPEN]


def _spread(buildings: tuple[Building, ...]) -> tuple[Building, ...]:
    """Return up to three buildings, from the list's beginning, middle and end."""
    if len(buildings) <= 3:
        return buildings
    return (buildings[0], buildings[len(buildings) // 2], buildings[-1])


def _home(building: Building) -> str:
    """Return an example address as a caller says it: 五栋二单元一零零一室."""
    unit = building.units[-1]
    room = unit.rooms[len(unit.rooms) // 2] if unit.rooms else ""
    return (
        f"{_number(building.name)}栋"
        + (f"{_number(unit.name)}单元" if unit.name else "")
        + (f"{_digits(room)}室" if room else "")
    )


def _digits(text: str) -> str:
    return "".join(_DIGITS[int(c)] if c in "0123456789" else c for c in text)


def _number(name: str) -> str:
    """Return a number under 100 as it is spoken; another name unchanged."""
    if not (name.isascii() and name.isdigit()) or len(name) > 2:
        return name
    tens, ones = divmod(int(name), 10)
    if tens == 0:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens > 1 else "") + "十" + (_DIGITS[ones] if ones else "")
