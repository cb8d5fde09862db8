"""SOP cards: what to do in each kind of emergency; local data (EMG-011, LOC-009)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from zhiban.errors import ErrorCode, ZhibanError


@dataclass(frozen=True)
class Step:
    """One line of a checklist; ``key`` is what the ticket remembers."""

    key: str
    text: str


@dataclass(frozen=True)
class Timer:
    """A task that comes back until it is over (EMG-013, SLA-042).

    Attributes:
        key: names it within its card.
        label: what is to be done.
        first_minutes: from the report of the emergency to the first time.
        every_minutes: from having done it to the next time; 0: once.
        until: ``closed`` (the ticket), ``outcome`` (any disposition) or a key of the checklist;
            a ticket that is finished ends every timer.
    """

    key: str
    label: str
    first_minutes: float
    every_minutes: float
    until: str = "closed"


@dataclass(frozen=True)
class SopCard:
    """A kind's card.

    Attributes:
        first: the one thing to know before saying hello.
        feedback_minutes: how often the caller is told how things stand.
        notify: buttons ("119 已拨"), pressed once somebody has been told.
        ask: what has to be known; asked only where the bot has not.
        reminders: what the desk is reminded of, on and on.
    """

    title: str
    first: str
    feedback_minutes: int
    notify: tuple[Step, ...]
    ask: tuple[str, ...]
    steps: tuple[Step, ...]
    reminders: tuple[Timer, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return asdict(self)

    def text_of(self, key: str) -> str | None:
        """Return the words of a step or button."""
        return next((s.text for s in (*self.steps, *self.notify) if s.key == key), None)


@dataclass(frozen=True)
class SopBook:
    """All cards of a site."""

    default: SopCard
    kinds: Mapping[str, SopCard]

    def card(self, kind: str) -> SopCard:
        """Return a kind's card, or the general one."""
        return self.kinds.get(kind, self.default)


def load_sop(site_dir: Path) -> SopBook:
    """Read ``sop.yml`` of a site folder.

    Raises:
        ZhibanError: SITE_DATA_MISSING or SITE_DATA_INVALID, naming file and field.
    """
    path = site_dir / "sop.yml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        buttons = {key: str(raw["label"]) for key, raw in content["notify"].items()}
        return SopBook(
            default=_card(content["default"], buttons),
            kinds={kind: _card(raw, buttons) for kind, raw in content["kinds"].items()},
        )
    except FileNotFoundError as error:
        raise ZhibanError(
            f"缺少处置卡 {path} / site file is missing; start from site/sample",
            code=ErrorCode.SITE_DATA_MISSING,
        ) from error
    except yaml.YAMLError as error:
        raise ZhibanError(f"{path}: {error}", code=ErrorCode.SITE_DATA_INVALID) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ZhibanError(
            f"{path}: 缺少或不认识的字段 / bad field: {error}", code=ErrorCode.SITE_DATA_INVALID
        ) from error


def _timer(raw: Mapping[str, Any], keys: set[str]) -> Timer:
    until = str(raw.get("until", "closed"))
    if until not in (keys | {"closed", "outcome"}):
        raise KeyError(f"until: {until}")
    timer = Timer(
        key=str(raw["key"]),
        label=str(raw["label"]),
        first_minutes=float(raw["first_minutes"]),
        every_minutes=float(raw.get("every_minutes", 0)),
        until=until,
    )
    if timer.first_minutes <= 0 or timer.every_minutes < 0:
        raise ValueError(f"{timer.key}: minutes")
    return timer


def _card(raw: Mapping[str, Any], buttons: Mapping[str, str]) -> SopCard:
    keys = {str(step["key"]) for step in raw["steps"]} | set(raw.get("notify", ()))
    return SopCard(
        title=str(raw["title"]),
        first=str(raw["first"]),
        feedback_minutes=int(raw["feedback_minutes"]),
        notify=tuple(Step(key, buttons[key]) for key in raw.get("notify", ())),
        ask=tuple(str(question) for question in raw.get("ask", ())),
        steps=tuple(Step(step["key"], str(step["text"])) for step in raw["steps"]),
        reminders=tuple(_timer(timer, keys) for timer in raw.get("reminders", ())),
    )
