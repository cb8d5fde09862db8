"""Danger in a finished turn: in the whole of it and in each part of it.

Named together with a dripping tap, a fire sounds like a repair to the learned layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.language.emergency import EmergencyAction, EmergencySpotter, Finding
from bot.language.matter_clauses import Joint, clauses_of
from bot.language.matters import split_matters
from bot.language.pinyin import LONGEST_READ

_TRANSFER, _ASK = EmergencyAction.TRANSFER, EmergencyAction.ASK
_PLAIN = 0.9
_MOST_PARTS = 6
_LONGEST_TOLD_APART = 160


def spot_in_turn(
    spotter: EmergencySpotter,
    text: str,
    *,
    alternatives: Sequence[str] = (),
    answering: bool = False,
) -> Finding | None:
    """Return the surest finding of a finished turn, transfers before questions.

    Args:
        spotter: Reads the whole and the parts.
        text: What the caller said, to the end.
        alternatives: The recogniser's other readings of the whole, best first.
        answering: Whether the bot had asked for a detail of a request it knows.
    """
    whole = spotter.spot(text, final=True, answering=answering, alternatives=alternatives)
    if whole is not None and whole.action is _TRANSFER:
        return whole
    findings = [whole]
    # Telling matters apart takes too long where nobody would have said so much in one breath.
    matters = split_matters(text).texts if len(text) <= _LONGEST_TOLD_APART else ()
    if len(matters) > 1:
        findings += [spotter.spot(matter, final=True) for matter in matters[:_MOST_PARTS]]
    else:
        findings += [_said_beside(spotter, part, whole) for part in _parts(text)]
    return max(
        (finding for finding in findings if finding is not None),
        key=lambda finding: (finding.action is _TRANSFER, finding.confidence),
        default=None,
    )


def _said_beside(spotter: EmergencySpotter, part: str, whole: Finding | None) -> Finding | None:
    """A danger told plainly in one part: what stands beside it may make it a question."""
    found = spotter.spot(part, final=True)
    if found is None or found.action is not _TRANSFER or found.confidence < _PLAIN:
        return None
    return found if whole is not None else replace(found, action=_ASK)


def _parts(text: str) -> list[str]:
    """The stretches between joints such as 还有; none for one, or more than anybody tells."""
    parts: list[str] = []
    for clause in clauses_of(text[:LONGEST_READ]):
        if parts and clause.joint < Joint.ALSO:
            parts[-1] += f"，{clause.words}"
        else:
            parts.append(clause.words)
    return parts if 1 < len(parts) <= _MOST_PARTS else []
