"""Reading who is calling: 我姓李, 我叫李明, 李先生, 木子李 (TAX-089, SCR-033).

Only the caller's own name: 我老公叫李明 and 业主叫王芳 are somebody else's. A whole name beats a
surname with a title, which beats a surname alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.language.person_sound import (
    resident_by_sound,
    spelled_by_sound,
    surname_by_sound,
    syllable_cost,
)
from bot.language.pinyin import LONGEST_READ, fold, sounds_of
from bot.language.roster import Roster
from bot.language.surnames import COMPOUND_SURNAMES, SPELLED, SURNAMES, TITLES

HOME_MASK = "\x01"
"""Put in place of an address by who has read it already; a name may follow it (A座孙先生)."""

_SURNAME = f"(?:{'|'.join(COMPOUND_SURNAMES)}|[{''.join(SURNAMES)}])"
_LONG_TITLES = "|".join(sorted((t for t in TITLES if len(t) > 1), key=len, reverse=True))
_SHORT_TITLES = "".join(t for t in TITLES if len(t) == 1)
_END = r"(?=$|[\s,，。.!！?？、的啊呀呢吧嘛嗯哦呃\x01])"
_START = r"(?:^|(?<=[\s,，。.!！?？、呃嗯\x01的]))"
# What cannot be part of a given name: words that follow a name in speech.
_STOP = (
    "的是住在了啊呀呢吧吗嘛电话手机号我你他她们，。,.！!？?、 \x01"
    "不叫姓先女就这那来去个人也和跟要想有没说报修家房栋楼单元零二三四五六七八九十两幺嫂婶姨水漏灯到"
)
_NEXT_WORDS = "厨房|卫生|阳台|客厅|漏|水|马桶|下水|停|跳闸|空调|灯|暖|门|窗|墙|煤|天花|热|插座|反|投诉|物业|麻烦|师傅|快|请|帮|尾|[栋幢座号单]"
_LETTER = f"[^{_STOP}\\d\\sA-Za-z]"
_GIVEN = f"{_LETTER}(?:(?!{_NEXT_WORDS}){_LETTER}(?![栋幢座号单]))?"
_NO_TITLE = (
    f"(?!{_LONG_TITLES}|经理|主任|律师|工程师|总[,，\\s]|队长|管家|局长|[{_SHORT_TITLES}]{_END})"
)
_NAME = f"(?P<surname>{_SURNAME}){_NO_TITLE}(?P<given>{_GIVEN})"

# With an introduction and nothing behind it any character may be given.
_FULL_NAME = f"(?P<surname>{_SURNAME}){_NO_TITLE}(?:(?P<given>{_GIVEN})|(?P<rare>[\u4e00-\u9fff]{{1,2}}{_END}))"
_CALLED = re.compile(
    f"(?:我叫|(?:^|(?<=[\\s,，。就人]))叫做?|姓(?:{_SURNAME})[\\s,，]*叫|名字叫?是?|姓名是?|全名是?|登记.{{0,3}}是)"
    f"{_FULL_NAME}"
)
_REPEATED = re.compile(
    f"姓(?P<said>{_SURNAME})[\\s,，]*(?P<surname>(?P=said)){_NO_TITLE}(?P<given>{_LETTER}{{1,2}}){_END}(?!的)"
)
_INTRODUCED = re.compile(f"(?:我是|我|{HOME_MASK}+的?(?:业主|住户|租户|租客)?){_NAME}{_END}")
_TITLED = re.compile(f"(?P<surname>{_SURNAME})(?P<title>{_LONG_TITLES})")
_TITLED_SHORT = re.compile(
    f"(?:{_START}|我是|叫我|喊我|我)(?P<surname>{_SURNAME})(?P<title>[{_SHORT_TITLES}]){_END}"
)
_SURNAMED = re.compile(f"(?:免贵|我|本人|敝)?姓(?P<surname>{_SURNAME})(?!名)")
_FAMILIAR = re.compile(
    f"(?:叫我|喊我|叫|写个?|记个?|我是|我|就是|是|{_START})[小老](?P<surname>{_SURNAME})(?:{_END}|(?=就|好|行|得))"
)
_SPELLED = re.compile("|".join(sorted(SPELLED, key=len, reverse=True)))
_WHOLE = re.compile(
    f"(?:我是|我叫|就?叫|是)?(?P<surname>{_SURNAME}){_NO_TITLE}(?P<given>{_GIVEN})?"
)
_EXPLAINED = re.compile(r"(?P<word>\w{2,3}?)的(?P<character>\w)(?![姓叫])")
_CLAUSES = re.compile(r"[\s,，。.!！?？、\x01]+")

_RELATIVES = (
    "老公|老婆|爱人|先生|太太|媳妇|丈夫|妻子|妈|爸|父亲|母亲|爷|奶|外公|外婆|姥|岳父|岳母|公公|婆婆|儿子|女儿|闺女|"
    "孩子|小孩|宝宝|哥|姐|弟|妹|叔|姑|姨|舅|邻居|朋友|同事|室友|房东|业主|户主|房主|租客|租户|管家|经理|师傅|保安|保洁|他|她|人家|对方|那人|楼上|楼下|隔壁|对门|老头|老伴|老汉|媳|女婿|孙子|孙女|老人|老太太"
)
_OTHERS_BEFORE = re.compile(f"(?:{_RELATIVES})的?(?:名字|姓名)?(?:也|就)?[\\s,，]*$")
_OWN_ROLE = re.compile(
    "我(?:就)?是(?:[^,，。]{0,16}?的|[\\s\\x01]*的?)?(?:业主|户主|房主|租客|租户|住户|他|她)$"
)
_OTHERS_AFTER = re.compile(
    "的?(?:闺女|女儿|儿子|老婆|老公|爱人|妈|爸|家属|家人|媳妇|邻居|租客|租户|朋友|同事|室友|孙子|孙女|弟弟|妹妹|哥哥|姐姐|保姆|房子|家)"
)
_THAT_PERSON = re.compile("的(?!$|[\\s,，。\x01])")
_ENDS = re.compile(_END)
_MYSELF = re.compile("我是.{0,16}的?$|[\x01\\d零一二三四五六七八九幺十室][的是]?$")
_ABOUT_OTHERS = re.compile(
    "(?:找|那个|你们|你|问|跟|和|给|让|请|联系|物业|管家|上次|昨天|派|叫|楼上|楼下|隔壁|对门|邻居|老)的?$"
)
_ABOUT_SELF = re.compile("(?:我叫|我是|我姓|我|免贵姓|就叫|叫我|喊我)$")
_DENIED = re.compile("(?:不是?|别|没)$")
# Surnames that are common words: 我查一下, 小区, 老房.
_DOUBTFUL = frozenset(
    "查解向任成路计包安常单时应费管毛明温华于何高关万边车房米金古白康左尚区党水花柏宣隆景闻苗付代谢许曾钱"
)
_NOT_NAMES = frozenset(
    "高兴 安全 方便 常常 时候 万一 应该 白天 金额 向前 易碎 文明 关于 管理 管家 管子 明天 明白 "
    "成功 计划 闻到 时间 车库 车位 单元 房子 房间 "
    "马上 马桶 包括 严重 康复 任何 雷雨 龙头 方面 高层 简单 游泳 万分 何时 于是 余额 代表 代缴 "
    "华为 解决 应急 白色 左边 石头 水管 江边 "
    "古怪 宁可 欧洲 边上 谢谢 曾经 房东 房客 代驾 保安 管事 凌晨 沉静 常年 安装 安静 温度 符合 施工 明显 成本 盛夏 单独 费用 路灯 "
    "路上 时常 向右 金属 毛病 毛巾 白天 黄色 "
    "任意 文件 顾客 包裹 申请 安保 文字 关门 关灯 许多 汪汪 明早 明晚 路过 平时 平常 安排 查询 申报 何必 于此 向上 左右".split()
)
_TRAILING = "，。,.！!？?、 啊呀呢吧嗯的"
_LONGEST_BARE = 4


@dataclass(frozen=True)
class PersonReading:
    """A person's name as read.

    Attributes:
        surname: ``李`` or ``欧阳``.
        given: ``明``, or None.
        title: ``先生``, ``女士`` and the like when said.
        span: The caller's words.
        repaired: Read by sound: the characters said something else.
    """

    surname: str
    given: str | None
    title: str | None
    span: str
    repaired: bool

    @property
    def full(self) -> str:
        """Surname and given name as far as known."""
        return self.surname + (self.given or "")

    @property
    def name(self) -> str:
        """What a ticket keeps: the whole name, else the surname with its title if one was said."""
        return self.full if self.given else self.surname + (self.title or "")

    def address_as(self) -> str:
        """How to address the person: 李先生, or 李女士 (SCR-033); the bare name without a title."""
        return self.surname + self.title if self.title else self.full


def read_person(
    text: str,
    *,
    expect_name: bool = False,
    roster: Roster | None = None,
    home: tuple[str | None, str | None, str | None] | None = None,
) -> PersonReading | None:
    """Read the caller's name.

    Args:
        text: What the caller said; an address in it may be masked with ``HOME_MASK``.
        expect_name: A name was just asked for; only then is a bare name read, and
            我心里 taken for 我姓李.
        roster: Prefer residents' names among those that sound alike.
        home: Building, unit and room said in the same breath: whose home it is
            is likely to be the name that is heard.
    """
    text = text[:LONGEST_READ]
    whole = _whole_name(text, expect_name)
    if roster is not None:
        known = resident_by_sound(
            text, roster, home, whole.full if whole else "", expect_name=expect_name
        )
        if known is not None:
            name, span = known
            surname = next((one for one in COMPOUND_SURNAMES if name.startswith(one)), name[:1])
            return PersonReading(surname, name[len(surname) :], None, span, name not in text)
    if whole is not None:
        return whole
    found = _surname(text, expect_name)
    if found is not None:
        return found
    return _by_sound(text, roster) if expect_name else None


def _own(text: str, start: int, end: int) -> bool:
    """Whether a name at this place is the caller's own."""
    before = text[:start]
    if _DENIED.search(before) or _OTHERS_AFTER.match(text, end):
        return False
    if text[start : start + 1] == "我":
        return True
    return _OTHERS_BEFORE.search(before) is None or _OWN_ROLE.search(before) is not None


def _whole_name(text: str, expect_name: bool) -> PersonReading | None:
    plain = _EXPLAINED.sub(_without_explanation, text) if expect_name else text
    for pattern in (_REPEATED, _CALLED, _INTRODUCED):
        for match in pattern.finditer(plain):
            given = match["given"] or match["rare"]
            name = match["surname"] + given
            if name in _NOT_NAMES or not _own(plain, match.start(), match.end()):
                continue
            sure = expect_name or match.group().startswith(("我叫", "名字", "姓"))
            if match["surname"] in _DOUBTFUL and not sure:
                continue
            return PersonReading(match["surname"], given, None, match.group(), False)
    if not expect_name:
        return None
    for clause in _CLAUSES.split(plain):
        if clause in SPELLED:
            continue
        reading = _bare(clause.strip(_TRAILING))
        if reading is not None and reading.given and _own(plain, plain.find(clause), len(plain)):
            return reading
    return None


def _without_explanation(match: re.Match[str]) -> str:
    """李明明天的明: the word that tells which character is meant goes."""
    word, character = match["word"], match["character"]
    sounds = sounds_of(word).folded
    wanted = sounds_of(character).folded
    if not wanted or wanted[0] not in sounds:
        return match.group()
    return word[: len(word) - 1 - sounds[::-1].index(wanted[0])] + " "


def _bare(said: str) -> PersonReading | None:
    match = _WHOLE.fullmatch(said)
    if match is None or len(match["surname"] + (match["given"] or "")) > _LONGEST_BARE:
        return None
    if match["surname"] + (match["given"] or "") in _NOT_NAMES:
        return None
    return PersonReading(match["surname"], match["given"], None, said, False)


def _surname(text: str, expect_name: bool) -> PersonReading | None:
    """A surname, with the title it was said with."""
    titled = [
        match
        for pattern in (_TITLED, _TITLED_SHORT)
        for match in pattern.finditer(text)
        if not _about_someone_else(text, match, expect_name)
    ]
    for pattern in (_SPELLED, _SURNAMED, _FAMILIAR):
        for match in pattern.finditer(text):
            surname = match.groupdict().get("surname") or SPELLED.get(match.group(), "")
            if not _own(text, match.start(), match.end()):
                continue
            if pattern is _SURNAMED and _THAT_PERSON.match(text, match.end()):
                continue
            if pattern is _FAMILIAR and (
                _ABOUT_OTHERS.search(text[: match.start()])
                or (surname in _DOUBTFUL and not expect_name)
                or (match.group()[0] in "小老" and not expect_name)
            ):
                continue
            title = next((TITLES[m["title"]] for m in titled if m["surname"] == surname), None)
            return PersonReading(surname, None, title, match.group(), False)
    if titled:
        match = titled[0]
        return PersonReading(match["surname"], None, TITLES[match["title"]], match.group(), False)
    plain = _EXPLAINED.sub(_without_explanation, text) if expect_name else ""
    return _bare(plain.strip(_TRAILING))


def _about_someone_else(text: str, match: re.Match[str], expect_name: bool) -> bool:
    """王师傅 who came to repair, or 找李先生, is not the caller's own name."""
    start = match.start("surname")
    before = text[:start]
    if _ABOUT_SELF.search(before):
        return False
    if not _own(text, start, len(text)) or _ABOUT_OTHERS.search(before):
        return True
    if match["title"] == "师傅" and not expect_name:
        return True
    if match["surname"] in _DOUBTFUL and not expect_name:
        return True
    ends = _ENDS.match(text, match.end()) is not None
    return not expect_name and not ends and _MYSELF.search(before) is None


@lru_cache(maxsize=1)
def _compounds() -> list[tuple[tuple[str, ...], str]]:
    return [(sounds_of(name).syllables, name) for name in COMPOUND_SURNAMES]


def _compound(heard: tuple[str, ...]) -> str | None:
    """司马 behind 子马."""
    for syllables, name in _compounds():
        if len(heard) == len(syllables):
            costs = [syllable_cost(*pair) for pair in zip(syllables, heard, strict=True)]
            if None not in costs and sum(cost or 0.0 for cost in costs) <= 1:
                return name
    return None


def _by_sound(text: str, roster: Roster | None) -> PersonReading | None:
    """我心里 is 我姓李, 小诏 is 小赵, 李嫂张 is 立早章, when a name was asked for."""
    sounds = sounds_of(text)
    spelled = spelled_by_sound(sounds)
    if spelled is not None:
        return PersonReading(spelled, None, None, text, True)
    for place, syllable in enumerate(sounds.syllables[:-1]):
        if fold(syllable) != "xin" or place > 3:
            continue
        span = sounds.span(max(0, place - 1), place + 2)
        surname = _compound(sounds.syllables[place + 1 : place + 3])
        surname = surname or surname_by_sound(sounds.syllables[place + 1], roster)
        if surname is not None:
            return PersonReading(surname, None, None, span, True)
    for said in sorted(TITLES, key=len, reverse=True):
        at = text.find(said)
        if at > 0 and (len(said) > 1 or at + 1 == len(text)):
            surname = surname_by_sound(next(iter(sounds_of(text[at - 1]).syllables), ""), roster)
            if surname is not None:
                span = text[at - 1 : at + len(said)]
                return PersonReading(surname, None, TITLES[said], span, True)
    if len(sounds) >= 2 and sounds.syllables[-2] in ("xiao", "lao") and text[-2:-1] in "小老":
        surname = surname_by_sound(sounds.syllables[-1], roster)
        if surname is not None:
            return PersonReading(surname, None, None, text[-2:], True)
    return None
