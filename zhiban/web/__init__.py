"""Static files that both pages (caller's and desk) serve under ``/shared/``."""

from __future__ import annotations

from pathlib import Path

SHARED_STATIC = Path(__file__).parent / "static"
"""Folder to mount at ``/shared/``: call audio, worklets, base style."""
