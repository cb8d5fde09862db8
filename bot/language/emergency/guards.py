"""What the rest of the sentence does to a piece of evidence: cancel, weaken or strengthen it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.phrases import Closeness, Hit
from bot.language.pinyin import Sounds

# Words that may stand between 没有/不是 and what is denied without breaking the denial.
_LIGHT = frozenset(
    "you zai bei shi shuo bao yao yin wei ren wo jia de li na zhe shen me fa sheng chu xian ta "
    "men ni da zhen".split()
)
# Short cues of these kinds sound like too much else: 家的 is no 假的.
_BY_CHARACTERS = frozenset(("question", "drill", "resolved", "shut_off", "hypothesis_after"))
_PAST_REACH = 12
_HYPOTHESIS_REACH = 16

QUESTION_FACTOR = 0.6
PAST_BUT_URGENT_FACTOR = 0.7
HEDGE_FACTOR = 0.85
SLIGHT_FACTOR = 0.72
DOUBTFUL_CANCEL_FACTOR = 0.62
SHUT_OFF_FACTOR = 0.68
ASKED_FACTOR = 0.72
URGENT_FACTOR = 1.08


@dataclass(frozen=True)
class Weight:
    """The verdict on one piece of evidence: 0 cancels it, 1 leaves it, more strengthens it."""

    factor: float
    reasons: tuple[str, ...]


class Guards:
    """The cues of one text, asked about one piece of evidence after another."""

    def __init__(self, sounds: Sounds, cues: list[Hit]) -> None:
        self._sounds = sounds
        self._cues: dict[str, list[Hit]] = {}
        for cue in cues:
            if cue.closeness is Closeness.FOLDED or _covered(cue, cues):
                continue
            if cue.name in _BY_CHARACTERS and cue.closeness < Closeness.CHARACTERS and len(cue) < 3:
                continue
            self._cues.setdefault(cue.name, []).append(cue)

    def weigh(self, hits: tuple[Hit, ...], *, water_or_gas: bool) -> Weight:
        """Weigh evidence whose last hit is the event itself."""
        event = hits[-1]
        factor, reasons = 1.0, []
        cancels = (
            ("negation", self._negated(event, hits)),
            ("whether", self._whether(event, hits)),
            ("past", self._past(event, hits)),
            ("resolved", self._resolved(event)),
            ("drill", self._free("drill", hits)),
            ("hypothesis", self._hypothetical(event, hits)),
        )
        for reason, cue in cancels:
            if cue is None:
                continue
            reasons.append(reason)
            urgent = reason == "past" and self._urgent_after(event)
            if urgent:
                factor *= PAST_BUT_URGENT_FACTOR
            elif cue.closeness >= Closeness.CHARACTERS:
                return Weight(0.0, (reason,))
            else:
                factor *= DOUBTFUL_CANCEL_FACTOR
        urgent_cue = self._free("urgent", hits)
        if self._free("question", hits) is not None:
            reasons.append("question")
            factor *= 0.9 if urgent_cue is not None else QUESTION_FACTOR
        if self._near("hedge", event, before=8, after=4) is not None:
            reasons.append("hedge")
            factor *= HEDGE_FACTOR
        if self._near("slight", event, before=4, after=2, hits=hits) is not None:
            reasons.append("slight")
            factor *= SLIGHT_FACTOR
        if self._near("asked", event, before=-1, after=1) is not None:
            reasons.append("asked")
            factor *= ASKED_FACTOR
        if self._near("would", event, before=1, after=-1, hits=hits) is not None:
            reasons.append("would")
            factor *= DOUBTFUL_CANCEL_FACTOR
        if water_or_gas and self._shut_off(event):
            reasons.append("shut off")
            factor *= SHUT_OFF_FACTOR
        if urgent_cue is not None:
            reasons.append("urgent")
            factor *= URGENT_FACTOR
        return Weight(factor, tuple(reasons))

    def _of(self, name: str) -> list[Hit]:
        return self._cues.get(name, [])

    def _free(self, name: str, hits: tuple[Hit, ...]) -> Hit | None:
        """A cue anywhere that is not itself part of the evidence."""
        return next((c for c in self._of(name) if not any(c.overlaps(h) for h in hits)), None)

    def _near(
        self, name: str, event: Hit, *, before: int, after: int, hits: tuple[Hit, ...] = ()
    ) -> Hit | None:
        for cue in self._of(name):
            if any(cue.overlaps(hit) for hit in hits):
                continue
            if 0 <= event.first - cue.stop <= before or 0 <= cue.first - event.stop <= after:
                return cue
        return None

    def _negated(self, event: Hit, hits: tuple[Hit, ...]) -> Hit | None:
        for name, reach in (("negation_tight", 0), ("negation", 3), ("negation_far", 8)):
            for cue in self._of(name):
                gap = event.first - cue.stop
                if not 0 <= gap <= reach or any(cue.overlaps(hit) for hit in hits):
                    continue
                if self._lightly_joined(cue.stop, event.first, hits):
                    return cue
        return None

    def _lightly_joined(self, first: int, stop: int, hits: tuple[Hit, ...]) -> bool:
        return all(
            self._sounds.syllables[place] in _LIGHT
            or any(hit.first <= place < hit.stop for hit in hits)
            for place in range(first, stop)
        )

    def _whether(self, event: Hit, hits: tuple[Hit, ...]) -> Hit | None:
        for cue in self._of("whether"):
            gap = event.first - cue.stop
            if 0 <= gap <= 4 and self._lightly_joined(cue.stop, event.first, hits):
                return cue
        return None

    def _now_between(self, first: int, stop: int) -> bool:
        return any(first <= cue.first and cue.stop <= stop for cue in self._of("present"))

    def _past(self, event: Hit, hits: tuple[Hit, ...]) -> Hit | None:
        for cue in self._of("past_mark"):
            if 0 <= cue.first - event.stop <= 0:
                return cue
        for cue in reversed(self._of("past")):
            if cue.stop > event.first or any(cue.overlaps(hit) for hit in hits):
                continue
            near = event.first - cue.stop <= _PAST_REACH
            if near and not self._now_between(cue.stop, event.first):
                return cue
        return None

    def _urgent_after(self, event: Hit) -> bool:
        return any(
            cue.first >= event.stop for name in ("urgent", "present") for cue in self._of(name)
        )

    def _resolved(self, event: Hit) -> Hit | None:
        for cue in self._of("resolved"):
            if cue.first < event.stop:
                continue
            before = self._sounds.syllables[max(0, cue.first - 2) : cue.first]
            after = self._sounds.syllables[cue.stop : cue.stop + 1]
            if "mei" in before or "bu" in before or after == ("ma",):
                continue
            if self._now_between(event.stop, cue.first) and self._again(cue):
                continue
            return cue
        return None

    def _again(self, cue: Hit) -> bool:
        return any(present.first >= cue.stop for present in self._of("present"))

    def _shut_off(self, event: Hit) -> bool:
        return any(cue.first >= event.stop for cue in self._of("shut_off"))

    def _hypothetical(self, event: Hit, hits: tuple[Hit, ...]) -> Hit | None:
        for cue in self._of("hypothesis"):
            gap = event.first - cue.stop
            if not 0 <= gap <= _HYPOTHESIS_REACH or any(cue.overlaps(hit) for hit in hits):
                continue
            if not self._now_between(cue.stop, event.first):
                return cue
        for cue in self._of("fear"):
            gap = event.first - cue.stop
            if 0 <= gap <= 3 and self._lightly_joined(cue.stop, event.first, hits):
                return cue
        for cue in self._of("hypothesis_after"):
            if 0 <= cue.first - event.stop <= 4:
                return cue
        return None


def _covered(cue: Hit, cues: list[Hit]) -> bool:
    """A longer cue swallows a shorter one: 是不是 is no 不是."""
    return any(
        other is not cue
        and other.closeness is not Closeness.FOLDED
        and other.first <= cue.first
        and other.stop >= cue.stop
        and len(other) > len(cue)
        and (other.name != cue.name)
        for other in cues
    )
