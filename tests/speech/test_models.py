"""Models arrive whole and right, or not at all, with one line that says what to do."""

import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace

import pytest

from zhiban.models import (
    PACKAGED_VOICE,
    VOSK_SMALL_CN,
    WHISPER_BASE,
    Engine,
    Model,
    ModelFile,
    ModelState,
    check,
    choose_recogniser,
    ensure,
    ensure_recogniser,
)
from zhiban.setup.faults import SetupCode, SetupError

BODY = os.urandom(300_000)


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Makers(http.server.BaseHTTPRequestHandler):
    """Serves one archive; can break off, and honours ranges."""

    archive = b""
    break_after = 0
    ranges: list[str]

    def do_GET(self):
        start = 0
        if wanted := self.headers.get("Range"):
            self.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        body = self.archive[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cls = type(self)
        self.wfile.write(body[: cls.break_after] if cls.break_after else body)
        cls.break_after = 0

    def log_message(self, *args):
        pass


@pytest.fixture
def makers(tmp_path):
    """A model's makers: `.archive`, `.break_after`, `.ranges`, `.model`."""
    source = tmp_path / "source.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("vosk-model-x/am/final.mdl", BODY)
        archive.writestr("vosk-model-x/conf/model.conf", b"a")
        archive.writestr("vosk-model-x/../../escaped", b"b")
    handler = type("Handler", (Makers,), {"archive": source.read_bytes(), "ranges": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.model = Model(
        name="vosk-model-x",
        title="X",
        files=(ModelFile("am/final.mdl", digest(BODY)),),
        licence="Apache-2.0",
        source="test",
        download_bytes=len(handler.archive),
        disk_bytes=len(BODY),
        archive_url=f"http://127.0.0.1:{server.server_port}/x.zip",
    )
    yield handler
    server.shutdown()


def leftovers(folder):
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith(".lock"))


def test_an_archive_is_unpacked_checked_and_put_in_place(makers, tmp_path):
    told = []
    models = tmp_path / "models"
    folder = ensure(makers.model, models, report=lambda *at: told.append(at))
    assert (folder / "am/final.mdl").read_bytes() == BODY
    assert (folder / "conf/model.conf").exists()
    assert not list(tmp_path.rglob("escaped"))
    assert leftovers(models) == ["vosk-model-x"]
    assert told[0][0].startswith("下载")
    assert (told[-3][1], told[-3][2]) == (len(makers.archive),) * 2
    told.clear()
    assert ensure(makers.model, models, report=lambda *at: told.append(at)) == folder
    assert told == [], "the second time costs nothing"


def test_a_broken_download_is_resumed(makers, tmp_path):
    makers.break_after = 100_000
    with pytest.raises(SetupError) as caught:
        ensure(makers.model, tmp_path / "models")
    assert caught.value.code is SetupCode.NETWORK
    assert caught.value.retryable
    assert "\n" not in str(caught.value)
    assert check(makers.model, tmp_path / "models" / "vosk-model-x") is ModelState.MISSING
    ensure(makers.model, tmp_path / "models")
    assert makers.ranges == ["bytes=100000-"]
    assert leftovers(tmp_path / "models") == ["vosk-model-x"]


def test_a_wrong_checksum_installs_nothing(makers, tmp_path):
    wrong = replace(makers.model, files=(ModelFile("am/final.mdl", "0" * 64),))
    with pytest.raises(SetupError) as caught:
        ensure(wrong, tmp_path / "models")
    assert caught.value.code is SetupCode.CHECKSUM
    assert "am/final.mdl" in str(caught.value)
    assert leftovers(tmp_path / "models") == []


def test_an_archive_that_is_none_is_not_kept(makers, tmp_path):
    makers.archive = b"<html>sorry</html>" * 100
    with pytest.raises(SetupError) as caught:
        ensure(makers.model, tmp_path / "models")
    assert caught.value.code is SetupCode.NETWORK
    assert leftovers(tmp_path / "models") == []


def test_no_network_is_one_line(tmp_path, makers):
    nowhere = replace(makers.model, archive_url="http://127.0.0.1:9/x.zip")
    with pytest.raises(SetupError) as caught:
        ensure(nowhere, tmp_path / "models")
    assert caught.value.code is SetupCode.NETWORK
    assert "\n" not in str(caught.value)
    assert leftovers(tmp_path / "models") == []


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small file system here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("promised", [10_000_000, 1])
def test_a_full_disk_is_said_before_and_while_writing(makers, small_disk, promised):
    big = replace(makers.model, disk_bytes=promised, download_bytes=promised)
    with pytest.raises(SetupError) as caught:
        ensure(big, small_disk / "models")
    assert caught.value.code is SetupCode.DISK_FULL
    assert "MB" in str(caught.value)
    assert check(big, small_disk / "models" / big.name) is ModelState.MISSING
    assert not [p for p in (small_disk / "models").iterdir() if p.is_dir()]


def test_two_processes_asking_at_once_install_once(makers, tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(ensure(makers.model, tmp_path / "models")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / "models" / "vosk-model-x"] * 4


def test_damage_is_found_and_mended(makers, tmp_path):
    folder = ensure(makers.model, tmp_path / "models")
    good = (folder / "am/final.mdl").stat()
    (folder / "am/final.mdl").write_bytes(BODY[:-1] + b"?")
    os.utime(folder / "am/final.mdl", ns=(good.st_atime_ns, good.st_mtime_ns))
    assert check(makers.model, folder) is ModelState.READY, "the quick look sees size and time"
    assert check(makers.model, folder, thorough=True) is ModelState.DAMAGED
    (folder / "am/final.mdl").write_bytes(BODY[:10])
    assert check(makers.model, folder) is ModelState.DAMAGED
    ensure(makers.model, tmp_path / "models")
    assert check(makers.model, folder, thorough=True) is ModelState.READY


def test_the_packaged_model_is_byte_for_byte_the_published_one(whisper_folder):
    assert check(WHISPER_BASE, whisper_folder, thorough=True) is ModelState.READY


def test_wheels_without_what_they_promise_install_nothing(tmp_path, monkeypatch):
    if shutil.which("uv") is None:
        pytest.skip("made with uv here")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "no-cache"))
    with pytest.raises(SetupError) as caught:
        ensure(WHISPER_BASE, tmp_path / "models")
    assert "\n" not in str(caught.value)
    assert leftovers(tmp_path / "models") == []


def test_the_choice_says_why(tmp_path, whisper_folder):
    models = whisper_folder.parent
    chosen = choose_recogniser(models, "whisper")
    assert (chosen.engine, chosen.folder) == (Engine.WHISPER, whisper_folder)
    assert "Whisper" in chosen.reason
    other = tmp_path / "vosk-model-cn-0.22"
    (other / "am").mkdir(parents=True)
    (other / "am" / "final.mdl").write_bytes(b"x")
    chosen = choose_recogniser(models, "auto", vosk_dir=other)
    assert (chosen.engine, chosen.folder) == (Engine.VOSK, other)
    with pytest.raises(SetupError) as caught:
        choose_recogniser(tmp_path / "empty")
    assert caught.value.code is SetupCode.MISSING_FILE


def test_without_its_makers_the_packaged_recogniser_is_taken(tmp_path, whisper_folder, monkeypatch):
    unreachable = replace(VOSK_SMALL_CN, archive_url="http://127.0.0.1:9/x.zip")
    monkeypatch.setattr("zhiban.models.choose.VOSK_SMALL_CN", unreachable)
    models = tmp_path / "models"
    models.mkdir()
    shutil.copytree(whisper_folder, models / WHISPER_BASE.name)
    lines = []
    chosen = ensure_recogniser(models, retry_makers=True, report=lambda *at: lines.append(at[0]))
    assert chosen.engine is Engine.WHISPER
    assert [line for line in lines if "改用" in line]
    with pytest.raises(SetupError) as caught:
        ensure_recogniser(models, "vosk")
    assert caught.value.code is SetupCode.NETWORK


def test_the_voices_licence_is_told():
    assert "非商业" in PACKAGED_VOICE.note
    assert "non-commercial" in PACKAGED_VOICE.note


def test_the_packaged_voice_needs_nothing_of_the_gateway():
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, voice_gateway.packaged_voice.reading; "
            "print([m for m in sys.modules if m.split('.')[0] in "
            "('pipecat', 'zhiban', 'aiohttp', 'faster_whisper')])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"
