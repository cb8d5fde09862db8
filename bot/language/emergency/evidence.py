"""The first layer: pieces of evidence from the phonetic patterns.

Every layer yields ``Evidence``; ``spotter`` merges what the layers say. A learned
layer joins by yielding more of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from bot.language.emergency.cues import CUES
from bot.language.emergency.guards import Guards, Weight
from bot.language.emergency.kinds import EmergencyKind
from bot.language.emergency.lookalikes import LOOKALIKES
from bot.language.emergency.patterns import PATTERNS, Pattern
from bot.language.emergency.terms import TERMS
from bot.language.phrases import Closeness, Hit, PhraseTable
from bot.language.pinyin import Sounds

_CLOSENESS_FACTOR = {
    Closeness.CHARACTERS: 1.0,
    Closeness.SOUND: 0.95,
    Closeness.HEARD: 0.9,
    Closeness.FOLDED: 0.68,
}
# In a text that repeats itself the first and the last of each are enough.
_EVENTS_READ = 4
_ALWAYS_ASKED = frozenset((EmergencyKind.GAS_LEAK, EmergencyKind.FIRE))
_PLAIN_BELIEF = 0.75
_WORTH_ASKING = 0.52
_DOUBT = frozenset(("hedge", "slight"))
_SHORTEST_FOLDED = 4
_SHORTEST_FOLDED_COMMON = 3
_COMMON_KINDS = frozenset(
    (
        EmergencyKind.ELEVATOR_TRAPPED,
        EmergencyKind.FIRE,
        EmergencyKind.GAS_LEAK,
        EmergencyKind.BURST_PIPE,
    )
)
# Where a second's delay costs little, wait for one more syllable: 水管爆了|归谁赔.
_WAITS_A_SYLLABLE = frozenset(
    (EmergencyKind.BURST_PIPE, EmergencyKind.FALLING_OBJECT, EmergencyKind.FLOOD)
)
_CANCELLABLE_BY_VALVE = frozenset((EmergencyKind.BURST_PIPE, EmergencyKind.GAS_LEAK))

_TERM_TABLE = PhraseTable(TERMS)
_CUE_TABLE = PhraseTable(CUES, folded=False)
_LOOKALIKE_TABLE = PhraseTable({"lookalike": LOOKALIKES}, folded=False)
_LATE_CUES = PhraseTable(
    {
        name: CUES[name]
        for name in (
            "resolved",
            "hypothesis_after",
            "question",
            "past_mark",
            "slight",
            "asked",
            "drill",
        )
    },
    folded=False,
)

# Endings after which a phrase is whole: 着火了, 出不去, 困在里, 卡住.
_FINISHED = frozenset("le la li zhu a ya lai qu kai mian bian xiang liao da dong zhong".split())


@dataclass(frozen=True)
class Evidence:
    """One reason to think there is an emergency.

    Attributes:
        kind: Which emergency.
        belief: 0 to 1, guards already applied.
        level: 1 to 3.
        first: First syllable of the words that say so.
        stop: Just past the last.
        event: Syllable range of the event itself.
        closeness: Of the least close of the words.
        settled: The words that could still follow can no longer take it back cheaply.
        doubted: The caller is not sure it is so (好像, 有一点).
    """

    kind: EmergencyKind
    belief: float
    level: int
    first: int
    stop: int
    event: tuple[int, int]
    closeness: Closeness
    settled: bool
    doubted: bool


def pattern_evidence(sounds: Sounds) -> list[Evidence]:
    """Everything the patterns see in a text, uncancelled, the most certain first."""
    lookalikes = _LOOKALIKE_TABLE.find(sounds)
    by_name: dict[str, list[Hit]] = {}
    for hit in _TERM_TABLE.find(sounds):
        if not _swallowed(hit, lookalikes):
            by_name.setdefault(hit.name, []).append(hit)
    if not by_name:
        return []
    guards: Guards | None = None
    found: list[Evidence] = []
    cancelled: list[tuple[EmergencyKind, tuple[Hit, ...]]] = []
    for pattern in PATTERNS:
        if not all(name in by_name for name in pattern.needs):
            continue
        if any(name in by_name for name in pattern.unless):
            continue
        for hits in _occurrences(pattern, by_name):
            closeness = min(hit.closeness for hit in hits)
            if closeness is Closeness.FOLDED and not _enough_folded(pattern.kind, hits):
                continue
            if guards is None:
                guards = Guards(sounds, _CUE_TABLE.find(sounds))
            weight = guards.weigh(hits, water_or_gas=pattern.kind in _CANCELLABLE_BY_VALVE)
            if weight.factor == 0.0:
                cancelled.append((pattern.kind, hits))
                continue
            event = hits[-1]
            belief = pattern.belief * _CLOSENESS_FACTOR[closeness] * weight.factor
            if _only_doubted(pattern, closeness, weight):
                belief = max(belief, _WORTH_ASKING)
            found.append(
                Evidence(
                    kind=pattern.kind,
                    belief=min(0.99, belief),
                    level=pattern.level,
                    first=min(hit.first for hit in hits),
                    stop=max(hit.stop for hit in hits),
                    event=(event.first, event.stop),
                    closeness=closeness,
                    settled=_settled(sounds, pattern.kind, hits),
                    doubted=_DOUBT.issubset(weight.reasons) and "urgent" not in weight.reasons,
                )
            )
    found = [one for one in found if not _shares_cancelled(one, cancelled)]
    found.sort(key=lambda one: (-one.belief, -one.level, one.first))
    return found


def _only_doubted(pattern: Pattern, closeness: Closeness, weight: Weight) -> bool:
    """好像有点煤气味: however doubtful, gas and fire are worth the question."""
    return (
        pattern.kind in _ALWAYS_ASKED
        and pattern.belief >= _PLAIN_BELIEF
        and closeness > Closeness.FOLDED
        and set(weight.reasons) <= {"hedge", "slight", "urgent"}
    )


def _swallowed(hit: Hit, lookalikes: Sequence[Hit]) -> bool:
    for other in lookalikes:
        if other.first >= hit.stop:
            return False
        if other.stop <= hit.first or other.closeness < hit.closeness:
            continue
        if other.first <= hit.first and other.stop >= hit.stop:
            if len(other) > len(hit) or other.closeness > hit.closeness:
                return True
        elif (
            (other.first < hit.first or other.stop > hit.stop)
            and other.closeness is Closeness.CHARACTERS
            and hit.closeness is not Closeness.CHARACTERS
        ):
            # Plain words that cut into something only heard: 水管|报修 is not 水管爆.
            return True
    return False


def _enough_folded(kind: EmergencyKind, hits: tuple[Hit, ...]) -> bool:
    """Folded sounds are thin evidence: several words, or one long one, or none."""
    shortest = _SHORTEST_FOLDED_COMMON if kind in _COMMON_KINDS else _SHORTEST_FOLDED
    if all(hit.closeness is Closeness.FOLDED and len(hit) < shortest for hit in hits):
        return False
    return sum(len(hit) for hit in hits) >= shortest


def _occurrences(pattern: Pattern, by_name: dict[str, list[Hit]]) -> list[tuple[Hit, ...]]:
    """For each event the nearest other words, if near enough; bounded however the text repeats."""
    *others, last = pattern.needs
    starts = {name: [hit.first for hit in by_name[name]] for name in others}
    occurrences = []
    events = by_name[last]
    if len(events) > 2 * _EVENTS_READ:
        events = events[:_EVENTS_READ] + events[-_EVENTS_READ:]
    for event in events:
        chosen: list[Hit] = []
        for name in others:
            nearest = _nearest(event, by_name[name], starts[name], pattern.gap)
            if nearest is None or any(nearest.overlaps(hit) for hit in chosen):
                break
            chosen.append(nearest)
        else:
            occurrences.append((*chosen, event))
    return occurrences


def _nearest(event: Hit, hits: list[Hit], starts: list[int], reach: int) -> Hit | None:
    place = bisect_left(starts, event.first)
    best: tuple[int, Hit] | None = None
    for index in range(max(0, place - 4), min(len(hits), place + 5)):
        hit = hits[index]
        if hit.overlaps(event):
            continue
        gap = event.first - hit.stop if hit.first < event.first else hit.first - event.stop
        rank = gap * 5 - int(hit.closeness)
        if gap <= reach and (best is None or rank < best[0]):
            best = (rank, hit)
    return best[1] if best else None


def _settled(sounds: Sounds, kind: EmergencyKind, hits: tuple[Hit, ...]) -> bool:
    """Whether a cut-off text already says this, whatever the next syllable is."""
    stop, count = max(hit.stop for hit in hits), len(sounds)
    for hit in hits:
        if _LOOKALIKE_TABLE.unfinished(sounds, hit.first):
            return False
    tail = count - stop
    if tail == 0:
        return kind not in _WAITS_A_SYLLABLE and sounds.syllables[-1] in _FINISHED
    if _LATE_CUES.unfinished(sounds, stop):
        return False
    return not any(_LATE_CUES.unfinished(sounds, place) for place in range(stop, count - 1))


def _shares_cancelled(
    one: Evidence, cancelled: Sequence[tuple[EmergencyKind, tuple[Hit, ...]]]
) -> bool:
    return any(
        kind is one.kind and any(h.first < one.event[1] and one.event[0] < h.stop for h in hits)
        for kind, hits in cancelled
    )
