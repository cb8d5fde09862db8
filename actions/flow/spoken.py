"""What is known, in words ready to be spoken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.flow.state import HOME, Facts, home_of
from bot.language.numbers import say_number
from bot.language.speak import say_address, say_phone, speakable
from zhiban.tickets import Category

_LONGEST_MATTER = 28

MATTERS = {
    Category.LEAK: "漏水",
    Category.LIFT_FAULT: "电梯故障",
    Category.POWER_FAULT: "用电故障",
    Category.DOOR_ACCESS: "门禁故障",
}
"""Short names of matters whose place says the rest."""

CATEGORY_WORDS = {
    Category.FEE_INQUIRY: "费用咨询",
    Category.PARKING: "停车咨询",
    Category.RENOVATION_RULES: "装修咨询",
    Category.COMMUNITY_RULES: "小区规定咨询",
    Category.OTHER_INQUIRY: "咨询",
    Category.REPAIR_PUBLIC: "公共区域报修",
    Category.REPAIR_INDOOR: "室内报修",
    Category.REPAIR_PAID: "有偿维修",
    Category.LEAK: "漏水报修",
    Category.POWER_FAULT: "用电报修",
    Category.LIFT_FAULT: "电梯报修",
    Category.DOOR_ACCESS: "门禁报修",
    Category.SECURITY: "安防情况",
    Category.SUGGESTION: "建议",
    Category.HOUSEKEEPING: "家政预约",
    Category.VALUE_ADDED: "便民服务",
    Category.CALLBACK: "回电请求",
    Category.EMERGENCY: "紧急情况",
}


def category_words(category: str) -> str:
    """Return what a category is called: ``漏水报修``; every complaint is ``投诉``."""
    found = Category(category)
    return "投诉" if found.is_complaint else CATEGORY_WORDS[found]


def spoken_address(facts: Facts) -> str:
    """Return ``五栋二单元幺零零幺``."""
    return say_address(facts.building, facts.unit, facts.room)


def spoken_name(name: str) -> str:
    """Return how to call the person: a bare surname becomes ``姓李``."""
    return f"姓{name}" if len(name) == 1 else name


def resident_person(resident: Mapping[str, Any]) -> str:
    """Return ``李先生`` from name and title, or the name (SCR-033)."""
    name, title = str(resident.get("name") or ""), str(resident.get("title") or "")
    return f"{name[:1]}{title}" if title else name


def resident_address(resident: Mapping[str, Any]) -> str:
    """Return the home of the calling number, spoken."""
    return say_address(**home_of(resident))


def matter(facts: Facts) -> str:
    """Return the matter in few words: ``厨房水槽下面漏水``."""
    category = Category(facts.category or Category.OTHER_INQUIRY)
    word = MATTERS.get(category)
    place = facts.place or ""
    if word and category is not Category.LEAK:
        return word
    if word:
        return place + word
    problem = speakable(facts.problem or category_words(category.value))
    return problem if len(problem) <= _LONGEST_MATTER else problem[:_LONGEST_MATTER] + "等情况"


def summary(facts: Facts) -> str:
    """Return everything to be confirmed in one breath (TAX-115)."""
    parts = [spoken_address(facts)]
    if facts.caller_name:
        parts.append(spoken_name(facts.caller_name))
    if facts.phone:
        parts.append(f"电话{say_phone(facts.phone)}")
    parts.append(matter(facts))
    if facts.available_time:
        parts.append(f"上门时间{speakable(facts.available_time)}")
    return "，".join(part for part in parts if part)


def changes(facts: Facts, names: set[str]) -> str:
    """Return the changed values only."""
    parts = []
    if not names.isdisjoint(HOME):
        parts.append(spoken_address(facts))
    if "caller_name" in names:
        parts.append(spoken_name(facts.caller_name or ""))
    if "phone" in names:
        parts.append(f"电话{say_phone(facts.phone or '')}")
    if names & {"place", "problem"}:
        parts.append(matter(facts))
    if "available_time" in names:
        parts.append(f"上门时间{speakable(facts.available_time or '')}")
    return "，".join(parts)


def spoken_minutes(minutes: int) -> str:
    """Return a length of time: 15 is ``十五分钟``, 120 ``两小时``, 1440 ``二十四小时``."""
    if minutes < 60 or minutes % 60:
        return f"{say_number(minutes)}分钟"
    return spoken_hours(minutes // 60)


def spoken_hours(hours: int) -> str:
    """Return ``两小时``."""
    return f"{'两' if hours == 2 else say_number(hours)}小时"
