"""Which of several homes in one sentence is meant, and what belongs together.

The caller's own home wins over a neighbour's (我是二零一的，楼下一零一吵), the home of who needs help
over the caller's when they call for somebody (帮我妈报的), and a home left behind counts last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.language.address_model import HOME, AddressPart, Choice, Mention

_WINDOW = 8
_OWN = re.compile(r"我|咱|俺|家(?:里|住|是)|住在?|业主|租户|本人")
_THEIRS = re.compile(r"[她他]们?(?:家|住|是|在|那)|老人|妈|爸|婆婆|外婆|奶奶|爷爷|邻居")
_NEIGHBOUR = re.compile(
    r"(?:楼[上下]|上面|下面|隔壁|对门|对面|邻居|人家|[他她]们?家)(?:那|的|家|户|住|是|在|邻居){0,2}[\s,，]*$"
)
_BEFORE_NOW = re.compile(r"以前|原来|之前|从前|过去|老房子")
_FOR_ANOTHER = re.compile(
    r"[帮替给](?:我|咱)?(?:们)?(?:家)?(?:的|个)?(?:妈|爸|婆|公|爷|奶|姥|外|姨|姑|舅|叔|哥|姐|弟|妹|儿|女|闺|老人|邻居|朋友|亲戚|同事|老|别人|楼|对|隔|她|他|业主)"
)
_NUMBER_BEFORE = re.compile(
    r"(?:尾号|末.位|后.位|最后.位|电话|手机|号码|座机|单号|工单|密码|快递|车牌|读数|车位|[粤京沪陕])(?:号码?|号)?(?:是|为)?[\s,，]*$"
)
_PARKING_BEFORE = re.compile("[车机]位[是在号:\\s]*$")
_ROOM_AFTER = re.compile(r"的|室|号房|房|户|家|业主|住户|租户|这[边里户]")
_NEIGHBOURS_COST = 6.0
_PAST_COST = 5.0


def choose(mentions: Sequence[Mention], text: str, *, asked: bool = False) -> Choice | None:
    """The home meant, put together from the mentions that agree; None when there is none.

    Args:
        mentions: As found, in order.
        text: What they were found in.
        asked: An address was just asked for: a bare number is a room.
    """
    for_another = _FOR_ANOTHER.search(text) is not None
    ranked = []
    end = 0
    for place, mention in enumerate(mentions):
        before = text[max(end, mention.start - _WINDOW) : mention.start]
        following = mentions[place + 1] if place + 1 < len(mentions) else None
        # 十六栋二单元，上电梯左拐，一一零三; but 要七零四 directly after 五栋 is heard as a whole.
        apart = place > 0 and mention.start - mentions[place - 1].end > 2
        others = [one for one in mentions if one is not mention]
        free = not any(AddressPart.ROOM in one.parts for one in others)
        alone = asked and (not others or (apart and free))
        score = _score(mention, before, text, for_another, following, alone)
        end = mention.end
        if score is not None:
            ranked.append((-score, place, mention))
    if not ranked:
        return None
    ranked.sort(key=lambda one: one[:2])
    parts: dict[AddressPart, str] = {}
    spans: list[tuple[int, int]] = []
    cost = 0.0
    for _, _, mention in ranked:
        if any(parts.get(part, value) != value for part, value in _home_of(mention).items()):
            continue
        new = {part: value for part, value in mention.parts.items() if part not in parts}
        if new:
            parts.update(new)
            spans.append((mention.start, mention.end))
            cost += mention.cost
    return Choice(parts, tuple(spans), cost)


def _home_of(mention: Mention) -> dict[AddressPart, str]:
    """The parts that must not disagree; a second room is simply another room."""
    return {
        part: value
        for part, value in mention.parts.items()
        if part in (AddressPart.BUILDING, AddressPart.UNIT)
    }


def _score(
    mention: Mention,
    before: str,
    text: str,
    for_another: bool,
    following: Mention | None,
    alone: bool,
) -> float | None:
    """How likely a mention is what is meant; None when it does not count at all."""
    own = (_THEIRS if for_another else _OWN).search(before) is not None
    neighbour = _NEIGHBOUR.search(before) is not None and not for_another
    home = [part for part in HOME if part in mention.parts]
    if _PARKING_BEFORE.search(before):
        return None
    if not mention.marked and mention.parts.get(AddressPart.ROOM, "").startswith("0"):
        return None
    if not mention.marked or home == [AddressPart.ROOM]:
        if neighbour or _NUMBER_BEFORE.search(before):
            return None
        if not mention.marked and not (own or alone or _stands_as_room(mention, text, following)):
            return None
    score = float(len(home)) - mention.cost / 4
    if own:
        score += 2.5
    if neighbour:
        score -= _NEIGHBOURS_COST
    if _BEFORE_NOW.search(before):
        score -= _PAST_COST
    return score


def _stands_as_room(mention: Mention, text: str, following: Mention | None) -> bool:
    """Whether a bare number is a room by where it stands."""
    if _ROOM_AFTER.match(text, mention.end):
        return True
    between = text[mention.end : following.start] if following is not None else "x"
    if not between.strip() and following is not None and AddressPart.ROOM not in following.parts:
        return True
    rest = text[: mention.start] + text[mention.end :]
    return not re.sub(r"[\s,，。.!！?？呃嗯啊哦额是的那个就在哎对好吧嘛呢]", "", rest)
