"""Emergency spotting on interim and final text, by sound (EMG-001, EMG-041).

Pure and fast (at most 1 ms a call): it runs on every interim text of every call,
before the dialogue engine sees a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.language.emergency.evidence import Evidence, pattern_evidence
from bot.language.emergency.kinds import EmergencyAction, EmergencyKind, Finding
from bot.language.phrases import Closeness
from bot.language.pinyin import Sounds, sounds_of

TRANSFER_BAR = 0.7
ASK_BAR = 0.5
# A recogniser's second thoughts count for less than what it settled on.
_ALTERNATIVE_FACTOR = 0.8
_ALTERNATIVES_READ = 3
_LONGEST = 300
_TRANSFER = EmergencyAction.TRANSFER


class EmergencySpotter:
    """Finds the emergency in what a caller has said so far, if there is one."""

    def spot(
        self, text: str, *, final: bool = False, alternatives: Sequence[str] = ()
    ) -> Finding | None:
        """Read one text; never raises, keeps nothing between calls.

        On a cut-off text (``final`` false) only emergencies to be put through are
        reported, and only once the next words can no longer plainly cancel them;
        questions wait for the caller to finish.

        Args:
            text: What the recogniser has so far.
            final: Whether the caller has finished the sentence.
            alternatives: Other readings of the same speech, best first.

        Returns:
            The worst finding, or None.
        """
        finding = _read(text, final=final)
        if finding is not None and finding.action is EmergencyAction.TRANSFER:
            return finding
        if not final:
            return None
        return _with_alternatives(finding, alternatives)


def _read(text: str, *, final: bool) -> Finding | None:
    """The beginning and the end of a text too long to be a spoken turn, else all of it."""
    if len(text) <= _LONGEST:
        sounds = sounds_of(text)
        return _decide(sounds, pattern_evidence(sounds), final=final)
    offset = len(text) - _LONGEST
    early = _read(text[:_LONGEST], final=True)
    late = _read(text[offset:], final=final)
    if late is not None:
        late = replace(late, start=late.start + offset, end=late.end + offset)
    if early is None or late is None:
        found = early or late
    else:
        found = max(early, late, key=lambda one: (one.action is _TRANSFER, one.level))
    return found if final or found is None or found.action is _TRANSFER else None


def _decide(sounds: Sounds, found: list[Evidence], *, final: bool) -> Finding | None:
    if not final:
        found = [one for one in found if one.settled]
    if not found:
        return None
    best = (0.0, 0, found[0])
    seen: set[EmergencyKind] = set()
    for one in found:
        if one.kind in seen:
            continue
        seen.add(one.kind)
        same_kind = [other for other in found if other.kind is one.kind]
        belief = _joined_belief(same_kind)
        level = max(other.level for other in same_kind if other.belief >= ASK_BAR or other is one)
        if (belief >= TRANSFER_BAR, level, belief) > (
            best[0] >= TRANSFER_BAR,
            best[1],
            best[0],
        ):
            best = (belief, level, one)
    belief, level, evidence = best
    if belief < ASK_BAR:
        return None
    action = EmergencyAction.TRANSFER if belief >= TRANSFER_BAR else EmergencyAction.ASK
    return Finding(
        kind=evidence.kind,
        level=level,
        confidence=round(belief, 3),
        matched=sounds.span(evidence.first, evidence.stop),
        start=sounds.starts[evidence.first],
        end=sounds.ends[evidence.stop - 1],
        action=action,
    )


def _joined_belief(found: list[Evidence]) -> float:
    """Two separate things said add up; the same words seen twice do not (best first)."""
    best = found[0]
    if best.closeness is Closeness.FOLDED:
        return min(best.belief, TRANSFER_BAR - 0.01)
    for other in found[1:]:
        apart = other.stop <= best.first or best.stop <= other.first
        if apart and other.closeness is not Closeness.FOLDED and other.belief >= ASK_BAR:
            return min(0.99, 1 - (1 - best.belief) * (1 - 0.7 * other.belief))
    return best.belief


def _with_alternatives(finding: Finding | None, alternatives: Sequence[str]) -> Finding | None:
    """An alternative reading can raise a question, or agree with one the text raised."""
    for text in alternatives[:_ALTERNATIVES_READ]:
        other = _read(text, final=True)
        if other is None:
            continue
        if finding is not None and other.kind is finding.kind:
            if other.action is EmergencyAction.TRANSFER:
                return other
            continue
        if finding is None and other.confidence * _ALTERNATIVE_FACTOR >= ASK_BAR:
            finding = Finding(
                kind=other.kind,
                level=other.level,
                confidence=round(
                    min(other.confidence * _ALTERNATIVE_FACTOR, TRANSFER_BAR - 0.01), 3
                ),
                matched=other.matched,
                start=0,
                end=0,
                action=EmergencyAction.ASK,
            )
    return finding
