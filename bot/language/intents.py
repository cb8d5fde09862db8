"""What a caller wants, by a linear model over the fragments of what was heard."""

from __future__ import annotations

import tarfile
from pathlib import Path

from bot.language.fragments import fragments_of
from bot.language.linear import LinearModel, read_model, softmax
from bot.language.pinyin import LONGEST_READ, sounds_of

FALLBACK = "nlu_fallback"
FALLBACK_BAR = 0.3
"""Below this confidence the bot asks again instead of acting."""

WEIGHTS_FILE = "intents.weights"

# The scores are margins; so sharpened, their softmax is close to how often it is right.
_SHARPNESS = 6.0


class IntentReader:
    """Ranks the intents of a text.

    Args:
        model: The trained weights.
    """

    def __init__(self, model: LinearModel) -> None:
        self._model = model

    @property
    def labels(self) -> tuple[str, ...]:
        """The intents it knows."""
        return self._model.labels

    def ranking(self, text: str) -> list[tuple[str, float]]:
        """Return the intents with their probabilities, best first; never raises.

        Empty for a text nobody could have said in Chinese: the fallback then speaks.
        """
        if not _is_readable(text):
            return []
        fragments = fragments_of(sounds_of(text[:LONGEST_READ]))
        chances = softmax(self._model.scores(fragments), _SHARPNESS)
        return sorted(
            zip(self._model.labels, chances, strict=True), key=lambda pair: (-pair[1], pair[0])
        )


def read_intents(archive: Path) -> IntentReader:
    """Take the weights out of a trained model's archive.

    Raises:
        ValueError: There are none in it, or they are damaged.
        OSError: The archive cannot be read.
    """
    with tarfile.open(archive, "r:gz") as files:
        for member in files:
            if member.name.rpartition("/")[2] == WEIGHTS_FILE:
                content = files.extractfile(member)
                if content is not None:
                    return IntentReader(read_model(content.read()))
    raise ValueError(f"no intent weights in {archive.name}")


def _is_readable(text: str) -> bool:
    """Whether a caller could have said it: Chinese characters or digits."""
    return any("\u4e00" <= c <= "\u9fff" or c.isdigit() for c in text)
