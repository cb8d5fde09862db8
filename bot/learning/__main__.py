"""``python -m bot.learning``: train the emergency spotter's learned layer from nlu_data.

Run it in Rasa's environment after changing utterances; the weights are part of the source, so
that the gateway has them whatever else is trained. Look at ``zhiban eval`` before committing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.language.emergency.learned import WEIGHTS
from bot.learning.corpus import read_corpus
from bot.learning.emergencies import train_emergencies

_DATA = Path(__file__).parents[2] / "nlu_data"


def main() -> None:
    """Read the corpus, train, write."""
    parser = argparse.ArgumentParser(prog="python -m bot.learning", description=__doc__)
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of Rasa NLU files")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="weights to write")
    asked = parser.parse_args()
    corpus = read_corpus(asked.data)
    print(f"{len(corpus)} utterances of {len({one.voice for one in corpus})} voices")
    train_emergencies(corpus, asked.out)
    print(f"{asked.out.name}: {asked.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
