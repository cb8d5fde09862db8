"""Reads Asterisk's configuration files as Asterisk does, as far as ours go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_COMMENT = re.compile(r"(?<!\\);.*")
_STEP = re.compile(r"(?P<prio>\d+|n)(?:\((?P<label>[\w-]+)\))?,(?P<app>\w+)\((?P<args>.*)\)")


class DialplanError(Exception):
    """A line that Asterisk would refuse or misread."""


@dataclass(frozen=True)
class Step:
    """One priority of an extension."""

    app: str
    args: str
    label: str = ""


@dataclass
class Dialplan:
    """Contexts, and the steps of their extensions by pattern; the first step is priority 1."""

    contexts: dict[str, dict[str, list[Step]]] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)

    def extension(self, context: str, number: str) -> list[Step]:
        """Return the steps of a number.

        Raises:
            DialplanError: no such context, or nothing in it matches.
        """
        if context not in self.contexts:
            raise DialplanError(f"no context {context}")
        for pattern, steps in self.contexts[context].items():
            if matches(pattern, number):
                return steps
        raise DialplanError(f"{number} matches nothing in {context}")

    def place(self, context: str, number: str, priority: str) -> int:
        """Return the index of a step, by number or label.

        Raises:
            DialplanError: there is none.
        """
        steps = self.extension(context, number)
        if priority.isdigit() and 0 < int(priority) <= len(steps):
            return int(priority) - 1
        for index, step in enumerate(steps):
            if step.label == priority:
                return index
        raise DialplanError(f"no step {priority} in {context},{number}")


def matches(pattern: str, number: str) -> bool:
    """Return whether a number is an extension's, by Asterisk's pattern rules."""
    if not pattern.startswith("_"):
        return pattern == number
    body = pattern[1:].replace("X", "[0-9]").replace("Z", "[1-9]").replace("N", "[2-9]")
    body = body.replace(".", ".+").replace("!", ".*")
    return re.fullmatch(body, number) is not None


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield where a line stands and the line, without comments, with included files in place.

    Raises:
        DialplanError: an included file is missing.
    """
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = _COMMENT.sub("", raw).strip()
        if line.startswith("#include"):
            included = path.parent / line.removeprefix("#include").strip().strip('"')
            if not included.is_file():
                raise DialplanError(f"{path.name}:{number}: no file {included.name}")
            yield from read_lines(included)
        elif line:
            yield f"{path.name}:{number}", line


def read_sections(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Return the sections of a configuration file in order, with their options.

    Raises:
        DialplanError: a line is neither section nor option, or an option is there twice.
    """
    sections: list[tuple[str, dict[str, str]]] = []
    for where, line in read_lines(path):
        if line.startswith("[") and line.endswith("]"):
            sections.append((line[1:-1], {}))
            continue
        name, found, value = line.partition("=")
        if not found or not sections or name.strip() in sections[-1][1]:
            raise DialplanError(f"{where}: {line}")
        sections[-1][1][name.strip()] = value.strip().lstrip(">").strip()
    return sections


def read_dialplan(path: Path) -> Dialplan:
    """Read an extensions.conf with everything it includes.

    Raises:
        DialplanError: what Asterisk would refuse: a step out of order, a label twice, a context
            twice, parentheses or brackets that do not close.
    """
    plan = Dialplan()
    section, steps = "", None
    for where, line in read_lines(path):
        if line.startswith("["):
            section, steps = line.strip("[]"), None
            if section in plan.contexts:
                raise DialplanError(f"{where}: [{section}] is there twice")
            if section not in ("general", "globals"):
                plan.contexts[section] = {}
            continue
        name, _, value = (part.strip() for part in line.partition("="))
        value = value.removeprefix(">").strip()
        if section == "globals":
            plan.globals[name] = value
        elif section == "general":
            continue
        elif name == "exten":
            pattern, _, value = value.partition(",")
            if pattern in plan.contexts[section]:
                raise DialplanError(f"{where}: {pattern} is there twice")
            steps = plan.contexts[section][pattern] = []
            _append(steps, value, where)
        elif name == "same" and steps is not None:
            _append(steps, value, where)
        else:
            raise DialplanError(f"{where}: {line}")
    return plan


def _append(steps: list[Step], text: str, where: str) -> None:
    found = _STEP.fullmatch(text)
    if found is None:
        raise DialplanError(f"{where}: no step: {text}")
    if (found["prio"] == "1") == bool(steps) or found["prio"] not in ("1", "n"):
        raise DialplanError(f"{where}: priority {found['prio']} out of order")
    label = found["label"] or ""
    if label and any(step.label == label for step in steps):
        raise DialplanError(f"{where}: label {label} is there twice")
    for opening, closing in ("()", "{}", "[]"):
        if found["args"].count(opening) != found["args"].count(closing):
            raise DialplanError(f"{where}: {opening} does not close")
    steps.append(Step(found["app"], found["args"], label))


def split_args(text: str) -> list[str]:
    """Split at commas outside parentheses, brackets and braces."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
