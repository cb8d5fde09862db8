"""The supervisor with real child processes."""

import asyncio
import os
import signal
import socket
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.house import free_port
from zhiban.setup.faults import SetupCode, SetupError
from zhiban.supervisor import instance
from zhiban.supervisor.child import Change, Report
from zhiban.supervisor.probes import http_probe
from zhiban.supervisor.service import Port, RestartPolicy, Service, State
from zhiban.supervisor.supervisor import Supervisor, _in_order

QUICK = RestartPolicy(
    first_s=0.02, longest_s=0.08, steady_s=60, loop_after=3, probe_every_s=0.02, watch_every_s=0.05
)

HTTP_CHILD = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/crash":
            print("caller 13812345678 broke me", flush=True)
            os._exit(7)
        self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def python_service(name: str, code: str, *arguments: str, **changes: object) -> Service:
    async def always() -> bool:
        return True

    values: dict[str, object] = {
        "name": name,
        "title": name,
        "argv": (sys.executable, "-u", "-c", textwrap.dedent(code), *arguments),
        "probe": always,
        "grace_s": 2.0,
        **changes,
    }
    return Service(**values)  # type: ignore[arg-type]


def http_service(name: str, port: int, **changes: object) -> Service:
    return python_service(
        name,
        HTTP_CHILD,
        str(port),
        probe=http_probe(f"http://127.0.0.1:{port}/", deadline_s=0.3),
        ports=(Port("127.0.0.1", port, "ZHIBAN_TEST_PORT"),),
        **changes,
    )


async def _never() -> bool:
    return False


class Heard:
    """Collects reports and lets a test wait for one."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self._more = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, report: Report) -> None:
        self.reports.append(report)
        task = asyncio.get_running_loop().create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._more:
            self._more.notify_all()

    def of(self, change: Change, name: str | None = None) -> list[Report]:
        return [r for r in self.reports if r.change is change and name in (None, r.service.name)]

    async def wait(self, change: Change, count: int = 1) -> Report:
        async with self._more:
            await self._more.wait_for(lambda: len(self.of(change)) >= count)
        return self.of(change)[count - 1]


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something no event of ours tells of (another process's end, a file)."""
    while not condition():
        await asyncio.sleep(0.02)


async def test_starts_answers_and_stops(tmp_path: Path) -> None:
    port, heard = free_port(), Heard()
    async with Supervisor([http_service("web", port)], data_dir=tmp_path, report=heard) as running:
        await running.wait_ready()
        child = running.child("web")
        pid = child.pid
        assert pid is not None and is_alive(pid)
        assert child.state is State.READY
    assert not is_alive(pid)
    assert [r.change for r in heard.reports] == [Change.STARTED, Change.READY, Change.STOPPED]


async def test_dependent_starts_only_after_ready(tmp_path: Path) -> None:
    first, second, heard = free_port(), free_port(), Heard()
    services = [http_service("desk", second, after=("redis",)), http_service("redis", first)]
    async with Supervisor(services, data_dir=tmp_path, report=heard) as running:
        await running.wait_ready()
    order = [(r.service.name, r.change) for r in heard.reports]
    assert order.index(("redis", Change.READY)) < order.index(("desk", Change.STARTED))


async def test_yielding_service_waits_but_not_for_ever(tmp_path: Path) -> None:
    heard = Heard()
    page = http_service("page", free_port())
    ghost = python_service("ghost", "import sys; sys.exit(1)", probe=_never)
    slow = python_service("slow", "import time; time.sleep(60)", yields_to=("page",))
    other = python_service(
        "other", "import time; time.sleep(60)", yields_to=("ghost",), yields_for_s=0.05
    )
    services = [slow, other, page, ghost]
    async with Supervisor(services, data_dir=tmp_path, report=heard) as running:
        await running.wait_ready(["page", "slow", "other"])
    order = [(r.service.name, r.change) for r in heard.reports]
    assert order.index(("page", Change.READY)) < order.index(("slow", Change.STARTED))


async def test_crash_is_reported_and_restarted(tmp_path: Path) -> None:
    port, heard = free_port(), Heard()
    service = http_service("web", port)
    async with Supervisor([service], data_dir=tmp_path, report=heard, policy=QUICK) as running:
        await running.wait_ready()
        first = running.child("web").pid
        await http_probe(f"http://127.0.0.1:{port}/crash", deadline_s=2)()
        report = await heard.wait(Change.CRASHED)
        await heard.wait(Change.READY, 2)
        second = running.child("web").pid
        assert second is not None and second != first
        assert running.child("web").restarts == 1
    assert "exit 7" in report.text
    assert "138****5678 broke me" in report.text, "the last words, with the number masked"
    assert "13812345678" not in (tmp_path / "log" / "web.log").read_text()


async def test_killed_child_is_named_by_its_signal(tmp_path: Path) -> None:
    heard = Heard()
    service = http_service("web", free_port())
    async with Supervisor([service], data_dir=tmp_path, report=heard, policy=QUICK) as running:
        await running.wait_ready()
        os.kill(running.child("web").pid or 0, signal.SIGKILL)
        report = await heard.wait(Change.CRASHED)
        await heard.wait(Change.READY, 2)
    assert "SIGKILL" in report.text


async def test_crash_loop_is_said_plainly_once_and_backs_off(tmp_path: Path) -> None:
    heard = Heard()
    service = python_service("bad", "import sys; print('no model'); sys.exit(3)")
    async with Supervisor([service], data_dir=tmp_path, report=heard, policy=QUICK):
        report = await heard.wait(Change.CRASH_LOOP)
        await heard.wait(Change.STARTED, 5)
    assert "no model" in report.text and "bad.log" in report.text
    assert len(heard.of(Change.CRASH_LOOP)) == 1
    pauses = [QUICK.pause(n) for n in (1, 2, 3, 4)]
    assert pauses == [0.02, 0.04, 0.08, 0.08]


async def test_missing_program_is_a_crash_not_an_exception(tmp_path: Path) -> None:
    heard = Heard()
    service = python_service("ghost", "")
    service = Service(**{**service.__dict__, "argv": ("/no/such/program",)})
    async with Supervisor([service], data_dir=tmp_path, report=heard, policy=QUICK):
        report = await heard.wait(Change.CRASHED)
    assert "/no/such/program" in report.text


async def test_hung_child_is_restarted(tmp_path: Path) -> None:
    port, heard = free_port(), Heard()
    service = http_service("web", port, hung_after_s=0.3, grace_s=0.2)
    async with Supervisor([service], data_dir=tmp_path, report=heard, policy=QUICK) as running:
        await running.wait_ready()
        os.kill(running.child("web").pid or 0, signal.SIGSTOP)
        await heard.wait(Change.HUNG)
        await heard.wait(Change.READY, 2)


async def test_never_ready_is_a_crash(tmp_path: Path) -> None:
    heard = Heard()
    service = python_service(
        "slow", "import time; time.sleep(60)", probe=_never, ready_within_s=0.1
    )
    async with Supervisor([service], data_dir=tmp_path, report=heard, policy=QUICK):
        report = await heard.wait(Change.CRASHED)
    assert "not ready in time" in report.text


async def test_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    heard, ready = Heard(), tmp_path / "ready"
    service = python_service(
        "stubborn",
        """
        import pathlib, signal, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path(sys.argv[1]).touch()
        time.sleep(60)
        """,
        str(ready),
        grace_s=0.2,
    )
    async with Supervisor([service], data_dir=tmp_path, report=heard) as running:
        await until(ready.exists)
        pid = running.child("stubborn").pid
        assert pid is not None
    assert not is_alive(pid)


async def test_grandchildren_go_with_a_crashed_child(tmp_path: Path) -> None:
    heard, pid_file = Heard(), tmp_path / "grandchild"
    service = python_service(
        "parent",
        """
        import pathlib, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pathlib.Path(sys.argv[1]).write_text(str(child.pid))
        sys.exit(1)
        """,
        str(pid_file),
    )
    slow = RestartPolicy(first_s=30)
    async with Supervisor([service], data_dir=tmp_path, report=heard, policy=slow):
        await heard.wait(Change.CRASHED)
        # Its death is the kernel's business and may take a moment after the signal.
        await until(lambda: not is_alive(int(pid_file.read_text())))


SUPERVISOR_PROGRAM = """
import asyncio, pathlib, sys
from tests.setup.test_supervisor import python_service
from zhiban.supervisor.supervisor import Supervisor

CHILD = '''
import os, pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
grandchild = subprocess.Popen(sleeper)
half = pathlib.Path(sys.argv[1] + ".half")
half.write_text(f"{os.getpid()} {grandchild.pid}")
half.rename(sys.argv[1])
time.sleep(60)
'''

async def main():
    folder = pathlib.Path(sys.argv[1])
    services = [python_service("stubborn", CHILD, str(folder / "pids"), grace_s=0.5)]
    async with Supervisor(services, data_dir=folder, report=lambda report: None) as running:
        await running.until_stopped()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_nothing_outlives_the_supervisor(tmp_path: Path, number: signal.Signals) -> None:
    root = Path(__file__).parent.parent.parent
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR_PROGRAM, str(tmp_path), cwd=root
    )
    await until((tmp_path / "pids").exists)
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert all(is_alive(pid) for pid in pids)
    supervisor.send_signal(number)
    await supervisor.wait()
    await until(lambda: not any(is_alive(pid) for pid in pids))


async def test_busy_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    heard = Heard()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        services = [http_service("first", free_port()), http_service("web", port)]
        with pytest.raises(SetupError) as caught:
            async with Supervisor(services, data_dir=tmp_path, report=heard):
                pass
    assert caught.value.code is SetupCode.PORT_BUSY
    line = str(caught.value)
    assert str(port) in line and "ZHIBAN_TEST_PORT" in line and f"pid {os.getpid()}" in line
    assert "\n" not in line
    assert heard.reports == []


def test_second_supervisor_in_one_data_dir_is_refused(tmp_path: Path) -> None:
    assert not instance.is_running(tmp_path)
    with instance.only_one(tmp_path):
        assert instance.is_running(tmp_path)
        with pytest.raises(SetupError) as caught, instance.only_one(tmp_path):
            pass
        assert caught.value.code is SetupCode.BUSY
        assert f"pid {os.getpid()}" in str(caught.value)
    assert not instance.is_running(tmp_path)


async def test_status_file_follows_the_services(tmp_path: Path) -> None:
    heard = Heard()
    with instance.only_one(tmp_path):
        service = http_service("web", free_port(), address="http://here/")
        async with Supervisor([service], data_dir=tmp_path, report=heard) as running:
            await running.wait_ready()
            status = instance.read_status(tmp_path)
            assert status is not None and status.all_ready
            assert status.services[0].pid == running.child("web").pid
            assert status.services[0].address == "http://here/"
    assert instance.read_status(tmp_path) is None


async def test_log_rotates_and_keeps_a_bounded_number(tmp_path: Path) -> None:
    from zhiban.supervisor.logs import ChildLog

    log = ChildLog(tmp_path / "web.log", max_bytes=1000, keep=2)
    reader = asyncio.StreamReader()
    for number in range(200):
        reader.feed_data(f"\x1b[31mline {number:04d} of some length\x1b[0m\n".encode())
    reader.feed_eof()
    await log.follow(reader)
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["web.log", "web.log.1", "web.log.2"]
    assert all(path.stat().st_size < 1100 for path in tmp_path.iterdir())
    assert log.last_words == "line 0199 of some length"


def test_services_that_wait_for_each_other_are_refused() -> None:
    one = python_service("one", "", after=("two",))
    two = python_service("two", "", after=("one",))
    with pytest.raises(ValueError, match="wait for each other"):
        _in_order([one, two])
