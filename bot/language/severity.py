"""How bad a water or other defect is: dripping, flowing, spraying, flooding (DLG-006, DLG-011)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.language.phrases import Closeness, Hit, PhraseTable
from bot.language.pinyin import LONGEST_READ, sounds_of


class SeverityGrade(str, Enum):
    """From harmless to dangerous."""

    SLIGHT = "slight"
    MODERATE = "moderate"
    SERIOUS = "serious"
    DANGEROUS = "dangerous"


_ORDER = (
    SeverityGrade.SLIGHT,
    SeverityGrade.MODERATE,
    SeverityGrade.SERIOUS,
    SeverityGrade.DANGEROUS,
)
_WORDS = {
    "slight": (
        "不(太|怎么|算|是很)?严重 不(大|厉害|急|多) 一点点? 有一?点(漏|滴|渗|湿)? =滴 滴水 滴答 "
        "渗水? 轻微 慢慢(滴|渗|漏)? 还好 还行 偶尔 潮 湿了 小问题 一般般?"
    ),
    "moderate": (
        "一直(滴|漏|流|在漏|在滴) 滴得(很|比较|挺)?快 一小滩 一滩 比较(严重|大|厉害) 细流 流出来 "
        "漏得(有点|比较) 在漏 在流 有积水 漏水 一盆"
    ),
    "serious": (
        "(很|非常|特别|挺|好|太|越来越|相当)(严重|厉害|大) 严重 漏得(很|好|特别)?(厉害|大|凶) "
        "大面积 哗哗 哗啦啦? 满地 一地(都是)?(的)?水? 到处(都)?是 全是水 关不(住|上|掉|了) "
        "止不住 停不下来 没法(用|住) 急"
    ),
    "dangerous": (
        "=喷 喷出来 往外(喷|涌|冲|冒) =涌 涌出来 爆了 爆裂 炸了 淹了? 被淹 漏到(了)?楼下 "
        "(滴|流|渗)到(了)?楼下 楼下(也|都)?(漏|滴|进水|被淹) 流到(楼道|电梯|走廊|楼梯) "
        "(插座|电器|电箱|电路|开关|灯)(里)?(都|也|已经)?(进水|进了水|有水|滴水|泡|湿|漏水) 漏电 "
        "冒火花 泡(到|在)?(了)?(插座|电) 天花板(要|快)?(塌|掉) 像(瀑布|下雨|喷泉)"
    ),
    "negation": "没有? 不是 还没 没怎么 不会",
}
_TABLE = PhraseTable(_WORDS, folded=False)


@dataclass(frozen=True)
class SeverityReading:
    """How bad it is.

    Attributes:
        grade: The worst grade told.
        escalates: Spraying, reaching the neighbours below or electricity: no
            ordinary repair but a person at once (DLG-011).
        span: The words that told it.
        repaired: Read by sound.
    """

    grade: SeverityGrade
    escalates: bool
    span: str
    repaired: bool


def read_severity(text: str) -> SeverityReading | None:
    """Grade of what the caller describes, the worst that is not denied; None when not told."""
    sounds = sounds_of(text[:LONGEST_READ])
    hits = [hit for hit in _TABLE.find(sounds) if hit.closeness is not Closeness.FOLDED]
    denials = [hit for hit in hits if hit.name == "negation"]
    graded = []
    for hit in hits:
        if hit.name == "negation" or _inside_longer(hit, hits):
            continue
        if any(0 <= hit.first - denial.stop <= 1 for denial in denials):
            continue
        graded.append(hit)
    if not graded:
        return None
    worst = max(graded, key=lambda hit: (_ORDER.index(SeverityGrade(hit.name)), len(hit)))
    grade = SeverityGrade(worst.name)
    return SeverityReading(
        grade=grade,
        escalates=grade is SeverityGrade.DANGEROUS,
        span=sounds.span(worst.first, worst.stop),
        repaired=worst.closeness is not Closeness.CHARACTERS,
    )


def _inside_longer(hit: Hit, hits: list[Hit]) -> bool:
    return any(
        other is not hit
        and other.first <= hit.first
        and other.stop >= hit.stop
        and len(other) > len(hit)
        for other in hits
    )
