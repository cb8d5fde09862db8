"""Short replies: yes and no, backchannels, stop phrases, asking for a person or a repeat.

All by sound as well: 部队 is 不对 to a recogniser that expected soldiers.
"""

from __future__ import annotations

from enum import Enum

from bot.language.phrases import Closeness, Hit, PhraseTable
from bot.language.pinyin import LONGEST_READ, fold, sounds_of


class YesNo(str, Enum):
    """The answer to a closed question."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


_ANSWERS = PhraseTable(
    {
        "yes": (
            "是的 是啊 是呀 是是是? =是 对的 对啊 对呀 对对对? =对 没错 没有错 正确 可以(的)? "
            "=行 行(的|啊|吧|呀) 没问题 确认 当然 就是(的|这个|它|这样)? =要 要的 "
            "需要 =有 有的 有人 有啊 肯定 答应 同意 愿意 方便 好的 好啊 好呀 好吧 好嘞 必须的 "
            "系的 四的 欧克 @o@k"
        ),
        "weak_yes": "=好 =嗯 =恩 =哦 =噢 =啊 嗯嗯",
        "no": (
            "不是(的|啊|这个|这样)? 不对(的|啊|不对)? =不 "
            "不(要|用|行|可以|需要|必|了|想|同意|方便|愿意|报|修) 没有(啊|的|没有)? =没 =错了 "
            "弄错了? 搞错了? 说错了? =别 "
            "算了 取消 不啊 才不 哪有 没这(回|个)事 不正确 听错了? 打错了? 部队"
        ),
        "unsure": (
            "不知道 不清楚 不(太)?确定 可能 好像 说不(好|准|清) 也许 大概 看不(清|见|到) 不晓得 "
            "不好说 记不(得|清) 没注意 是不是 对不对 有没有 要不要 行不行 好不好 什么意思"
        ),
        "ignore": "没关系 不好意思 对不起 不客气 不用谢 不错 就是说 你好 您好 不着急",
    },
    folded=False,
)
_WHOLE: dict[tuple[str, ...], YesNo] = {
    ("dui",): YesNo.YES, ("shi",): YesNo.YES, ("hao",): YesNo.YES, ("xin",): YesNo.YES,
    ("en",): YesNo.YES, ("you",): YesNo.YES, ("yao",): YesNo.YES, ("si", "de"): YesNo.YES,
    ("dui", "de"): YesNo.YES, ("hao", "de"): YesNo.YES, ("dui", "dui"): YesNo.YES,
    ("bu",): YesNo.NO, ("mei",): YesNo.NO, ("mei", "you"): YesNo.NO, ("bu", "dui"): YesNo.NO,
    ("bu", "si"): YesNo.NO, ("bu", "yao"): YesNo.NO, ("bu", "yon"): YesNo.NO, ("bu", "yong"): YesNo.NO,
}  # fmt: skip
_BACKCHANNELS = PhraseTable(
    {
        "backchannel": (
            "=嗯 =恩 =呃 =哦 =噢 =喔 =啊 =诶 =欸 =哎 =唉 =对 =好 =是 =行 =嗨 对的 好的 是的 是啊 "
            "对啊 好吧 行吧 嗯哼 哦哦 知道了? 明白了? 了解了? 晓得了? 这样啊? 好嘞 =呀 =吧 =嘛 "
            "=了 =的 "
            "听着呢 在听 你说 您说 继续 没错 谢谢"
        )
    },
    folded=False,
)
_BACKCHANNEL_SOUNDS = frozenset("en e o a ei ai dui hao shi xing de ya ba la le ma ng m hm".split())
_LONGEST_BACKCHANNEL = 6
_STOPS = PhraseTable(
    {
        "stop": (
            "等(一下|一等|等|会儿?|我|一会) 停(一下|下|停) 别(说|念|讲|播|吵|放)了? 先别 打住 "
            "慢着 且慢 暂停 闭嘴 不是 不对 说错了? 错了错 听我说 你听我 我(问|说|跟)你 "
            "转人工 人工 在员工 喂喂喂? 不要说了? 够了 跳过 我知道了 行了行 好了好 重新说 "
            "我要(转|改) 我还没说完 让我说"
        ),
        "not": "人工(费|湖|智能) 是不是 等一下子女",
    },
    folded=False,
)
_STOP_WHOLE = frozenset((("ting",), ("wei",), ("bu",), ("cuo", "le")))
_SHORT_STOP = 6
_HUMAN = PhraseTable(
    {
        "human": (
            "(转|找|接|要|叫|换|给我|切)(一下|个|到)?(人工|真人|活人) "
            "人工(服务|客服|坐席|座席|电话|台)? 在员工 在人工 转员工 真人 活人 =找个人来 "
            "(找|叫|换|派)(一)?个(人|真人|活人)(来|接|跟|和|说|听|讲) "
            "(转|找|接|叫|换|让)(一下|到|接)?(给|你们|你|我们|我)?的?(管家|前台|客服|值班|工作人员|物业(办公室|前台)|接线员|总台) "
            "转接 (不|别)(想|要|愿)?(和|跟|同)(机器人?|电脑|你说|你讲) "
            "(跟|和)(人工|客服|真人|经理|主管)(说|讲|聊|谈) 你是机器人 (是|个)机器人吧 跟机器人? "
            "和机器人 机器人(听|说)?不(懂|清) (接|转)(到)?物业"
        ),
        "refusal": "(不|别|不用|不要|不需要|先不|不想)(转|找|接)(人工|真人|客服|经理)? 不是人工",
        "lookalike": (
            "人工(费|湖|智能|收费|打扫|授精|成本) 投诉(你们)?(经理|管家|客服|主管) 转接头 转接线 "
            "(找|派|叫|换)个人来?(修|看|弄|处理|维修|帮|检查|清|扫|开)"
        ),
    },
    folded=False,
)
_MANAGER = PhraseTable(
    {
        "about": "(不|别)(用|要)?(找|见|叫|转)(你们)?(经理|领导|主管|负责人|老板) 见过",
        "manager": "(找|见|叫|让|喊|换|转)(一下)?(你们|物业|值班|你们的|那个)?(经理|领导|主管|负责人|老板)",
    },
    folded=False,
)
_REPEAT = PhraseTable(
    {
        "repeat": (
            "(再|重新|请再|能再|你再|麻烦再)(给我)?(说|讲|念|报)(一)?(遍|次|下|一下|回) "
            "没(有)?(听|太听|怎么听)(清楚?|明白|见|到|懂) "
            "(听|太|是)?听不(太)?(清楚?|见|到|懂|明白) 没听 重复 "
            "(刚才|刚刚|刚)(说|讲)的?是?(什么|啥|那个|那句) (刚才|刚刚)(说|讲)的 "
            "(你|您)(刚才|刚刚)?(说|讲)(的是)?(什么|啥) 说(的)?慢(一)?点 慢(一)?点(说|讲|儿) "
            "大(点)?声(一)?点 说什么 再来一遍 "
            "刚才那个再 声音太小 没听到 什么没听见 说(得)?太快 (再)?你再说"
        ),
        "own": (
            "我(再|就)?(跟你)?(再)?(说|讲|重复)(一)?(遍|次) 听不懂人话 我说什么 "
            "都?说了(多少|几|好几)遍"
        ),
    },
    folded=False,
)
_REPEAT_WHOLE = frozenset("什么 啥 啊什么 嗯什么 什么啊 啥呀 你说啥 哈 啊".split())
_LONG_REPLY = 16


def read_yes_no(text: str) -> YesNo:
    """Whether a caller agreed; UNSURE when neither, both, or doubtful; never raises."""
    sounds = sounds_of(text[:LONGEST_READ])
    whole = _WHOLE.get(tuple(map(fold, sounds.syllables)))
    if whole is not None:
        return whole
    hits = _plain(_ANSWERS.find(sounds))
    if any(hit.name == "unsure" for hit in hits):
        return YesNo.UNSURE
    decisive = [hit for hit in hits if hit.name in ("yes", "no")]
    if len(sounds) > _LONG_REPLY:
        decisive = [hit for hit in decisive if hit.first <= 2]
    if decisive:
        return YesNo.YES if decisive[0].name == "yes" else YesNo.NO
    if any(hit.name == "weak_yes" for hit in hits) and len(sounds) <= 4:
        return YesNo.YES
    return YesNo.UNSURE


def is_backchannel(text: str) -> bool:
    """嗯, 对, 好的…: listening, not taking the floor. Empty text is none."""
    sounds = sounds_of(text[:LONGEST_READ])
    if not 0 < len(sounds) <= _LONGEST_BACKCHANNEL:
        return False
    if all(syllable in _BACKCHANNEL_SOUNDS for syllable in sounds.syllables):
        return True
    covered = {place for hit in _BACKCHANNELS.find(sounds) for place in range(hit.first, hit.stop)}
    return len(covered) == len(sounds)


def is_stop_phrase(text: str) -> bool:
    """等一下, 不是, 停, 转人工…: the caller takes the floor, even in one word."""
    sounds = sounds_of(text[:LONGEST_READ])
    if sounds.syllables in _STOP_WHOLE:
        return True
    short = len(sounds) <= _SHORT_STOP
    return any(
        hit.name == "stop" and (short or hit.first <= 2) for hit in _plain(_STOPS.find(sounds))
    )


def wants_human(text: str) -> bool:
    """The caller asks for a person (or for someone in charge)."""
    return wants_manager(text) or _asks(_HUMAN, text, ("human",), ("refusal",))


def wants_manager(text: str) -> bool:
    """The caller asks for someone in charge (DLG-023 to DLG-028)."""
    return _asks(_MANAGER, text, ("manager",), ("about",))


def wants_repeat(text: str) -> bool:
    """The caller did not hear or wants it said again."""
    if text.strip(" ,，。.？?！!") in _REPEAT_WHOLE:
        return True
    return _asks(_REPEAT, text, ("repeat",), ("own",))


def _asks(table: PhraseTable, text: str, wanted: tuple[str, ...], refused: tuple[str, ...]) -> bool:
    sounds = sounds_of(text[:LONGEST_READ])
    hits = _plain(table.find(sounds))
    if any(hit.name in refused for hit in hits):
        return False
    return any(hit.name in wanted for hit in hits)


def _plain(hits: list[Hit]) -> list[Hit]:
    """Hits not inside a longer hit of another family, in order."""
    return [
        hit
        for hit in hits
        if hit.closeness is not Closeness.FOLDED
        and not any(
            other.name != hit.name
            and other.first <= hit.first
            and other.stop >= hit.stop
            and len(other) > len(hit)
            for other in hits
        )
    ]
