"""Patterns and words for reading names: how callers introduce themselves, and what is no name."""

from __future__ import annotations

import re

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
CALLED = re.compile(
    f"(?:我叫|(?:^|(?<=[\\s,，。就人]))叫做?|姓(?:{_SURNAME})[\\s,，]*叫|名字叫?是?|姓名是?|全名是?|登记.{{0,3}}是)"
    f"{_FULL_NAME}"
)
REPEATED = re.compile(
    f"姓(?P<said>{_SURNAME})[\\s,，]*(?P<surname>(?P=said)){_NO_TITLE}(?P<given>{_LETTER}{{1,2}}){_END}(?!的)"
)
INTRODUCED = re.compile(f"(?:我是|我|{HOME_MASK}+的?(?:业主|住户|租户|租客)?){_NAME}{_END}")
TITLED = re.compile(f"(?P<surname>{_SURNAME})(?P<title>{_LONG_TITLES})")
TITLED_SHORT = re.compile(
    f"(?:{_START}|我是|叫我|喊我|我)(?P<surname>{_SURNAME})(?P<title>[{_SHORT_TITLES}]){_END}"
)
SURNAMED = re.compile(f"(?:免贵|我|本人|敝)?姓(?P<surname>{_SURNAME})(?!名)")
FAMILIAR = re.compile(
    f"(?:叫我|喊我|叫|写个?|记个?|我是|我|就是|是|{_START})[小老](?P<surname>{_SURNAME})(?:{_END}|(?=就|好|行|得))"
)
SPELLED_OUT = re.compile("|".join(sorted(SPELLED, key=len, reverse=True)))
WHOLE = re.compile(f"(?:我是|我叫|就?叫|是)?(?P<surname>{_SURNAME}){_NO_TITLE}(?P<given>{_GIVEN})?")
EXPLAINED = re.compile(r"(?P<word>\w{2,3}?)的(?P<character>\w)(?![姓叫])")
CLAUSES = re.compile(r"[\s,，。.!！?？、\x01]+")

_RELATIVES = (
    "老公|老婆|爱人|先生|太太|媳妇|丈夫|妻子|妈|爸|父亲|母亲|爷|奶|外公|外婆|姥|岳父|岳母|公公|婆婆|儿子|女儿|闺女|"
    "孩子|小孩|宝宝|哥|姐|弟|妹|叔|姑|姨|舅|邻居|朋友|同事|室友|房东|业主|户主|房主|租客|租户|管家|经理|师傅|保安|保洁|他|她|人家|对方|那人|楼上|楼下|隔壁|对门|老头|老伴|老汉|媳|女婿|孙子|孙女|老人|老太太"
)
OTHERS_BEFORE = re.compile(f"(?:{_RELATIVES})的?(?:名字|姓名)?(?:也|就)?[\\s,，]*$")
OWN_ROLE = re.compile(
    "我(?:就)?是(?:[^,，。]{0,16}?的|[\\s\\x01]*的?)?(?:业主|户主|房主|租客|租户|住户|他|她)$"
)
OTHERS_AFTER = re.compile(
    "的?(?:[闺归]女|女儿|儿子|老婆|老公|爱人|妈|爸|家属|家人|媳妇|邻居|租客|租户|朋友|同事|室友|孙子|孙女|弟弟|妹妹|哥哥|姐姐|保姆|房子|家)"
)
THAT_PERSON = re.compile("的(?!$|[\\s,，。\x01])")
ENDS = re.compile(_END)
MYSELF = re.compile("我是.{0,16}的?$|[\x01\\d零一二三四五六七八九幺十室][的是]?$")
ABOUT_OTHERS = re.compile(
    "(?:找|那个|你们|你|问|跟|和|给|让|请|联系|物业|管家|上次|昨天|派|叫|楼上|楼下|隔壁|对门|邻居|老)的?$"
)
ABOUT_SELF = re.compile("(?:我叫|我是|我姓|我|免贵姓|就叫|叫我|喊我)$")
DENIED = re.compile("(?:不是?|别|没)$")
# Surnames that are common words: 我查一下, 小区, 老房.
DOUBTFUL = frozenset(
    "查解向任成路计包安常单时应费管毛明温华于何高关万边车房米金古白康左尚区党水花柏宣隆景闻苗付代谢许曾钱"
)
NOT_NAMES = frozenset(
    "高兴 安全 方便 常常 时候 万一 应该 白天 金额 向前 易碎 文明 关于 管理 管家 管子 明天 明白 "
    "成功 计划 闻到 时间 车库 车位 单元 房子 房间 "
    "马上 马桶 包括 严重 康复 任何 雷雨 龙头 方面 高层 简单 游泳 万分 何时 于是 余额 代表 代缴 "
    "华为 解决 应急 白色 左边 石头 水管 江边 "
    "古怪 宁可 欧洲 边上 谢谢 曾经 房东 房客 代驾 保安 管事 凌晨 沉静 常年 安装 安静 温度 符合 施工 明显 成本 盛夏 单独 费用 路灯 "
    "路上 时常 向右 金属 毛病 毛巾 白天 黄色 "
    "任意 文件 顾客 包裹 申请 安保 文字 关门 关灯 许多 汪汪 明早 明晚 路过 平时 平常 安排 查询 申报 何必 于此 向上 左右".split()
)
TRAILING = "，。,.！!？?、 啊呀呢吧嗯的"
LONGEST_BARE = 4
