"""The desk's first accounts, made at the first start."""

from __future__ import annotations

import asyncio
import os
import sys

from zhiban.settings import ROOT, Settings
from zhiban.setup.faults import SetupCode, SetupError
from zhiban.setup.progress import Progress
from zhiban.setup.stamps import fingerprint, read_stamp, write_stamp


async def ensure_accounts(settings: Settings, progress: Progress) -> None:
    """Have the desk make its first accounts and show what it says, new passwords among it.

    Shown at once and never written to a log: the passwords are told only this once.

    Raises:
        SetupError: STEP_FAILED.
    """
    stamp = settings.secrets_dir / ".accounts-made"
    mark = fingerprint([], settings.database)
    if read_stamp(stamp) == mark:
        return
    settings.secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with progress.step("首个坐席账号"):
        lines = await _ensure_admin(settings)
    for line in ("", *lines, ""):
        progress.say(line)
    write_stamp(stamp, mark)


async def _ensure_admin(settings: Settings) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handoff", "ensure-admin"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **settings.to_env()},
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        last = err.decode(errors="replace").strip().splitlines()[-1:]
        raise SetupError(
            f"无法建立坐席账号 / cannot make the first accounts: {''.join(last)}",
            code=SetupCode.STEP_FAILED,
            advice="python -m handoff ensure-admin",
        )
    return out.decode().splitlines()
