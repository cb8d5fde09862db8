"""Who at the desks can do what: skills, how many calls at once, time for notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_ANY = "*"


@dataclass(frozen=True)
class Skills:
    """What one person at a desk can do.

    Attributes:
        kinds: emergency and request kinds they take, ``*`` for all.
        languages: languages they speak (``zh``, ``yue``, ``en``), ``*`` for all.
        capacity: calls at the same time.
        wrap_up_seconds: time for notes after a call, in which only emergencies ring.
    """

    kinds: tuple[str, ...] = (_ANY,)
    languages: tuple[str, ...] = (_ANY,)
    capacity: int = 1
    wrap_up_seconds: float = 30.0

    def suit(self, kind: str, language: str) -> bool:
        """Return whether a call of this kind, in this language (``""``: any), is for them."""
        takes = _ANY in self.kinds or kind in self.kinds
        speaks = not language or _ANY in self.languages or language in self.languages
        return takes and speaks


@dataclass(frozen=True)
class Crew:
    """Everybody's skills.

    Attributes:
        usual: of everybody who is not named.
        people: by account.
    """

    usual: Skills = field(default_factory=Skills)
    people: Mapping[str, Skills] = field(default_factory=dict)

    def skills_of(self, agent_id: str) -> Skills:
        """Return an account's skills."""
        return self.people.get(agent_id, self.usual)


def read_crew(raw: Mapping[str, Any]) -> Crew:
    """Read the ``agents`` part of escalation.yml.

    Raises:
        ValueError, TypeError: a value makes no sense.
    """
    usual = _skills(raw.get("default") or {}, Skills())
    people = {
        str(name): _skills(content or {}, usual)
        for name, content in raw.items()
        if name != "default"
    }
    return Crew(usual, people)


def _skills(raw: Mapping[str, Any], usual: Skills) -> Skills:
    unknown = sorted(set(raw) - {"kinds", "languages", "capacity", "wrap_up_seconds"})
    if unknown:
        raise ValueError(f"agents: {', '.join(unknown)}")
    skills = Skills(
        kinds=tuple(map(str, raw.get("kinds", usual.kinds))),
        languages=tuple(map(str, raw.get("languages", usual.languages))),
        capacity=int(raw.get("capacity", usual.capacity)),
        wrap_up_seconds=float(raw.get("wrap_up_seconds", usual.wrap_up_seconds)),
    )
    if skills.capacity < 1 or skills.wrap_up_seconds < 0:
        raise ValueError("agents: capacity >= 1, wrap_up_seconds >= 0")
    return skills
