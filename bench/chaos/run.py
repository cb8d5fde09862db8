"""Runs callers, agents and failures together, waits for rest, and asks the oracle."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.chaos.agents import AGENTS, ChaosAgent, Deed
from bench.chaos.callers import ChaosCaller
from bench.chaos.causes import Cause
from bench.chaos.diary import Diary, Entry
from bench.chaos.faults import Injector
from bench.chaos.oracle import End, judge
from bench.chaos.records import read_records
from bench.chaos.report import Run
from bench.chaos.scripts import SPOKEN_CRIES, Script, write_scripts
from tests.support.browser import add_agent
from tests.support.house import House, further_gateways, open_house
from tests.support.site import write_site
from tests.support.speech import pcm, speak

_RING_SECONDS = 5
_AT_ONCE = 18
"""Calls in progress; two nodes take twelve each."""
_REST_SECONDS = 90.0
_LOOK_EVERY = 3.0
_CALM_SECONDS = 12.0
_TELL_EVERY = 10.0


@dataclass(frozen=True)
class Options:
    """What the person who runs it chose."""

    calls: int
    minutes: float
    seed: int
    only: Cause | None


async def run_chaos(options: Options, folder: Path, say: Callable[[str], None]) -> Run:
    """Run it all and return what was found.

    Args:
        options: how much of what.
        folder: the house's data and the diary go here.
        say: tells how it goes on.
    """
    site = write_site(folder, ring_seconds=_RING_SECONDS)
    say("opening the house…")
    house = await asyncio.to_thread(open_house, folder / "house", site_dir=site, recordings=False)
    try:
        await asyncio.gather(
            *(add_agent(house.settings, user, role) for user, role in AGENTS.items())
        )
        return await _run(options, house, folder, say)
    finally:
        await asyncio.to_thread(house.stop)


async def _run(options: Options, house: House, folder: Path, say: Callable[[str], None]) -> Run:
    scripts = write_scripts(options.seed, options.calls, options.minutes, options.only)
    speech = {text: pcm(await speak(house.settings.voice, text)) for text in SPOKEN_CRIES}
    deeds: list[Deed] = []
    load = [os.getloadavg()[0]]
    async with further_gateways(house, 1) as nodes:
        injector = Injector(house, nodes, lambda what: say(f"  ⚡ {what}"))
        urls = {"gateway": house.gateway, **nodes.urls}
        agents = [
            ChaosAgent(house.desk, user, options.seed, options.only, deeds) for user in AGENTS
        ]
        with Diary(folder / "diary.jsonl") as diary:
            working = [asyncio.create_task(agent.run()) for agent in agents]
            failures = asyncio.create_task(
                injector.run(options.seed, options.only, options.minutes)
            )
            telling = asyncio.create_task(_tell(diary, options, load, say))
            try:
                lines = asyncio.Semaphore(_AT_ONCE)
                began = time.monotonic()
                await asyncio.gather(
                    *(
                        _place(
                            ChaosCaller(script, urls, diary, speech, injector.strike),
                            script,
                            began,
                            lines,
                        )
                        for script in scripts
                    )
                )
                failures.cancel()
                say("callers have hung up; waiting for every process and for the desk to settle")
                for agent in agents:
                    agent.well_behaved = True
                await injector.settle()
                await asyncio.sleep(_CALM_SECONDS)
            finally:
                for task in (failures, telling, *working):
                    task.cancel()
                await asyncio.gather(failures, telling, *working, return_exceptions=True)
            return await _at_rest(options, house, diary, scripts, injector, deeds, load)


async def _place(
    caller: ChaosCaller, script: Script, began: float, lines: asyncio.Semaphore
) -> None:
    await asyncio.sleep(max(0.0, began + script.dials_at - time.monotonic()))
    async with lines:
        await caller.run()


async def _tell(
    diary: Diary, options: Options, load: list[float], say: Callable[[str], None]
) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(_TELL_EVERY)
        load.append(os.getloadavg()[0])
        seen = Counter(line.what for line in diary.lines)
        cries = sum(line.what is Entry.SAID and bool(line.data["danger"]) for line in diary.lines)
        people = len({line.person for line in diary.lines})
        say(
            f"{time.monotonic() - began:5.0f} s  callers {people}/{options.calls}, "
            f"calls {seen[Entry.STARTED]}, emergencies {cries}, lines lost {seen[Entry.LOST]}, "
            f"refused {seen[Entry.REFUSED]}, load {load[-1]:.1f}"
        )


async def _at_rest(
    options: Options,
    house: House,
    diary: Diary,
    scripts: list[Script],
    injector: Injector,
    deeds: list[Deed],
    load: list[float],
) -> Run:
    """Read the records until nothing is in motion any more, or for as long as is fair."""
    database = house.settings.data_dir / "zhiban.db"
    numbers = {script.person: script.number for script in scripts}
    until = time.monotonic() + _REST_SECONDS
    while True:
        records = await asyncio.to_thread(read_records, database, house.settings.redis)
        findings = judge(diary.lines, numbers, records)
        open_ends = [v for v in (*findings.emergencies, *findings.requests)
                     if v.end in (End.STUCK, End.LOST)]  # fmt: skip
        if not (open_ends or findings.disagreements) or time.monotonic() > until:
            break
        # The clock and the upkeep act within seconds; only reading again tells.
        await asyncio.sleep(_LOOK_EVERY)
    return Run(
        seed=options.seed,
        only=options.only,
        minutes=options.minutes,
        load={"cores": os.cpu_count(), "mean": round(sum(load) / len(load), 1), "max": max(load)},
        scripts=scripts,
        lines=diary.lines,
        blows=injector.done,
        deeds=deeds,
        records=records,
        findings=findings,
    )
