"""``python -m bench``: latencies as a caller hears them."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
from pathlib import Path

import click

from bench.accept import Joined, measure_accepts
from bench.emergency_ring import measure_rings
from bench.recognisers import measure_recognisers
from bench.report import Distribution, print_report
from bench.ring import measure_requests
from bench.sip_turns import Compared, measure_links
from bench.voice_to_voice import TurnMeasure, measure_turns
from tests.sip.agent import free_sip_port
from tests.support.browser import add_agent
from tests.support.house import free_port, open_house


@click.command()
@click.option("--turns", default=24, show_default=True, help="Turns of each kind.")
@click.option("--rings", default=20, show_default=True, help="Emergencies.")
@click.option("--requests", default=40, show_default=True, help="Rings with fifty waiting.")
@click.option("--accepts", default=20, show_default=True, help="Emergencies accepted.")
@click.option("--sip", default=0, show_default=True, help="Turns by telephone and by browser.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write JSON.")
def main(
    turns: int, rings: int, requests: int, accepts: int, sip: int, json_file: Path | None
) -> None:
    """Open a house of its own and measure one call at a time.

    Voice-to-voice is last voiced sample sent to first bot sample received. Emergency is last
    syllable of the emergency word sent to the agent's browser ringing. Request to ring is the
    stored request to the card in the page, with fifty callers waiting; accept is 接听 pressed to
    the first sound each way. By telephone: Debian's baresip, G.711, packets as they are seen on the
    wire; needs root. A count of 0 leaves a measurement out.
    """
    with tempfile.TemporaryDirectory() as folder:
        click.echo(f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}")
        click.echo("opening the house, then about 30 s for each four turns and each emergency…")
        house = open_house(Path(folder) / "var", **(_telephone_line() if sip else {}))
        try:
            asyncio.run(add_agent(house.settings, "bench"))
            cached = asyncio.run(measure_turns(house, turns, cached=True))
            fresh = asyncio.run(measure_turns(house, turns, cached=False))
            ringing = asyncio.run(measure_rings(house, rings, "bench")) if rings else []
            # Before fifty callers wait, who would keep the agent busy.
            accepted = asyncio.run(measure_accepts(house, accepts, "bench")) if accepts else []
            asked = asyncio.run(measure_requests(house, requests, "bench")) if requests else []
            compared = asyncio.run(measure_links(house, sip))
            alone = asyncio.run(measure_recognisers(house)) if turns else []
        finally:
            house.stop()
    figures = _figures(cached, fresh, ringing) + _handoff_figures(asked, accepted)
    figures += _link_figures(compared) + alone
    print_report([f for f in figures if f.values], shares=_shares(cached) if cached else {})
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


def _handoff_figures(asked: list[float], accepted: list[Joined]) -> list[Distribution]:
    sides = (
        ("accept to sound both ways", [joined.both for joined in accepted], 500.0),
        ("– the agent hears the caller", [joined.at_agent for joined in accepted], None),
        ("– the caller hears the agent", [joined.at_caller for joined in accepted], None),
    )
    return [
        Distribution("request to ring, fifty waiting", asked, p50_target=None, p95_target=300),
        *(Distribution(n, values, p50_target=None, p95_target=p95) for n, values, p95 in sides),
    ]


def _telephone_line() -> dict[str, object]:
    return {"sip_listen": f"127.0.0.1:{free_sip_port()}", "sip_health_port": free_port()}


def _link_figures(compared: Compared) -> list[Distribution]:
    links = (("SIP telephone", compared.telephone), ("browser link", compared.browser))
    return [
        Distribution(f"voice-to-voice, cached, {name}", v, p50_target=1200, p95_target=1800)
        for name, v in links
    ]


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
