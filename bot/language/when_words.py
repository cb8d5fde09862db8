"""Words for times as callers say them, and the patterns that find them."""

from __future__ import annotations

import re

from bot.language.phrases import Closeness, PhraseTable
from bot.language.pinyin import sounds_of

_NUM = "[0-9零一二两三四五六七八九十]{1,3}"
DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨儿": -1, "今天": 0, "今日": 0, "今儿": 0, "明天": 1, "明日": 1,
    "明儿": 1, "大后天": 3, "后天": 2, "后儿": 2, "昨晚": -1, "昨夜": -1, "前晚": -2, "今早": 0, "今晚": 0, "今夜": 0, "明早": 1, "明晚": 1, "后晚": 2,
    "当天": 0,
}  # fmt: skip
DAY_PART = {
    "昨晚": "晚上", "昨夜": "半夜", "前晚": "晚上", "今早": "早上", "今晚": "晚上", "今夜": "晚上", "明早": "早上", "明晚": "晚上", "后晚": "晚上",
}  # fmt: skip
PARTS: dict[str, tuple[int, int]] = {
    "凌晨": (0, 6), "半夜": (0, 5), "清晨": (5, 8), "清早": (6, 9), "一大早": (6, 9), "一早": (6, 10), "大早上": (6, 10), "早上": (6, 10), "早晨": (6, 10), "早起": (6, 10),
    "上午": (8, 12), "中午": (11, 14), "晌午": (11, 14), "下午": (12, 18), "午后": (12, 18), "傍晚": (17, 20), "傍黑": (17, 20), "晚上": (18, 23), "夜里": (20, 24), "晚间": (18, 23), "白天": (8, 18),
}  # fmt: skip
NOON = frozenset(("中午", "晌午"))
AFTERNOON = frozenset(("下午", "午后", "傍晚", "傍黑", "晚上", "晚间", "夜里"))
EVENING = frozenset(("晚上", "晚间", "夜里"))
UNIT_DAYS = {"天": 1.0, "日": 1.0, "星期": 7.0, "礼拜": 7.0, "周": 7.0, "月": 30.0, "年": 365.0}
UNIT_HOURS = {"小时": 1.0, "钟头": 1.0, "分钟": 1 / 60, "刻钟": 0.25}
WEEKDAYS = (
    {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6} | {str(i + 1): i for i in range(7)}
)
WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}

DAY = re.compile("|".join(sorted(DAYS, key=len, reverse=True)))
TWO_DAYS = re.compile("明后[两二]?天|今明[两二]?天")
_WEEK = "(?P<which>上上|上|这|本|下下|下)?个?(?:周|星期|礼拜)"
WEEKDAY = re.compile(f"{_WEEK}(?P<day>[一二三四五六日天1-7])(?![个点天])")
SECOND_WEEKDAY = re.compile(
    "[、和跟或到至,，\\s]*(?:或者)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天1-7])(?![个点])"
)
WEEKEND = re.compile("(?P<which>上|这|本|下)?个?(?:周末|双休)")
DATE = re.compile(f"(?:({_NUM})月({_NUM})[号日]?|({_NUM})[号日](?![楼栋]))")
PART = re.compile("|".join(sorted(PARTS, key=len, reverse=True)))
_HALF = f"半|一刻|三刻|过?{_NUM}(?=分|$|[^天个月号栋点])"
CLOCK = re.compile(
    f"(?P<hour>{_NUM})(?:点(?!了?火)[来多]?钟?|[:：时])(?P<minute>{_HALF})?分?[来多]?整?"
)
AFTER = re.compile("(?:[下放]了?[班学])?(?:以后|之后|过后|往后|开始|起|后)")
BEFORE = re.compile("(?:以前|之前|前)")
TO = re.compile("[到至~—-]")
NOW = re.compile("刚才|刚刚|刚|现在|马上|立刻|这会儿|这阵|尽快|越快越好|赶紧|即刻")
ANYTIME = re.compile(
    "随时|都(?:可以|行|在家?)|全天|什么时候都|一直在家|一直都?在|任何时候|一整天|整天"
)
DURATION = re.compile(
    f"(?P<count>半|好几|几|{_NUM})(?P<more>[多来])?(?:个)?(?P<more2>[多来])?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟|天|星期|礼拜|周|月|年)(?P<tail>多|半)?(?=.{{0,2}}(?P<mark>了|前|以前|之前)|$|[^后内里以之])"
)
LATER = re.compile(
    f"(?:再?过)?(?P<count>半|{_NUM})个?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟)(?:以后|之后|后|左右)"
)
LONG = re.compile("好久了?|很久了?|老早|一直都?(?:这样|有)|一阵子|长时间|好些天|半天了?")
# 两三天 is no number of days.
VAGUE = re.compile("^(?:一两|两三|三四|三五|四五|五六|六七|七八|八九|一二|二三|好几|几)$")
# What was said before is taken back; what follows counts.
CORRECTED = re.compile("不对|错了|说错|[哦噢啊哎]不|不不|应该是")
# Nor does what comes before these suit.
UNSUITABLE = re.compile(
    "不行|不方便|没空|没时间|没人|不在(?!乎)|要?上班|出差|说不准|说不好|说不定|不好说|不一定|不确定|再说|再看|看情况|问问|问一下|问我"
)
DENIED = re.compile("不是(?:.{1,8}?)(?=是|[,，。\\s]|$)")
EXCEPT = re.compile("除了?.{2,6}?(?:以外|之外|都)")
LAST_MONTH = re.compile("上个?月的?$")
_NORMAL_WORDS = (
    "大前天 前天 昨天 今天 明天 大后天 后天 昨晚 今早 今晚 明早 明晚 凌晨 半夜 清晨 早上 早晨 "
    "上午 中午 下午 傍晚 晚上 夜里 白天 刚才 刚刚 周末 随时 以后 之后 以前 之前 左右 星期 礼拜"
)
_SOUND_TABLE = PhraseTable({"word": _NORMAL_WORDS}, folded=False)
# 下中三 for 下周三; 上午五十点 for 上午十点.
_HEARD_WEEK = re.compile("(?<=[上下这本])[中舟州洲粥走](?=[一二三四五六日天])")
_HEARD_TEN = re.compile("(?<=午)[五无](?=十[一二]?点)")


def normalised(text: str) -> tuple[str, bool]:
    """Words that only sound right put right, offsets kept; and whether any were."""
    sounds = sounds_of(text)
    letters = list(text)
    hits = _SOUND_TABLE.find(sounds)
    written = [hit for hit in hits if hit.closeness is Closeness.CHARACTERS]
    for hit in hits:
        # 礼拜天 is written; the 白天 in its sound is nothing.
        if hit.closeness is Closeness.SOUND and not any(hit.overlaps(one) for one in written):
            for offset, character in enumerate(hit.phrase):
                letters[sounds.starts[hit.first + offset]] = character
    for found in _HEARD_WEEK.finditer(text):
        letters[found.start()] = "周"
    for found in _HEARD_TEN.finditer(text):
        letters[found.start()] = " "
    plain = "".join(letters)
    return plain, plain != text
