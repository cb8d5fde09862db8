"""``python -m bench``: latencies as a caller hears them."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
from pathlib import Path

import click

from bench.emergency_ring import measure_rings
from bench.recognisers import measure_recognisers
from bench.report import Distribution, print_report
from bench.voice_to_voice import TurnMeasure, measure_turns
from tests.support.browser import add_agent
from tests.support.house import open_house


@click.command()
@click.option("--turns", default=24, show_default=True, help="Turns of each kind.")
@click.option("--rings", default=20, show_default=True, help="Emergencies.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write JSON.")
def main(turns: int, rings: int, json_file: Path | None) -> None:
    """Open a house of its own and measure one call at a time.

    Voice-to-voice is last voiced sample sent to first bot sample received. Emergency is last
    syllable of the emergency word sent to the agent's browser ringing.
    """
    with tempfile.TemporaryDirectory() as folder:
        click.echo(f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}")
        click.echo("opening the house, then about 30 s for each four turns and each emergency…")
        house = open_house(Path(folder) / "var")
        try:
            asyncio.run(add_agent(house.settings, "bench"))
            cached = asyncio.run(measure_turns(house, turns, cached=True))
            fresh = asyncio.run(measure_turns(house, turns, cached=False))
            ringing = asyncio.run(measure_rings(house, rings, "bench"))
            alone = asyncio.run(measure_recognisers(house))
        finally:
            house.stop()
    figures = _figures(cached, fresh, ringing) + alone
    print_report(figures, shares=_shares(cached))
    if json_file is not None:
        body = {f.name: f.to_dict() for f in figures}
        json_file.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")


def _figures(
    cached: list[TurnMeasure], fresh: list[TurnMeasure], ringing: list[float]
) -> list[Distribution]:
    every = cached + fresh
    engines = sorted({turn.engine for turn in every})
    figures = [
        Distribution(f"voice-to-voice, {engine}, all", [t.ms for t in every if t.engine == engine],
                     p50_target=1200, p95_target=1800)
        for engine in engines
    ]  # fmt: skip
    for name, kind in (("cached sentence", "cache"), ("fresh sentence", "packaged")):
        found = [t.ms for t in every if t.source == kind]
        figures.append(
            Distribution(f"voice-to-voice, {name}", found, p50_target=1200, p95_target=1800)
        )
    figures.append(
        Distribution("emergency word to ring", ringing, p50_target=None, p95_target=1800)
    )
    figures.append(
        Distribution(
            "dialogue turn (Rasa and actions)",
            [t.dialogue_ms for t in every],
            p50_target=None,
            p95_target=120,
        )
    )
    return figures


def _shares(turns: list[TurnMeasure]) -> dict[str, list[float]]:
    return {
        "silence that ends the turn (recognition runs in it)": [t.endpoint_ms for t in turns],
        "of it, final recognition": [t.decode_ms for t in turns],
        "dialogue": [t.dialogue_ms for t in turns],
        "first audio of the voice": [t.first_audio_ms for t in turns],
        "rest (link, frames, scheduling)": [t.rest_ms for t in turns],
    }


if __name__ == "__main__":
    main()
