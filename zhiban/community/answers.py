"""The community's standard answers, as their file has them (FAQ-040…044)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from zhiban.errors import ErrorCode, ZhibanError
from zhiban.tickets import Category

ANSWERS_FILE = "answers.yml"


def read_answers(path: Path) -> list[dict[str, Any]]:
    """Read the site's standard answers.

    Raises:
        ZhibanError: SITE_DATA_MISSING or SITE_DATA_INVALID, naming the entry.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ZhibanError(
            f"缺少标准答复 {path} / file is missing", code=ErrorCode.SITE_DATA_MISSING
        ) from error
    except yaml.YAMLError as error:
        raise _invalid(path, str(error)) from error
    entries = content.get("answers") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise _invalid(path, "顶层应有 answers 列表 / expected a list called answers")
    known = {category.value for category in Category}
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        key = str(entry.get("key") or "")
        if not key or key in rows:
            raise _invalid(path, f"key 为空或重复 / missing or repeated: {key!r}")
        if not entry.get("questions") or not entry.get("answer"):
            raise _invalid(path, f"{key}: 缺少 questions 或 answer / missing")
        if entry.get("category") not in known:
            raise _invalid(path, f"{key}: 没有类别 / unknown category {entry.get('category')!r}")
        rows[key] = {
            "key": key,
            "category": entry["category"],
            "questions": [str(question) for question in entry["questions"]],
            "answer": " ".join(str(entry["answer"]).split()),
            "confirmed": bool(entry.get("confirmed", False)),
            "valid_until": str(entry["valid_until"]) if entry.get("valid_until") else None,
        }
    return list(rows.values())


def _invalid(path: Path, problem: str) -> ZhibanError:
    return ZhibanError(f"{path}: {problem}", code=ErrorCode.SITE_DATA_INVALID)
