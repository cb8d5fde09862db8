"""Reading who is calling: 我姓李, 我叫李明, 李先生, 木子李 (TAX-089, SCR-033)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.language.pinyin import LONGEST_READ, fold, sounds_of
from bot.language.roster import Roster
from bot.language.surnames import COMPOUND_SURNAMES, SPELLED, SURNAMES

_TITLES = {
    "先生": "先生", "女士": "女士", "小姐": "女士", "太太": "女士", "阿姨": "女士", "老师": "老师", "大姐": "女士",
    "大妈": "女士", "奶奶": "女士", "大爷": "先生", "大叔": "先生", "大哥": "先生", "爷爷": "先生", "医生": "医生", "师傅": "师傅",
}  # fmt: skip
_SURNAME = f"(?:{'|'.join(COMPOUND_SURNAMES)}|[{''.join(SURNAMES)}])"
_TITLE = f"(?:{'|'.join(_TITLES)})"
# What cannot be part of a given name: words that follow a name in speech.
_STOP = (
    "的是住在了啊呀呢吧吗嘛电话手机号我你他她们，。,.！!？?、 "
    "不叫姓先女就这那来去个人也和跟要想有没说报修家房栋楼单元"
)
_GIVEN = f"[^{_STOP}\\d\\sA-Za-z]{{1,2}}"
_TITLED = re.compile(f"(?P<surname>{_SURNAME})(?P<title>{_TITLE})")
_CALLED = re.compile(
    f"(?:我叫|叫做|名字叫|名字是|姓名是?|我的名字是?|登记.?名字?是?)(?P<surname>{_SURNAME})(?P<given>{_GIVEN})"
)
_SURNAMED = re.compile(f"(?:免贵|我|本人|业主|户主|敝)?姓(?P<surname>{_SURNAME})(?!名)")
_SPELLED = re.compile("|".join(sorted(SPELLED, key=len, reverse=True)))
_WHOLE = re.compile(
    f"(?:我是|我叫|就?叫|是)?(?P<surname>{_SURNAME})(?P<given>{_GIVEN})?(?:的|啊|呀|吧|嗯)?"
)
_NOT_NAMES = frozenset(
    "高兴 安全 方便 常常 时候 万一 应该 白天 金额 向前 易碎 文明 关于 管理 管家 管子 明天 明白 "
    "成功 计划 闻到 时间 车库 车位 单元 房子 房间 "
    "马上 马桶 包括 严重 康复 任何 雷雨 龙头 方面 高层 简单 游泳 万分 何时 于是 余额 代表 代缴 "
    "华为 解决 应急 白色 左边 石头 水管 江边 "
    "古怪 宁可 欧洲 边上 谢谢 曾经 常年 安装 安静 温度 符合 施工 明显 成本 盛夏 单独 费用 路灯 "
    "路上 时常 向右 金属 毛病 毛巾 白天 黄色 "
    "任意 文件 顾客 包裹 申请 安保 文字 关门 关灯".split()
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

    def address_as(self) -> str:
        """How to address the person: 李先生, or 李女士 (SCR-033); the bare name without a title."""
        return self.surname + self.title if self.title else self.full


def read_person(
    text: str, *, expect_name: bool = False, roster: Roster | None = None
) -> PersonReading | None:
    """Read the caller's name.

    Args:
        text: What the caller said.
        expect_name: A name was just asked for; only then is a bare name read, and
            我心里 taken for 我姓李.
        roster: Prefer residents' surnames among those that sound alike.
    """
    text = text[:LONGEST_READ]
    title = _title_in(text)
    for pattern in (_SPELLED, _CALLED, _TITLED, _SURNAMED):
        match = pattern.search(text)
        if match is None:
            continue
        groups = match.groupdict()
        surname = groups.get("surname") or SPELLED.get(match.group(), "")
        given = _given(groups.get("given"))
        before = text[: match.start()]
        if pattern is _TITLED and _about_someone_else(before, match["title"], expect_name):
            continue
        found_title = _TITLES.get(groups.get("title") or "", title)
        return PersonReading(surname, given, found_title, match.group(), False)
    if not expect_name:
        return None
    return _bare(text, title) or _by_sound(text, title, roster)


def _about_someone_else(before: str, title: str, expect_name: bool) -> bool:
    """王师傅 who came to repair, or 找李先生, is not the caller's own name."""
    if before.endswith(("我叫", "我是", "我姓", "免贵姓", "就叫", "叫我")):
        return False
    return before.endswith(("找", "那个", "叫", "你们")) or (title == "师傅" and not expect_name)


def _title_in(text: str) -> str | None:
    return next((usual for said, usual in _TITLES.items() if said in text), None)


def _given(given: str | None) -> str | None:
    return given.strip(_TRAILING) or None if given else None


def _bare(text: str, title: str | None) -> PersonReading | None:
    said = text.strip(_TRAILING)
    match = _WHOLE.fullmatch(said)
    if match is None or len(match["surname"] + (match["given"] or "")) > _LONGEST_BARE:
        return None
    if match["surname"] + (match["given"] or "") in _NOT_NAMES:
        return None
    return PersonReading(match["surname"], _given(match["given"]), title, match.group(), False)


@lru_cache(maxsize=1)
def _surname_by_sound() -> dict[str, str]:
    by_sound: dict[str, str] = {}
    for surname in SURNAMES:
        by_sound.setdefault(sounds_of("姓" + surname).syllables[1], surname)
    return by_sound


def _by_sound(text: str, title: str | None, roster: Roster | None) -> PersonReading | None:
    """我心里 is 我姓李 when a name was asked for."""
    sounds = sounds_of(text)
    for place, syllable in enumerate(sounds.syllables[:-1]):
        if fold(syllable) != "xin" or place > 3:
            continue
        surname = _best_surname(sounds.syllables[place + 1], roster)
        if surname is not None:
            return PersonReading(
                surname, None, title, sounds.span(max(0, place - 1), place + 2), True
            )
    if title is not None:
        for said in _TITLES:
            at = text.find(said)
            if at > 0:
                surname = _best_surname(
                    sounds_of(text[at - 1]).syllables[0]
                    if sounds_of(text[at - 1]).syllables
                    else "",
                    roster,
                )
                if surname is not None:
                    return PersonReading(surname, None, title, text[at - 1 : at + len(said)], True)
    return None


def _best_surname(syllable: str, roster: Roster | None) -> str | None:
    if roster is not None:
        alike = sorted(s for s in roster.surnames() if sounds_of(s).syllables == (syllable,))
        if alike:
            return alike[0]
    return _surname_by_sound().get(syllable)
