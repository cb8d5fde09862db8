"""A small notation for families of phrases, so that the tables stay readable.

``[着起]火`` is 着火 and 起火; ``(在|里|)`` one of several, perhaps nothing; ``了?`` optional.
"""

from __future__ import annotations


def expand(pattern: str) -> tuple[str, ...]:
    """All phrases a pattern stands for, in order, without repetition.

    Raises:
        ValueError: Unbalanced bracket.
    """
    phrases, place = _sequence(pattern, 0)
    if place != len(pattern):
        raise ValueError(f"unbalanced ')' in {pattern!r}")
    return tuple(dict.fromkeys(phrases))


def expand_all(patterns: str) -> tuple[str, ...]:
    """Expand every pattern of a whitespace-separated list."""
    return tuple(dict.fromkeys(p for pattern in patterns.split() for p in expand(pattern)))


def _sequence(pattern: str, place: int) -> tuple[list[str], int]:
    """Parse until the end, or until a ``)`` that is not ours; ``|`` separates choices."""
    done: list[str] = []
    current = [""]
    while place < len(pattern):
        character = pattern[place]
        if character == ")":
            break
        if character == "|":
            done += current
            current = [""]
            place += 1
            continue
        if character == "(":
            choices, place = _sequence(pattern, place + 1)
            if place >= len(pattern):
                raise ValueError(f"unbalanced '(' in {pattern!r}")
            place += 1
        elif character == "[":
            closing = pattern.find("]", place)
            if closing < 0:
                raise ValueError(f"unbalanced '[' in {pattern!r}")
            choices = list(pattern[place + 1 : closing])
            place = closing + 1
        else:
            choices = [character]
            place += 1
        if place < len(pattern) and pattern[place] == "?":
            choices = [*choices, ""]
            place += 1
        current = [head + tail for head in current for tail in choices]
    return done + current, place
