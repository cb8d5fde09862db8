"""Training examples from what the recogniser heard: ``python -m bench.heard HEARD.tsv…``.

Prints a Rasa NLU file of the sentences ``bench.telephone`` garbled, under the intents they were
spoken with. Those of which too little is left are dropped: they would teach noise.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import click

from bench.confusions import align
from bot.language.pinyin import sounds_of

_WORST = 0.4
"""Largest share of wrong syllables still learned from."""


@click.command()
@click.argument("heard", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(heard: tuple[Path, ...]) -> None:
    """Print the examples of recognised files (columns intent, text, said)."""
    by_intent: defaultdict[str, set[str]] = defaultdict(set)
    for path in heard:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                said, got = sounds_of(row["said"]).syllables, sounds_of(row["text"]).syllables
                wrong = sum(a != b for a, b in align(said, got))
                if row["text"] != row["said"] and said and wrong <= _WORST * len(said):
                    by_intent[row["intent"]].add(row["text"])
    click.echo("# Made by bench.heard from training sentences sent down a telephone line.")
    click.echo('version: "3.1"\nnlu:')
    for intent, texts in sorted(by_intent.items()):
        click.echo(f"- intent: {intent}\n  examples: |")
        for text in sorted(texts):
            click.echo(f"    - {text}")


if __name__ == "__main__":
    main()
