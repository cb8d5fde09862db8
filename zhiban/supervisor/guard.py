"""The guard: a tiny process that ends the children if the supervisor dies without doing so.

It reads lines from standard input: ``+123`` adds process group 123, ``-123`` takes it away. When
the input ends, the supervisor is gone: whatever group is still listed is ended, grandchildren
included (a parent-death signal reaches only direct children). Standard library only.
"""

from __future__ import annotations

import os
import signal
import sys
import time

_GRACE_S = 5.0
_POLL_S = 0.05


def _send(group: int, number: int) -> bool:
    """Signal a process group; False if there is nobody left in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def end(groups: set[int], grace_s: float = _GRACE_S) -> None:
    """End process groups: SIGTERM, then SIGKILL for what is left after `grace_s` seconds."""
    left = {group for group in groups if _send(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_s
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        left = {group for group in left if _send(group, 0)}
    for group in left:
        _send(group, signal.SIGKILL)


def main() -> None:
    """Follow the supervisor's list until its end of the pipe closes."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    end(groups)


if __name__ == "__main__":
    main()
