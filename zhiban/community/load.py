"""Reads a site folder (YAML) and says plainly what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from zhiban.community.crew import read_crew
from zhiban.community.model import (
    Building,
    Community,
    Deadlines,
    Department,
    EscalationStage,
    ResidentRecord,
    Unit,
)
from zhiban.community.required_phrases import REQUIRED_PHRASES
from zhiban.errors import ErrorCode, ZhibanError

_LONGEST_RING_SECONDS = 120.0
"""Who has not confirmed by then, the next one is asked (EMG-061)."""
_BAND = re.compile(r"[1-9]\d*(?:分钟|小时|个?工作日)")
"""Times that are promised in words: 30分钟, 2小时, 1个工作日."""
_ROLES = ("agent", "backup", "leader", "phone", "manager")


def load_community(site_dir: Path) -> Community:
    """Return the facts in a site folder.

    Raises:
        ZhibanError: SITE_DATA_MISSING or SITE_DATA_INVALID; the message names file and field.
    """
    base = _read(site_dir / "community.yml")
    phrases = {**_read(site_dir / "phrases.yml")}
    missing = sorted(set(REQUIRED_PHRASES) - set(phrases))
    if missing:
        raise _invalid(site_dir / "phrases.yml", f"缺少固定话术 / missing: {', '.join(missing)}")
    company = _need(base, "company", site_dir / "community.yml")
    phrases = {key: str(text).replace("{company}", company) for key, text in phrases.items()}
    chain_raw = _read(site_dir / "escalation.yml")
    try:
        return Community(
            name=_need(base, "name", site_dir / "community.yml"),
            company=company,
            phone=str(base.get("phone", "")),
            buildings=tuple(_building(raw) for raw in base["buildings"]),
            places=tuple(base.get("places", ())),
            residents=tuple(
                ResidentRecord(
                    name=raw["name"],
                    phone=str(raw["phone"]),
                    building=str(raw["building"]),
                    unit=str(raw.get("unit", "")),
                    room=str(raw["room"]),
                    title=raw.get("title", ""),
                    role=raw.get("role", "owner"),
                    special_flags=tuple(raw.get("special_flags", ())),
                )
                for raw in _read(site_dir / "residents.yml")["residents"]
            ),
            departments=tuple(
                Department(raw["name"], tuple(raw["categories"]), str(raw.get("phone", "")))
                for raw in _read(site_dir / "departments.yml")["departments"]
            ),
            deadlines=_deadlines(_read(site_dir / "deadlines.yml")),
            escalation={
                str(kind): tuple(_stage(raw, site_dir) for raw in stages)
                for kind, stages in chain_raw["chains"].items()
            },
            phrases=phrases,
            notification_hook=str(chain_raw.get("notification_hook") or ""),
            chain_pause_seconds=float(chain_raw.get("pause_seconds", 5)),
            rejoin_minutes=float(chain_raw.get("rejoin_minutes", 30)),
            crew=read_crew(chain_raw.get("agents") or {}),
            whisper_emergency=bool(chain_raw.get("whisper", {}).get("emergency", False)),
            whisper_request=bool(chain_raw.get("whisper", {}).get("request", True)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _invalid(site_dir, f"{type(error).__name__}: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ZhibanError(
            f"缺少小区资料 {path} / site file is missing; start from site/sample",
            code=ErrorCode.SITE_DATA_MISSING,
        ) from error
    except yaml.YAMLError as error:
        raise _invalid(path, str(error)) from error
    if not isinstance(content, dict):
        raise _invalid(path, "顶层应为键值 / expected a mapping")
    return content


def _invalid(path: Path, problem: str) -> ZhibanError:
    return ZhibanError(f"{path}: {problem}", code=ErrorCode.SITE_DATA_INVALID)


def _need(content: dict[str, Any], key: str, path: Path) -> str:
    if not content.get(key):
        raise _invalid(path, f"缺少 {key} / missing")
    return str(content[key])


def _building(raw: dict[str, Any]) -> Building:
    """Read a building; rooms are listed or generated from floors x rooms per floor."""
    units = []
    for unit in raw["units"]:
        if "rooms" in unit:
            rooms = tuple(str(room) for room in unit["rooms"])
        else:
            per_floor = range(1, int(unit["rooms_per_floor"]) + 1)
            floors = range(1, int(unit["floors"]) + 1)
            rooms = tuple(f"{floor}{number:02d}" for floor in floors for number in per_floor)
        units.append(Unit(str(unit.get("name", "")), rooms))
    return Building(
        str(raw["name"]), tuple(units), str(raw.get("phase", "")), tuple(raw.get("lifts", ()))
    )


def _deadlines(raw: dict[str, Any]) -> Deadlines:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    deadlines = Deadlines(**values)
    for name in ("inquiry_default_band", "unsatisfied_band"):
        if not _BAND.fullmatch(str(getattr(deadlines, name))):
            raise ValueError(f"deadlines.yml {name}: {getattr(deadlines, name)!r}")
    return deadlines


def _stage(raw: dict[str, Any], site_dir: Path) -> EscalationStage:
    role = raw["role"]
    if role not in _ROLES:
        raise _invalid(site_dir / "escalation.yml", f"role {role!r}: {', '.join(_ROLES)}")
    ring_seconds = float(raw.get("ring_seconds", 20))
    if not 0 < ring_seconds <= _LONGEST_RING_SECONDS:
        raise _invalid(
            site_dir / "escalation.yml",
            f"ring_seconds {ring_seconds:g}: 0-{_LONGEST_RING_SECONDS:g}",
        )
    return EscalationStage(
        role=role,
        ring_seconds=ring_seconds,
        label=str(raw["label"]),
        phones=tuple(str(phone) for phone in raw.get("phones", ())),
    )
