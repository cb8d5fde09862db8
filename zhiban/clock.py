"""Wall-clock times as the contracts write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

# Property-management sites in China live on one clock, without daylight saving.
CHINA = timezone(timedelta(hours=8), "CST")


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def iso_ms(moment: datetime) -> str:
    """Return UTC ISO 8601 with milliseconds: ``2026-01-02T03:04:05.678Z``."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )


def local_now() -> datetime:
    """Return the present moment on the site's clock."""
    return datetime.now(CHINA)
