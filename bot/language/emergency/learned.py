"""The second layer: a linear model over characters and syllables, trained on many voices.

It catches what no pattern foresees (somebody shut in somewhere that will not open, a smell and a
headache) and doubts what only looks like danger. Its weights are read once, before the first
call; ``python -m bot.learning`` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bot.language.emergency.kinds import EmergencyKind
from bot.language.emergency.second_opinion import EMERGENCY_PREFIX
from bot.language.fragments import fragments_of, pieces_of
from bot.language.linear import LinearModel, read_model, softmax
from bot.language.pinyin import Sounds

WEIGHTS = Path(__file__).with_name("emergencies.weights")

# The scores are margins; so sharpened, their softmax is close to how often it is right.
_SHARPNESS = 4.0
_WIDEST_PIECE = 3


@dataclass(frozen=True)
class Opinion:
    """What the model thinks of a text.

    Attributes:
        chance: 0 to 1, that there is an emergency of any kind.
        kind: The likeliest kind if there is one.
        shares: Of each kind, 0 to 1; they add up to ``chance``.
    """

    chance: float
    kind: EmergencyKind
    shares: Mapping[EmergencyKind, float] = field(default_factory=dict)


class LearnedLayer:
    """The model's view of texts.

    Args:
        model: Trained by ``bot.learning.emergencies``.
    """

    def __init__(self, model: LinearModel) -> None:
        self._model = model
        self._kinds = [
            (number, EmergencyKind(label.removeprefix(EMERGENCY_PREFIX)))
            for number, label in enumerate(model.labels)
            if label.startswith(EMERGENCY_PREFIX)
        ]

    def opinion(self, sounds: Sounds) -> Opinion:
        """Judge a text; an empty one is none."""
        if not len(sounds):
            return Opinion(0.0, self._kinds[0][1])
        chances = softmax(self._model.scores(fragments_of(sounds)), _SHARPNESS)
        shares = {kind: chances[number] for number, kind in self._kinds}
        return Opinion(sum(shares.values()), max(shares, key=shares.__getitem__), shares)

    def telling(self, sounds: Sounds, kind: EmergencyKind) -> tuple[int, int]:
        """Return the syllable range that speaks most for a kind, for the agent's card."""
        label = next(number for number, other in self._kinds if other is kind)
        best, span = 0.0, (0, len(sounds))
        for first, stop, fragments in pieces_of(sounds, _WIDEST_PIECE):
            weight = sum(self._model.weight(fragment, label) for fragment in fragments)
            if weight > best:
                best, span = weight, (first, stop)
        return span


@lru_cache(maxsize=1)
def learned_layer() -> LearnedLayer:
    """Return the layer with the weights of this version, read at the first call only."""
    return LearnedLayer(read_model(WEIGHTS.read_bytes()))
