"""Finds busy ports before anything is started."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from pathlib import Path

from zhiban.setup.faults import SetupCode, SetupError
from zhiban.supervisor.service import Port, Service


def is_free(port: Port) -> bool:
    """Tell whether the port can be bound now (a connection in TIME_WAIT does not count).

    Raises:
        SetupError: BAD_ADDRESS, if the address itself is not this machine's.
    """
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise SetupError(
                    f"本机没有地址 {port.host} / {port.host} is not an address of this machine",
                    code=SetupCode.BAD_ADDRESS,
                    advice="改 ZHIBAN_HOST 或 --host / change ZHIBAN_HOST or --host",
                ) from None
            return False
        return True


def any_free() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check(services: Iterable[Service]) -> None:
    """Refuse to start anything while a port is taken.

    Raises:
        SetupError: PORT_BUSY, naming each port, who holds it and the setting that changes it.
    """
    busy = [(s, p) for s in services for p in s.ports if not is_free(p)]
    if not busy:
        return
    names = "；".join(f"{p.number} ({s.title}{_holder(p.number)})" for s, p in busy)
    settings = " ".join(p.setting for _, p in busy)
    raise SetupError(
        f"端口被占用 / port in use: {names}",
        code=SetupCode.PORT_BUSY,
        advice=f"停掉占用它的程序，或换端口 / stop that program, or choose another with {settings}",
    )


def _holder(number: int) -> str:
    """Return who listens on the port as far as Linux lets us see, for the message."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == number:
                inodes.add(f"socket:[{cells[9]}]")
    if not inodes:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(fd.readlink()) in inodes for fd in (process / "fd").iterdir()):
                command = (process / "comm").read_text(encoding="utf-8").strip()
                return f"，pid {process.name} {command}"
        except OSError:
            continue  # not ours to look into, or gone
    return ""
