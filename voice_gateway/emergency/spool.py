"""Emergencies on their way to the stores: kept in files until ticket and request are there.

One file for each, written whole and renamed into place, so that one that is filed never touches
another that is just being added. A file stays until both stores have answered: whoever finds it
later files it, and the report's key makes that harmless if it was stored after all.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from zhiban.calls.report import EmergencyReport

logger = logging.getLogger(__name__)


class EmergencySpool:
    """Files of emergencies that are not known to be stored.

    Args:
        folder: created when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: set[str] = set()

    @contextmanager
    def held(self, report: EmergencyReport) -> Iterator[None]:
        """Keep a report, and keep others of this process off it while its call stores it."""
        self._held.add(report.key)
        self.keep(report)
        try:
            yield
        finally:
            self._held.discard(report.key)

    def keep(self, report: EmergencyReport, *, durable: bool = False) -> None:
        """Write a report; a full disk is logged and stops nothing.

        Args:
            report: what was heard.
            durable: wait for the disk, so that it outlives a loss of power too.
        """
        path = self._path(report.key)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as file:
                file.write(report.to_json())
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            logger.critical("call %s: emergency not spooled: %s", report.call_id, error)

    def drop(self, report: EmergencyReport) -> None:
        """Forget a report whose ticket and request are stored."""
        self._path(report.key).unlink(missing_ok=True)

    def left(self) -> list[EmergencyReport]:
        """Return the reports nobody in this process is storing, oldest first."""
        reports = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                report = EmergencyReport.from_json(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue
            except (ValueError, TypeError, KeyError):
                logger.critical("spooled emergency cannot be read: %s", path)
                path.rename(path.with_suffix(".damaged"))
                continue
            if report.key not in self._held:
                reports.append(report)
        return sorted(reports, key=lambda report: report.at)

    def _path(self, key: str) -> Path:
        return self._folder / f"{quote(key, safe='')}.json"
