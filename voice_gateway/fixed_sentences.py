"""Every sentence that is known beforehand, to be rendered at set-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.language.sentences import split_sentences
from zhiban.community import Community
from zhiban.settings import ROOT


def fixed_sentences(community: Community, site_dir: Path) -> list[str]:
    """Return phrases, the bot's own replies and standard answers, each once.

    Sentences with blanks to be filled are left out: they are cached once spoken.

    Args:
        community: fixed phrases.
        site_dir: where the standard answers lie.
    """
    texts = [text for text in community.phrases.values() if "{" not in text]
    for reply in _bot_replies() + _standard_answers(site_dir):
        texts.extend(split_sentences(reply))
    return list(dict.fromkeys(text for text in texts if text))


def _bot_replies() -> list[str]:
    domain = _read(ROOT / "domain.yml")
    replies = domain.get("responses") or {}
    texts = [str(variant.get("text", "")) for variants in replies.values() for variant in variants]
    return [text for text in texts if "{" not in text]


def _standard_answers(site_dir: Path) -> list[str]:
    answers = _read(site_dir / "answers.yml").get("answers") or []
    return [str(answer["answer"]) for answer in answers if answer.get("answer")]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}
