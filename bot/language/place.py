"""Where in or around a home something is: 厨房, 楼道, 车库… found by sound too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import LONGEST_READ, sounds_of


class PlaceScope(str, Enum):
    """Inside a home or shared by everyone: decides which team repairs it."""

    INDOOR = "indoor"
    PUBLIC = "public"


_INDOOR = {
    "厨房": "厨房 灶台 灶间 厨间",
    "卫生间": "卫生间 厕所 洗手间 浴室 淋浴房? 茅房 洗澡间 主卫 客卫 次卫",
    "阳台": "阳台 露台 晾台",
    "客厅": "客厅 大厅里 起居室",
    "餐厅": "餐厅 饭厅",
    "主卧": "主卧",
    "次卧": "次卧",
    "卧室": "卧室 =房间 睡房 儿童房",
    "书房": "书房",
    "储物间": "储物间 储藏室 杂物间",
    "入户门": "入户门 防盗门 大门口? 家门口",
    "玄关": "玄关",
    "飘窗": "飘窗",
    "窗户": "窗户 窗台",
    "水槽下面": "水槽(下面|底下|下方)? 洗菜(池|盆)(下面|底下)? 洗手(盆|池|台)(下面|底下)?",
    "天花板": "天花板 吊顶 屋顶 房顶",
    "墙面": "墙面 墙壁 外墙 =墙上 墙角",
    "地漏": "地漏",
    "马桶": "马桶 坐便器?",
}
_PUBLIC = {
    "楼道": "楼道 走廊 过道 走道",
    "电梯": "电梯 轿厢",
    "电梯厅": "电梯(厅|口|间)",
    "楼梯间": "楼梯间? 安全通道 消防通道",
    "单元门": "单元门(口)? 单元口",
    "大堂": "大堂 门厅",
    "地下车库": "地下车库 地库 车库 地下停车场 停车场",
    "地下室": "地下室",
    "车棚": "车棚 非机动车棚",
    "天台": "天台 楼顶 顶楼平台",
    "小区门口": "小区(大)?门口? 东门 西门 南门 北门 岗亭",
    "花园": "花园 草坪 绿化带 凉亭 广场",
    "儿童乐园": "儿童(乐园|游乐区) 滑梯",
    "垃圾房": "垃圾(房|站|点|桶)",
    "配电房": "配电(房|室|间) 变电(房|所|室)",
    "水泵房": "水泵房 泵房",
    "管道井": "管道井 水表井 电表箱 水表间",
    "快递柜": "快递柜 快递架",
    "充电桩": "充电桩",
    "健身区": "健身(区|器材|房)",
    "游泳池": "游泳池 泳池",
    "会所": "会所 活动中心",
}
_TABLE = PhraseTable({**_INDOOR, **_PUBLIC}, folded=False)
_SHORTEST_HEARD = 2


@dataclass(frozen=True)
class PlaceReading:
    """A place found.

    Attributes:
        place: Its usual name.
        scope: Indoor or public.
        span: The caller's words.
        start: Offset in the text.
        end: Offset just past it.
        repaired: Found by sound, not by its characters.
        others: Further places named, usual names.
    """

    place: str
    scope: PlaceScope
    span: str
    start: int
    end: int
    repaired: bool
    others: tuple[str, ...]


def read_place(text: str) -> PlaceReading | None:
    """The most specific place in a text (the longest, then the first), or None."""
    sounds = sounds_of(text[:LONGEST_READ])
    hits = [
        hit
        for hit in _TABLE.find(sounds)
        if len(hit) >= _SHORTEST_HEARD and hit.closeness is not Closeness.FOLDED
    ]
    if not hits:
        return None
    kept = [
        hit
        for hit in hits
        if not any(
            other is not hit and other.overlaps(hit) and len(other) > len(hit) for other in hits
        )
    ]
    best = max(kept, key=lambda hit: (hit.closeness, hit.name in _INDOOR, -hit.first))
    names = dict.fromkeys(hit.name for hit in kept if hit.name != best.name)
    return PlaceReading(
        place=best.name,
        scope=PlaceScope.INDOOR if best.name in _INDOOR else PlaceScope.PUBLIC,
        span=sounds.span(best.first, best.stop),
        start=sounds.starts[best.first],
        end=sounds.ends[best.stop - 1],
        repaired=best.closeness is not Closeness.CHARACTERS,
        others=tuple(names),
    )
