"""The room, the mixer, the limiter and the music, sample by sample."""

from __future__ import annotations

import asyncio

import numpy as np

from tests.conference.support import loudness, pitches, tone
from voice_gateway.conference.matrix import Situation
from voice_gateway.conference.mixer import Mixer, limit, mix
from voice_gateway.conference.music import hold_music
from voice_gateway.conference.outlet import Outlet
from voice_gateway.conference.room import Room
from zhiban.floor import Part

_RATE = 16_000
_FRAME = 640


class Ear:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.chunks = 0

    async def deliver(self, pcm: bytes) -> bool:
        self.heard += pcm
        self.chunks += 1
        return True

    def samples(self) -> np.ndarray:
        return np.frombuffer(bytes(self.heard), dtype="<i2") / 32_768


async def _turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def _frames(sound: bytes) -> list[bytes]:
    return [sound[at : at + _FRAME] for at in range(0, len(sound), _FRAME)]


async def test_one_speaker_is_forwarded_at_once_and_unchanged() -> None:
    """No clock is waited for: a few turns of the loop are enough."""
    room, caller, owner = Room(), Ear(), Ear()
    room.seat("c", Part.CALLER, _RATE, caller.deliver)
    room.seat("o", Part.OWNER, _RATE, owner.deliver)
    room.arrange(Situation.BRIDGED, {})
    frame = tone(440, 0.02, _RATE)
    room.hear("c", frame)
    await _turns()
    assert bytes(owner.heard) == frame
    assert not caller.heard
    room.close()


async def test_nothing_is_heard_before_people_are_bridged() -> None:
    room, caller, owner = Room(), Ear(), Ear()
    room.seat("c", Part.CALLER, _RATE, caller.deliver)
    room.seat("o", Part.OWNER, _RATE, owner.deliver)
    room.hear("c", tone(440, 0.02, _RATE))
    room.hear("o", tone(440, 0.02, _RATE))
    await _turns()
    assert not caller.heard
    assert not owner.heard
    room.close()


async def test_two_speakers_of_different_rates_are_mixed_on_a_clock() -> None:
    """Both tones at their own level, at the pace of real time."""
    room, ears = Room(), {name: Ear() for name in "cot"}
    room.seat("c", Part.CALLER, 8_000, ears["c"].deliver)
    room.seat("o", Part.OWNER, _RATE, ears["o"].deliver)
    room.seat("t", Part.THIRD, _RATE, ears["t"].deliver)
    room.arrange(Situation.THREE_WAY, {})
    caller, third = tone(500, 1.0, 8_000), tone(1_300, 1.0, _RATE)
    loop = asyncio.get_running_loop()
    due = loop.time()
    for at in range(50):
        room.hear("c", caller[at * 320 : at * 320 + 320])
        room.hear("t", third[at * 640 : at * 640 + 640])
        due += 0.02
        await asyncio.sleep(max(0.0, due - loop.time()))
    sound = ears["o"].samples()
    assert 0.8 <= len(sound) / _RATE <= 1.0
    middle = sound[_RATE // 5 : _RATE * 3 // 5]
    assert pitches(middle, _RATE, {"c": 500, "t": 1_300, "o": 900}) == {"c", "t"}
    room.close()


async def test_a_stalled_listener_holds_nobody_up() -> None:
    """Speech for them is dropped, oldest first; the others hear on."""
    stuck = asyncio.Event()

    async def never(_pcm: bytes) -> bool:
        await stuck.wait()
        return True

    room, caller, listener = Room(), Ear(), Ear()
    room.seat("c", Part.CALLER, _RATE, caller.deliver)
    room.seat("o", Part.OWNER, _RATE, never)
    room.seat("l", Part.LISTENER, _RATE, listener.deliver)
    room.arrange(Situation.BRIDGED, {})
    for frame in _frames(tone(500, 2.0, _RATE)):
        room.hear("o", frame)
        room.hear("c", frame)
        await asyncio.sleep(0.001)
    await _turns()
    assert len(caller.heard) == 2 * _RATE * 2
    assert listener.chunks > 0
    room.close()


async def test_an_outlet_keeps_the_newest() -> None:
    gate, sent = asyncio.Event(), []

    async def deliver(pcm: bytes) -> bool:
        await gate.wait()
        sent.append(pcm)
        return True

    outlet = Outlet(deliver, _RATE)
    frames = [bytes([number]) * _FRAME for number in range(60)]
    for frame in frames:
        outlet.put(frame)
        await asyncio.sleep(0)
    gate.set()
    await _turns(100)
    assert sent[-1] == frames[-1]
    assert len(sent) <= 22
    outlet.close()


def test_a_mixer_bounds_its_delay_and_starts_again_after_a_gap() -> None:
    mixer = Mixer(_RATE)
    for frame in _frames(tone(500, 1.0, _RATE)):
        mixer.put("a", frame)
    pulled = 0
    while mixer.pull() is not None:
        pulled += 1
    assert pulled == 5  # 100 ms, whatever was put in
    mixer.put("a", bytes(_FRAME))
    assert mixer.pull() is None
    mixer.put("a", bytes(_FRAME))
    assert mixer.pull() is not None


def test_a_mixer_gives_back_the_delay_a_stall_left() -> None:
    """Five frames behind after a stall, two a few seconds later: no more than the jitter needs."""
    mixer = Mixer(_RATE)
    for _ in range(5):
        mixer.put("a", bytes(_FRAME))
    for _ in range(300):
        assert mixer.pull() is not None
        mixer.put("a", bytes(_FRAME))
    left = 0
    while mixer.pull() is not None:
        left += 1
    assert left <= 3


def test_soft_limiting_keeps_quiet_speech_and_bends_loud_peaks() -> None:
    quiet = np.linspace(-0.7, 0.7, 101)
    assert np.array_equal(limit(quiet), quiet)
    loud = np.linspace(-3, 3, 1_001)
    bent = limit(loud)
    assert np.abs(bent).max() <= 1.0
    assert (np.diff(bent) >= 0).all()
    full = (np.ones(320) * 32_000).astype("<i2").tobytes()
    assert np.abs(np.frombuffer(mix([full, full, full]), dtype="<i2")).max() <= 32_767


def test_hold_music_is_soft_never_silent_and_has_no_seam() -> None:
    for rate in (8_000, 16_000):
        sound = np.frombuffer(hold_music(rate), dtype="<i2") / 32_768
        assert np.abs(sound).max() < 0.2
        for start in range(0, len(sound) - rate // 2, rate // 2):
            assert loudness(sound[start : start + rate // 2]) > 0.005
        steps = np.abs(np.diff(np.concatenate([sound, sound[:10]])))
        assert steps[-10:].max() < steps.max() + 1e-9
        assert steps.max() < 0.12
