"""Counts which syllable the recogniser took for which: ``python -m bench.confusions IN.tsv``.

Reads what ``bench.telephone`` wrote (columns ``said`` and ``text``) and prints
``said<TAB>heard<TAB>count`` for ``bot/learning/heard.tsv``. Give it training sentences only.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from bot.language.pinyin import sounds_of


def align(said: Sequence[str], heard: Sequence[str]) -> list[tuple[str, str]]:
    """Return the cheapest pairing of two syllable sequences; ``""`` stands for none."""
    costs = [[0] * (len(heard) + 1) for _ in range(len(said) + 1)]
    for i in range(len(said) + 1):
        for j in range(len(heard) + 1):
            if not i or not j:
                costs[i][j] = i + j
                continue
            same = costs[i - 1][j - 1] + (said[i - 1] != heard[j - 1])
            costs[i][j] = min(same, costs[i - 1][j] + 1, costs[i][j - 1] + 1)
    i, j, pairs = len(said), len(heard), []
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + (said[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((said[i], heard[j]))
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
            pairs.append((said[i], ""))
        else:
            j -= 1
            pairs.append(("", heard[j]))
    return pairs[::-1]


@click.command()
@click.argument("heard", type=click.Path(exists=True, path_type=Path))
def main(heard: Path) -> None:
    """Print the confusions of a recognised file."""
    counts: Counter[tuple[str, str]] = Counter()
    with heard.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            pairs = align(sounds_of(row["said"]).syllables, sounds_of(row["text"]).syllables)
            counts.update((a, b) for a, b in pairs if a != b and a.isalpha() and b.isalpha())
    for (said, got), count in sorted(counts.items()):
        click.echo(f"{said}\t{got}\t{count}")


if __name__ == "__main__":
    main()
