"""Sites for tests: the sample with other times."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from zhiban.settings import ROOT


def write_site(folder: Path, *, ring_seconds: float = 20, **changes: object) -> Path:
    """Copy the sample site with another ring time (seconds) and chain settings."""
    site = folder / "site"
    shutil.copytree(ROOT / "site" / "sample", site, dirs_exist_ok=True)
    path = site / "escalation.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for stages in content["chains"].values():
        for stage in stages:
            stage["ring_seconds"] = ring_seconds
    path.write_text(yaml.safe_dump(content | changes, allow_unicode=True), encoding="utf-8")
    return site
