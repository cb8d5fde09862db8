"""Small readings of the caller's own words that only forms need."""

from __future__ import annotations

import re

_HEAD = re.compile(
    r"^(?:喂|你好|您好|哎|嗯|呃|啊|那个|就是|是这样的?|请问|麻烦(?:你们?|您)?|物业(?!费|公司|服务|管理|中心)|师傅|对了|还有|另外|"
    r"帮(?:我|忙)|我想|我要|想要?|给我|报修(?:一下)?|报个修|投诉(?:一下)?|[,，。、\s])+"
)
_TAIL = re.compile(
    r"(?:[,，。、\s]|麻烦(?:你们?|您)?|请|帮(?:我|忙)?|能不能|赶紧|快点|你们|派(?:个)?人|找(?:个)?人|师傅|"
    r"我?要投诉(?:你们)?|(?:过?来|去)?(?:看|修|处理|登记|弄)(?:一?下|看)?|谢谢|吧|啊|呀|好吗|行吗)+$"
)
_GENERIC = re.compile(
    r"(?:我们?|这|里|边|家|想|要|来|需要|还|再|另外|有|报|保|修|维修|上门|投诉|登记|一?下|一?个|件|点|你们|您|"
    r"物业|师傅|派|人|找|叫|请|帮|给|事情?|问题|建议|意见|提|反映|东西|坏了?|看看?|的|了|吧|啊|呀|嗯|喂|你好|您好|"
    r"预约|约|咨询|问)*"
)
_SINCE = re.compile(
    r"(?:从|自从|打)[^,，。]{1,8}?(?:开始|以来|起)|"
    r"(?:今天|昨天|前天|今早|昨晚|上周|这周|上个?月|去年|半夜|凌晨)[^,，。]{0,5}?(?:开始|起)|"
    r"(?:连续|已经|都)[一二三四五六七八九十两几半好\d]+(?:天|个?星期|周|个?月|年|个?小时)|"
    r"每天[^,，。]{0,6}?点"
)
_QUESTION = re.compile(
    r"吗|呢[?？]?$|[?？]|多少|怎么|什么|为什么|为啥|几点|多久|哪[里儿个些]|谁|能不能|可不可以|要不要|是不是|有没有"
)
_CANCEL = re.compile(
    r"算了|不报(?:修)?了|不用(?:登记|报修?|来|修)了?|别登记|不登记|取消|撤销|不投诉了?|不修了|不要登记|不弄了"
)
_LEAVING = re.compile(r"再见|拜拜|挂了|先这样|回头再(?:说|打)")

_BURNT = re.compile("(?P<denied>[没不无][^,，。]{0,5})?(?:焦味|糊味|煳味|烧焦|火花|冒烟)")

_WRONG = re.compile(
    r"(?P<what>电话|手机|号码|联系方式|地址|房号|单元|楼栋|楼号|门牌|姓名|名字|称呼|时间)"
    r"(?:号码?|号)?[^,，。不错改换]{0,4}(?:不对|错了?|说错|记错|搞错|有问题|要?改|换|更正)"
    r"|(?:改|换|更正)(?:一下|一个|个)?(?P<changed>电话|手机|号码|地址|房号|单元|姓名|名字|时间)"
)
_WHICH = {
    "phone": ("电话", "手机", "号码", "联系方式"),
    "address": ("地址", "房号", "单元", "楼栋", "楼号", "门牌"),
    "name": ("姓名", "名字", "称呼"),
    "time": ("时间",),
}

# Words that make a complaint a matter for the management at once (EMG-042…045, SLA-032).
_THREAT = re.compile(
    r"媒体|电视台|记者|曝光|报社|新闻|抖音|快手|微博|小红书|热搜|发到?网上|网上发|街道办?|社区居委|"
    r"(?<![\d零一二三四五六七八九幺])(?:12345|[一幺]二三四五)(?![\d零一二三四五六七八九幺])|市长热线|信访|上访|住建|房管局|消协|三一五|315|纪委|政府(?:投诉|反映|告)|律师|法院|起诉|诉讼|"
    r"打官司|告你们|法律途径|维权(?:群|业主)|拉横幅|联名|一起(?:闹|去)"
)
_REPEATED = re.compile(
    r"(?:好几|多少|[三四五六七八九十]|很多|无数|一再|每)次|天天|再三|反复|没完没了|忍无可忍|受不了|说了多少遍|气死"
)
_SERIOUS_MATTER = re.compile(
    r"受伤|打人|打我|推倒|推我|动手|威胁|恐吓|危险|砸|集体|整栋|所有业主|大家都"
)


def describe(text: str, *spans: str) -> str:
    """Return the matter without greetings, requests and the given spans (address, name…)."""
    for span in spans:
        if span:
            text = text.replace(span, " ")
    text = re.sub(r"我(?:是|住在?|在)\s*的?(?=\s|$|[,，])", " ", text)
    text = _HEAD.sub("", text.strip())
    text = _TAIL.sub("", text)
    text = re.sub(r"^(?:我是|我住|的|[,，。\s])+", "", text)
    return re.sub(r"\s+", "，", text).strip("，,。 ")


def is_generic(text: str) -> bool:
    """Whether the words only say that something is wanted, not what (我要报修)."""
    return _GENERIC.fullmatch(re.sub(r"[,，。!！?？\s]", "", text)) is not None


def read_since(text: str) -> str:
    """Return the words that tell since when, or ``""``."""
    return "，".join(found.group() for found in _SINCE.finditer(text))


def is_question(text: str) -> bool:
    """Whether the words ask something."""
    return _QUESTION.search(text) is not None


def wants_to_cancel(text: str) -> bool:
    """Whether the caller takes the request back."""
    return _CANCEL.search(text) is not None


def wants_to_leave(text: str) -> bool:
    """Whether the caller is hanging up."""
    return _LEAVING.search(text) is not None


def threatens(text: str) -> bool:
    """Whether media, authorities, law or a crowd are brought up (EMG-042…045)."""
    return _THREAT.search(text) is not None


def is_repeated(text: str) -> bool:
    """Whether it happened many times or the caller has had enough (SLA-032)."""
    return _REPEATED.search(text) is not None


def is_serious(text: str) -> bool:
    """Whether people were hurt or threatened, or many are concerned (SLA-032)."""
    return _SERIOUS_MATTER.search(text) is not None


def named_wrong(text: str) -> str:
    """Return what the caller calls wrong: phone, address, name, time, or ``""``."""
    found = _WRONG.search(text)
    if found is None:
        return ""
    word = found["what"] or found["changed"]
    return next((which for which, words in _WHICH.items() if word in words), "")


def smells_burnt(text: str) -> bool:
    """Whether there is a burnt smell, smoke or sparks, and it is not denied."""
    burnt = _BURNT.search(text)
    return burnt is not None and not burnt["denied"]
