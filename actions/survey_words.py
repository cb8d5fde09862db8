"""Reads the answers of a survey: is it solved, how satisfied; None rather than a guess."""

from __future__ import annotations

import re

from bot.language.reply import YesNo, read_yes_no
from zhiban.tickets.satisfaction import Grade

_MARKS = re.compile(r"[\s,，。.!！、~…；;：:]+")
_POLITENESS = re.compile(
    r"不好意思|对不起|没关系|不客气|不用谢|谢谢(?:您|你)?|辛苦(?:您|你|你们)?了?"
)
_FILLER = re.compile(
    r"(?:嗯|呃|啊|哦|噢|那个|这个|就是说?|我觉得|我感觉|我看|怎么说呢?|应该是?|吧|呢|啦|呀|嘛|的话)"
)
_ASKS = re.compile(
    r"[?？吗谁]|哪位|什么意思|满不满意|满意不满意|满意还是不满意|有没有|是不是|哪几个|怎么选|解决没解决|解没解决"
)
_SHORT = 6
"""Characters of a bare yes or no; in longer words they may mean anything."""

# --- solved --------------------------------------------------------------------------------

_DONE = r"(?:解决|修好|修完|修理好|弄好|搞好|搞定|处理好|处理完|处理掉|办好|办妥|换好|装好|清理好|疏通|恢复|正常|好)"
_SOLVED = re.compile(
    # Denials that are good news first: 没问题了, 不漏了.
    r"(?P<fine>没(?:有)?(?:什么|啥|任何|其他|别的)?(?:问题|毛病|事情?)|没(?:有)?再(?:漏|坏|响|吵|堵|滴|停|跳)|"
    r"不(?:再)?(?:漏|吵|堵|响|滴|臭|跳闸?|卡|渗|闹)(?:水|电)?了)"
    r"|(?P<open>(?:没|未|不)(?:有)?(?:能|给|帮|人|怎么|完全|彻底|真正|根本|全|都|我|我们|我家|你们|师傅|把它?|算|是){0,3}"
    rf"(?:{_DONE}|来|修|管|处理|弄|动静|效果|结果|消息|反应|回音|联系|行|亮|通|成|灵|改善|变化|进展|能用|管用|好用)"
    r"|(?:解决|修|弄|搞|处理|用|关|开|打)不(?:了|好|上|开)|没用|没法用"
    r"|还(?:是|在|会|有点?)(?:不|没|漏|滴|响|吵|堵|坏|老样子|那样|这样|一样|有|停|臭|渗|闹)|又(?:不|漏|坏|堵|吵|响|停|开始|来了|出|滴|犯|臭|渗)"
    r"|仍然|依然|依旧|老样子|照样|照旧|白修|白跑|越修越|更严重|更厉害|(?:一半|一部分|部分)(?:解决|好)?|没戏|还得|还要(?:再|等|修)|不好使|半天没"
    r"|^(?:还|都|根本|完全)?没(?:有|呢)?(?:呢|啊|呀|哦|嘞|吧)?(?=，|$))"
    rf"|(?P<done>{_DONE}|能用|可以用|亮了|通了|有水了|有电了|来电了|来水了|妥了|完事|成了)"
)
_HEDGED = re.compile(
    r"不知道|不清楚|不确定|说不(?:好|准|清)|没(?:注意|看|试|在家|回家|留意)|可能|好像|也许|不晓得|忘了|记不"
)
_YES_KEYS, _NO_KEYS = ("1", "一", "幺"), ("2", "二")
_POLITE = re.compile(r"(?:好|好的|好啊|好吧|行|可以|可以的|您好|你好|喂|好好)+")
"""Said to anything, so no answer to whether it is solved."""


def read_solved(text: str) -> bool | None:
    """Return whether the owner says that the matter is solved; None when they do not say.

    Words about the matter count first, the last of them most (刚修好又坏了); a bare yes or no
    answers the question. Half solved is not solved.
    """
    told = tells_solved(text)
    plain = _plain(text)
    if told is not None or _HEDGED.search(plain) or _ASKS.search(text):
        return told
    if plain in _YES_KEYS:
        return True
    if plain in _NO_KEYS:
        return False
    if len(plain) > _SHORT or _POLITE.fullmatch(plain):
        return None
    agreed = read_yes_no(text)
    return None if agreed is YesNo.UNSURE else agreed is YesNo.YES


def tells_solved(text: str) -> bool | None:
    """Return what words about the matter itself say, whatever was asked."""
    plain = _plain(text)
    if _HEDGED.search(plain) or _ASKS.search(text) or _POLITE.fullmatch(plain):
        return None
    spoken = [found for found in _SOLVED.finditer(plain) if not _is_praise(plain, found)]
    if not spoken:
        return None
    return spoken[-1].lastgroup != "open"


def _is_praise(plain: str, found: re.Match[str]) -> bool:
    """Whether a bare 好 is about the service (挺好的), an apology or a joint rather than the matter."""
    if found.group() != "好":
        return False
    after = plain[found.end() :]
    return not after.startswith(("了", "啦"))


# --- satisfied -----------------------------------------------------------------------------

_NUMBER = re.compile(
    r"(?:我?(?:选|按|打|给|就))*(?:第)?(?P<number>[一二三四幺1-4])(?:个|号|项|档)?(?=，|$|[非不很]?常?满意)"
)
_NUMBERS = {
    **dict.fromkeys(("一", "幺", "1"), Grade.VERY_SATISFIED),
    **dict.fromkeys(("二", "2"), Grade.SATISFIED),
    **dict.fromkeys(("三", "3"), Grade.FAIR),
    **dict.fromkeys(("四", "4"), Grade.DISSATISFIED),
}
_VERY = r"(?:非常|特别|十分|相当|超级|超|极其|极为|百分之?百|百分百|完全|真心)"
_EVEN = r"(?:很|太|怎么|大|那么|够|是很|是太|是那么|是特别|是非常|怎么是|特别|十分|非常|算|是|咋|能|敢|觉得)"
_GRADES = re.compile(
    r"(?P<satisfied_0>没(?:有|什么|啥|有什么|有啥|哪里|任何)?(?:地方)?不满意(?:的)?)"
    r"|(?P<unsure_0>不是不满意|也不是不好)"
    r"|(?P<fair_0>不好不坏|不好也不坏|马马虎虎|一般般|一般(?:满意)?|还(?:行|可以|好|凑合|过得去|成|将就)|凑合|凑活|将就|过得去|说得过去|勉强|"
    r"普普通通|普通|中等|中不溜|中规中矩|(?:也)?就那样|就这样|就那么回事|差不多|及格|马虎|(?:比较|有点)?平淡)"
    rf"|(?P<dissatisfied_0>(?:不|没(?:有)?|谈不上|说不上|算不上|称不上){_EVEN}*满意|不咋[地的样]*|不怎么(?:样|好|行|地|的)?|"
    r"不(?:太|大|是很|是太)?(?:好(?!意思)|行|理想|及格|合格|像话|负责|靠谱|专业)|(?:很|太|真|极|特别|非常|挺|比较|有点|实在)?(?:差劲|差评|差|烂|糟糕|糟|垃圾)(?!不多)|"
    r"失望|恼火|生气|气死|气人|窝火|上火|没法说|零分|最低分|没用|敷衍|糊弄|拖拉|坑人|扯皮|骗人)"
    rf"|(?P<very_0>{_VERY}的?(?:满意|好|不错|棒|赞)|(?:很|太|真|最)的?满意|太(?:好|棒|赞|不错)了?|好极了|棒极了|很棒|真棒|特棒|完美|满分|一百分|五星(?:好评)?|"
    r"点赞|没得挑|无可挑剔|超出预期|感激不尽|最高分)"
    r"|(?P<satisfied_1>(?:挺|蛮|比较|还算|基本|基本上|还是|都|也)?满意|(?:挺|蛮|很|真|还|都|还是)?不(?:错|赖|差)|(?:挺|蛮|很|真|还蛮|还挺)(?:好|快|及时|可以|行|负责|专业|热情|到位)|"
    r"没得说|没话说|没毛病|好评|好得很)"
)
_OF = {
    "satisfied": Grade.SATISFIED,
    "fair": Grade.FAIR,
    "dissatisfied": Grade.DISSATISFIED,
    "very": Grade.VERY_SATISFIED,
}
_NO_GRADE = re.compile(
    r"不知道|不清楚|不确定|说不(?:好|准|清|上来)(?!满意)|随便|都行|无所谓|没想好|不好说|你们?看着|看情况|不晓得"
)


_BUT = re.compile(r"但|可是|不过|只是|就是(?=[^，]*(?:没|慢|差|不|太))")


def read_grade(text: str) -> Grade | None:
    """Return the grade of an answer; None when it says none, more than one, or praise with a but."""
    said = _plain(text)
    plain = _FILLER.sub("", said).strip("，")
    if not plain or _NO_GRADE.search(plain) or _ASKS.search(text):
        return None
    if _BUT.search(said) and "满意" not in said:
        return None
    grades: set[Grade | None] = {
        _OF.get(str(found.lastgroup).rsplit("_", 1)[0]) for found in _GRADES.finditer(plain)
    }
    number = _NUMBER.match(plain)
    if number is not None:
        grades.add(_NUMBERS[number["number"]])
    return grades.pop() if len(grades) == 1 else None


def names_grade(text: str) -> Grade | None:
    """Return the grade only if it is named: an answer to another question may only sound like one."""
    return read_grade(text) if "满意" in text else None


# --- may I ask -----------------------------------------------------------------------------

_AGREES = re.compile(
    r"有空|有时间|(?<!不)(?:方便|可以|行|好|对)|嗯|你说|您说|说吧|问吧|请说|请讲|讲吧|没问题|来吧|是我|是的"
)
_REFUSES = re.compile(
    r"不(?:太|是很|大)?(?:方便|想|用|需要|要|可以|行|愿意|参加|做|评价)|没(?:有)?(?:空|时间|工夫|功夫|兴趣)|(?:(?<!帮)忙|开会|开车|上班|上课|吃饭|睡觉)|"
    r"等(?:一)?会|改天|晚点|回头|下次|打错|不是我|不认识|别打|别烦|骚扰|算了"
)


def read_consent(text: str) -> bool | None:
    """Return whether the owner lets themselves be asked; None when that is not clear."""
    plain = _plain(text)
    if _REFUSES.search(plain):
        return False
    if _ASKS.search(text):
        return None
    if plain in _YES_KEYS:
        return True
    if plain in _NO_KEYS:
        return False
    if _AGREES.search(plain):
        return True
    agreed = read_yes_no(text)
    return None if agreed is YesNo.UNSURE else agreed is YesNo.YES


_NOTHING = re.compile(
    r"(?:，?(?:没(?:有|什么|啥)?(?:什么|啥)?(?:原因|理由|意见|好?说的?|要说的?)?(?:了|的)?|不(?:想|用)说(?:了)?|不说了|算了|就这样|没了|无|再见|拜拜|挂了))+"
)


def read_reason(text: str) -> str:
    """Return the reason as it was told, ``""`` for none."""
    plain = _plain(text)
    return "" if _NOTHING.fullmatch(plain) else text.strip()


def _plain(text: str) -> str:
    return _MARKS.sub("，", _POLITENESS.sub("，", text)).strip("，?？")
