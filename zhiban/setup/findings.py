"""What the doctor found, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        name: what was looked at.
        ok: whether it is as it should be.
        detail: what is there, or what is wrong.
        advice: how to get what is missing.
        required: whether calls are impossible without it.
    """

    name: str
    ok: bool
    detail: str
    advice: str = ""
    required: bool = True

    @property
    def mark(self) -> str:
        """✓ is fine, ✗ must be mended, ! can be lived with."""
        return "✓" if self.ok else "✗" if self.required else "!"


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Tell whether nothing required is missing."""
    return all(finding.ok or not finding.required for finding in findings)


def as_lines(findings: Sequence[Finding]) -> list[str]:
    """Return the findings as text for any terminal, with advice under what is wrong."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.mark} {finding.name}：{finding.detail}")
        if not finding.ok and finding.advice:
            lines.append(f"    → {finding.advice}")
    return lines
