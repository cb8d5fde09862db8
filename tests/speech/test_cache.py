"""The sentence cache: whole or absent, bounded, fixed sentences for ever."""

import multiprocessing
import os
import subprocess
import wave

import pytest

from voice_gateway.speech.synthesis import SentenceCache

SOUND = bytes(range(256)) * 250  # 64 000 bytes


def put(cache, text, pcm=SOUND, **how):
    cache.put("v", 220.0, 8000, text, pcm, **how)


def get(cache, text, voice="v", rate=220.0, hertz=8000):
    return cache.get(voice, rate, hertz, text)


def test_finds_what_was_put_by_everything_that_changes_the_sound(tmp_path):
    put(SentenceCache(tmp_path), "您好")
    again = SentenceCache(tmp_path)
    assert get(again, "您好") == SOUND
    assert get(again, "您好", voice="w") is None
    assert get(again, "您好", rate=170.0) is None
    assert get(again, "您好", hertz=16000) is None
    assert get(again, "你好") is None


def test_an_admin_can_play_the_files(tmp_path):
    put(SentenceCache(tmp_path), "您好", pinned=True)
    (path,) = (tmp_path / "pinned").glob("*.wav")
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        assert file.readframes(file.getnframes()) == SOUND


@pytest.mark.parametrize("damage", [b"", b"RIFF", None])
def test_a_damaged_file_counts_as_missing(tmp_path, damage):
    put(SentenceCache(tmp_path), "您好", pinned=True)
    (path,) = (tmp_path / "pinned").glob("*.wav")
    path.write_bytes(path.read_bytes()[:-1000] if damage is None else damage)
    fresh = SentenceCache(tmp_path)
    assert get(fresh, "您好") is None
    assert not fresh.has_pinned("v", 220.0, "您好")
    put(fresh, "您好", pinned=True)
    assert get(SentenceCache(tmp_path), "您好") == SOUND


def test_the_least_recently_used_go_first_and_fixed_ones_never(tmp_path):
    cache = SentenceCache(tmp_path, limit_bytes=5 * len(SOUND))
    put(cache, "固定", pinned=True)
    for number in range(4):
        put(cache, str(number))
        (path,) = set((tmp_path / "recent").glob("*.wav")) - set(getattr(cache, "seen", ()))
        cache.seen = [*getattr(cache, "seen", ()), path]
        os.utime(path, (1000 + number, 1000 + number))
    assert get(cache, "0") == SOUND  # used just now
    put(cache, "4")
    assert get(cache, "1") is None
    assert get(cache, "0") == SOUND
    assert get(cache, "4") == SOUND
    assert get(SentenceCache(tmp_path), "固定") == SOUND
    size = sum(p.stat().st_size for p in (tmp_path / "recent").iterdir())
    assert size <= 5 * len(SOUND)


def _write_often(folder, text, pcm):
    cache = SentenceCache(folder)
    for _ in range(60):
        cache.put("v", 220.0, 8000, text, pcm)


def test_readers_never_see_half_a_file(tmp_path):
    one, two = b"\1\0" * 40000, b"\2\0" * 60000
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write_often, args=(tmp_path, "您好", x)) for x in (one, two)]
    for writer in writers:
        writer.start()
    reader, seen = SentenceCache(tmp_path), set()
    while any(writer.is_alive() for writer in writers):
        seen.add(get(reader, "您好"))
    assert seen <= {None, one, two}
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert get(reader, "您好") in (one, two)
    assert not list(tmp_path.rglob("*.new"))


@pytest.fixture
def small_disk(tmp_path):
    """A real file system with 96 kB of room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small file system here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_nothing_half_written(small_disk):
    cache = SentenceCache(small_disk)
    put(cache, "一")
    with pytest.raises(OSError, match="space"):
        put(cache, "二")
    assert get(cache, "一") == SOUND
    assert get(SentenceCache(small_disk), "二") is None
    assert not list(small_disk.rglob("*.new"))
