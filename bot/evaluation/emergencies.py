"""How well emergencies are found, left alone, told apart, and how early."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.evaluation.clock import cpu_ms
from bot.evaluation.figures import Failure, Figure, Report, Target, percentile, share
from bot.evaluation.sets import NONE, EmergencyCase
from bot.language.danger import spot_in_turn
from bot.language.emergency import EmergencyAction, EmergencySpotter
from bot.understanding import Understanding

_TRANSFER, _ASK = EmergencyAction.TRANSFER.value, EmergencyAction.ASK.value
_PARTIAL_MS = Target(1.0, at_least=False)


@dataclass(frozen=True)
class Bars:
    """What is demanded under one condition; shares."""

    caught: float
    transferred: float
    false_transfers: float
    false_asks: float
    kind: float = 0.95


BARS: Mapping[str, Bars] = MappingProxyType(
    {"clean": Bars(0.99, 0.93, 0.01, 0.05), "garbled": Bars(0.97, 0.88, 0.02, 0.08)}
)


@dataclass(frozen=True)
class Verdict:
    """What a reader makes of a finished text; ``action`` is ``""`` for no emergency."""

    action: str = ""
    kind: str = ""

    def __str__(self) -> str:
        """Return it as failures show it."""
        return f"{self.action} {self.kind}" if self.action else NONE


Judge = Callable[[str], Verdict]


def spotter_judge(spotter: EmergencySpotter) -> Judge:
    """Return the spotter alone as a judge of finished texts."""

    def judge(text: str) -> Verdict:
        finding = spot_in_turn(spotter, text)
        if finding is None:
            return Verdict()
        return Verdict(finding.action.value, finding.kind.value)

    return judge


def understanding_judge(understanding: Understanding) -> Judge:
    """Return the whole understanding as a judge of finished texts."""

    def judge(text: str) -> Verdict:
        danger = understanding.read(text).emergency
        return Verdict() if danger is None else Verdict(danger.action, danger.kind)

    return judge


def score_judge(
    part: str,
    condition: str,
    cases: Sequence[EmergencyCase],
    judge: Judge,
    *,
    by_kind: bool = False,
) -> Report:
    """Score a judge over finished texts.

    Args:
        part: First word of the figures' keys.
        condition: ``clean`` or ``garbled``, which decides the targets.
        cases: Positives and negatives.
        judge: Who is scored.
        by_kind: Whether to say how many of each kind were caught.
    """
    bars, key = BARS[condition], f"{part}.{condition}"
    judged = [(case, judge(case.text)) for case in cases]
    positive = [(case, verdict) for case, verdict in judged if case.kinds]
    negative = [(case, verdict) for case, verdict in judged if not case.kinds]
    caught = [(case, verdict) for case, verdict in positive if verdict.action]
    report = Report()
    report.figures += share(
        f"{key}.caught",
        "抓住（转或问）caught",
        (bool(verdict.action) for _, verdict in positive),
        Target(bars.caught),
    )
    report.figures += share(
        f"{key}.transferred",
        "直接转人工 transferred",
        (verdict.action == _TRANSFER for _, verdict in positive),
        Target(bars.transferred),
    )
    report.figures += share(
        f"{key}.kind",
        "种类正确 kind right, of the caught",
        (verdict.kind in case.kinds for case, verdict in caught),
        Target(bars.kind),
    )
    for action, name, label, most in (
        (_TRANSFER, "false_transfers", "误转 false transfers", bars.false_transfers),
        (_ASK, "false_asks", "误问 false asks", bars.false_asks),
    ):
        results = [(case, verdict.action == action) for case, verdict in negative]
        report.figures += share(
            f"{key}.{name}", label, (wrong for _, wrong in results), Target(most, at_least=False)
        )
        for near, group, words in (
            (True, "near", "形似 near misses"),
            (False, "ordinary", "普通 ordinary"),
        ):
            report.figures += share(
                f"{key}.{name}.{group}",
                f"  {words}",
                (wrong for case, wrong in results if case.near_miss is near),
            )
    if by_kind:
        for kind in sorted({kind for case, _ in positive for kind in case.kinds}):
            report.figures += share(
                f"{key}.caught.{kind}",
                f"  抓住 caught {kind}",
                (bool(verdict.action) for case, verdict in positive if kind in case.kinds),
            )
    report.failures += [
        Failure(f"{key}.{what}", "|".join(case.kinds) or NONE, str(verdict), case.text, case.said)
        for case, verdict in judged
        if (what := _fault(case, verdict))
    ]
    return report


def _fault(case: EmergencyCase, verdict: Verdict) -> str:
    """Return which figure a case spoils most, or ``""``."""
    if not case.kinds:
        return {_TRANSFER: "false_transfers", _ASK: "false_asks"}.get(verdict.action, "")
    if not verdict.action:
        return "caught"
    if verdict.kind not in case.kinds:
        return "kind"
    return "" if verdict.action == _TRANSFER else "transferred"


def score_partials(
    condition: str, cases: Sequence[EmergencyCase], spotter: EmergencySpotter
) -> Report:
    """Feed each text character by character, as a recogniser's partial texts grow.

    Reports at which character a transfer first fires (share of the length and characters),
    negatives that transfer on any prefix, and processor time a partial.
    """
    key, report = f"partial.{condition}", Report()
    times: list[float] = []
    before_end, places, positions, false_alarms = [], [], [], []
    for case in cases:
        length = len(case.text)
        spots = [cpu_ms(spotter.spot, case.text[:end]) for end in range(1, length + 1)]
        times += [spent for _, spent in spots]
        fired, kind = next(
            ((end, found.kind.value) for end, (found, _) in enumerate(spots, 1) if found), (0, "")
        )
        if case.kinds:
            before_end.append(0 < fired < length)
            if fired:
                positions.append(fired / length)
                places.append(float(fired))
            continue
        false_alarms.append(fired > 0)
        if fired:
            got = f"{kind} ← {case.text[:fired]}"
            report.failures.append(
                Failure(f"{key}.false_transfers", NONE, got, case.text, case.said)
            )
    report.figures += share(f"{key}.before_end", "说完之前已转 fires before the end", before_end)
    for part, words in ((0.5, "中位 median"), (0.9, "九成之内 90 %")):
        label = f"转出位置占全句 position of the transfer, {words}"
        report.figures += _percentile(f"{key}.position", label, positions, part, "part")
        label = f"转出在第几个字 at which character, {words}"
        report.figures += _percentile(f"{key}.character", label, places, part, "characters")
    report.figures += share(
        f"{key}.false_transfers",
        "任一前缀误转 false transfers on any prefix",
        false_alarms,
        Target(BARS[condition].false_transfers, at_least=False),
    )
    for part in (0.5, 0.99):
        label = f"每个中间结果耗时 time a partial p{part * 100:.0f}"
        report.figures += _percentile(f"{key}.ms", label, times, part, "ms", _PARTIAL_MS)
    return report


def _percentile(
    key: str,
    label: str,
    values: Sequence[float],
    part: float,
    unit: str,
    target: Target | None = None,
) -> list[Figure]:
    """Return one percentile as one figure; none where there are no values."""
    if not values:
        return []
    name = f"{key}.p{part * 100:.0f}"
    return [Figure(name, label, percentile(values, part), unit, len(values), target=target)]
