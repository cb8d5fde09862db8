"""Emergency spotting on interim and final text, by sound (EMG-001, EMG-041).

Two layers look at the same syllables: patterns, which know precise ways of telling an emergency,
and a learned model, which knows how emergencies and harmless calls sound as a whole. What both
see is put through; where only one is sure, or neither quite, the bot asks one closed question.

Pure and fast (at most 1 ms a call): it runs on every interim text of every call,
before the dialogue engine sees a word. The bars were chosen on nlu_data/dev (docs/understanding.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.language.emergency.evidence import Evidence, pattern_evidence
from bot.language.emergency.kinds import USUAL_LEVEL, EmergencyAction, EmergencyKind, Finding
from bot.language.emergency.learned import LearnedLayer, Opinion, learned_layer
from bot.language.phrases import Closeness
from bot.language.pinyin import Sounds, sounds_of

TRANSFER_BAR = 0.7
ASK_BAR = 0.5
"""For the patterns' belief; the learned layer's chance has bars of its own."""

_LEARNED_TRANSFER = 0.55
_LEARNED_ASK = 0.12
# A few syllables that answer the bot's question are seldom news of an emergency: 水在流, asked how
# bad a leak is. The odds are taken for eight times smaller, where no pattern speaks.
_ANSWER_TRANSFER = 0.9
_ANSWER_ASK = 0.58
SHORT_ANSWER = 8
# How far the learned layer must agree for a pattern to be followed.
_BACKS_TRANSFER = 0.25
_BACKS_QUESTION = 0.07
# On words still being said both must be surer: the rest may take them back.
_INTERIM_BACKING = 0.9
_INTERIM_LEARNED = 0.95
_INTERIM_BEFORE = 0.85
_INTERIM_SHORTEST = 5
_NAMES_KIND = 0.5
_KNOWS_KIND = 0.8
_POSSIBLE_KIND = 0.1
# A recogniser's second thoughts count for less than what it settled on.
_ALTERNATIVE_FACTOR = 0.8
_ALTERNATIVES_READ = 3
_LONGEST = 300
_TRANSFER = EmergencyAction.TRANSFER


@dataclass(frozen=True)
class _Pattern:
    """What the patterns say together: the worst kind, how sure, and the words."""

    belief: float
    level: int
    evidence: Evidence


class EmergencySpotter:
    """Finds the emergency in what a caller has said so far, if there is one.

    Args:
        learned: The learned layer; the one shipped with this version by default.
    """

    def __init__(self, learned: LearnedLayer | None = None) -> None:
        self._learned = learned or learned_layer()

    def spot(
        self,
        text: str,
        *,
        final: bool = False,
        answering: bool = False,
        alternatives: Sequence[str] = (),
    ) -> Finding | None:
        """Read one text; never raises, keeps nothing between calls.

        On a cut-off text (``final`` false) only emergencies to be put through are
        reported, and only once the next words can no longer plainly cancel them;
        questions wait for the caller to finish.

        Args:
            text: What the recogniser has so far.
            final: Whether the caller has finished the sentence.
            answering: Whether the bot had asked for a detail of a request it knows.
            alternatives: Other readings of the same speech, best first.

        Returns:
            The worst finding, or None.
        """
        finding = self._read(text, final=final, answering=answering)
        if finding is not None and finding.action is EmergencyAction.TRANSFER:
            return finding
        if not final:
            return None
        return self._with_alternatives(finding, alternatives, answering=answering)

    def _read(self, text: str, *, final: bool, answering: bool = False) -> Finding | None:
        """The beginning and the end of a text too long to be a spoken turn, else all of it."""
        if len(text) <= _LONGEST:
            return self._decide(sounds_of(text), final=final, answering=answering)
        offset = len(text) - _LONGEST
        early = self._read(text[:_LONGEST], final=True)
        late = self._read(text[offset:], final=final)
        if late is not None:
            late = replace(late, start=late.start + offset, end=late.end + offset)
        if early is None or late is None:
            found = early or late
        else:
            found = max(early, late, key=lambda one: (one.action is _TRANSFER, one.level))
        return found if final or found is None or found.action is _TRANSFER else None

    def _decide(self, sounds: Sounds, *, final: bool, answering: bool) -> Finding | None:
        evidence = pattern_evidence(sounds)
        if not final:
            evidence = [one for one in evidence if one.settled]
        pattern = _together(evidence)
        opinion = self._learned.opinion(sounds)
        if final:
            short = answering and len(sounds) <= SHORT_ANSWER
            action = _action(pattern, opinion, short_answer=short)
        else:
            action = self._interim(sounds, pattern, opinion)
        return None if action is None else self._finding(sounds, pattern, opinion, action)

    def _interim(
        self, sounds: Sounds, pattern: _Pattern | None, opinion: Opinion
    ) -> EmergencyAction | None:
        """Cut-off words ring only where the words that may follow can hardly take them back."""
        sure = pattern is not None and pattern.belief >= TRANSFER_BAR
        if sure and opinion.chance >= _INTERIM_BACKING:
            return _TRANSFER
        if len(sounds) < _INTERIM_SHORTEST or opinion.chance < _INTERIM_LEARNED:
            return None
        # One syllable must not decide: the words must have meant it for a while.
        for missing in (1, 2):
            if self._learned.opinion(sounds.up_to(len(sounds) - missing)).chance < _INTERIM_BEFORE:
                return None
        return _TRANSFER

    def _finding(
        self,
        sounds: Sounds,
        pattern: _Pattern | None,
        opinion: Opinion,
        action: EmergencyAction,
    ) -> Finding:
        kind = _kind(pattern, opinion)
        if pattern is not None and pattern.evidence.kind is kind:
            first, stop, level = pattern.evidence.first, pattern.evidence.stop, pattern.level
        else:
            first, stop = self._learned.telling(sounds, kind)
            level = USUAL_LEVEL[kind]
        belief = pattern.belief if pattern is not None and action is _TRANSFER else 0.0
        return Finding(
            kind=kind,
            level=level,
            confidence=round(min(0.99, max(opinion.chance, belief)), 3),
            matched=sounds.span(first, stop),
            start=sounds.starts[first],
            end=sounds.ends[stop - 1],
            action=action,
        )

    def _with_alternatives(
        self, finding: Finding | None, alternatives: Sequence[str], *, answering: bool
    ) -> Finding | None:
        """An alternative reading can raise a question, or agree with one the text raised."""
        for text in alternatives[:_ALTERNATIVES_READ]:
            other = self._read(text, final=True, answering=answering)
            if other is None:
                continue
            if finding is not None and other.kind is finding.kind:
                if other.action is _TRANSFER:
                    return other
                continue
            if finding is None and other.action is _TRANSFER:
                finding = Finding(
                    kind=other.kind,
                    level=other.level,
                    confidence=round(other.confidence * _ALTERNATIVE_FACTOR, 3),
                    matched=other.matched,
                    start=0,
                    end=0,
                    action=EmergencyAction.ASK,
                )
        return finding


def _kind(pattern: _Pattern | None, opinion: Opinion) -> EmergencyKind:
    """Between kinds the learned layer is right more often, save where a pattern is precise."""
    if pattern is None:
        return opinion.kind
    kind = pattern.evidence.kind
    possible = opinion.shares.get(kind, 0.0) >= _POSSIBLE_KIND * opinion.chance
    if opinion.chance < _NAMES_KIND or (pattern.belief >= _KNOWS_KIND and possible):
        return kind
    return opinion.kind


def _action(
    pattern: _Pattern | None, opinion: Opinion, *, short_answer: bool
) -> EmergencyAction | None:
    """What to do about a finished text."""
    belief = pattern.belief if pattern is not None else 0.0
    doubtful = short_answer and pattern is None
    if opinion.chance >= (_ANSWER_TRANSFER if doubtful else _LEARNED_TRANSFER):
        # A caller who doubts it twice over, 好像有点, can be asked.
        doubted = pattern is not None and belief < TRANSFER_BAR and pattern.evidence.doubted
        return EmergencyAction.ASK if doubted else _TRANSFER
    if belief >= TRANSFER_BAR and opinion.chance >= _BACKS_TRANSFER:
        return _TRANSFER
    if opinion.chance >= (_ANSWER_ASK if doubtful else _LEARNED_ASK):
        return EmergencyAction.ASK
    if belief >= ASK_BAR and opinion.chance >= _BACKS_QUESTION:
        return EmergencyAction.ASK
    return None


def _together(found: list[Evidence]) -> _Pattern | None:
    """The worst of what the patterns found, each kind's evidence joined."""
    best: _Pattern | None = None
    seen: set[EmergencyKind] = set()
    for one in found:
        if one.kind in seen:
            continue
        seen.add(one.kind)
        same_kind = [other for other in found if other.kind is one.kind]
        belief = _joined_belief(same_kind)
        level = max(other.level for other in same_kind if other.belief >= ASK_BAR or other is one)
        rank = (belief >= TRANSFER_BAR, level, belief)
        if best is None or rank > (best.belief >= TRANSFER_BAR, best.level, best.belief):
            best = _Pattern(belief, level, one)
    return best


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
