"""A telephone nobody here wrote: Debian's baresip, played and listened to by files."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from tests.sip.agent import free_sip_port
from tests.sip.peer import until
from tests.support.house import free_ports
from tests.support.speech import Samples, correlation, samples_of

RTP_PORTS = range(20_000, 25_000)
"""Where telephones want to be spoken to; nothing else listens there."""
_RATE = 8_000
_SILENT_SECONDS = 90
_VOICED = 400 / 32_768
_WAV_HEADER = 44

_CONFIG = """\
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module {codecs}
module aufile.so
module ausine.so
module sndfile.so
{more}
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
audio_source aufile,{source}
audio_player sndnull,nil
audio_alert sndnull,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}
audio_jitter_buffer_type fixed
audio_jitter_buffer_delay 2-8
jitter_buffer_type fixed
jitter_buffer_delay 2-8
snd_path {folder}
call_max_calls 4
"""


@dataclass
class Phone:
    """A running telephone."""

    process: asyncio.subprocess.Process
    folder: Path
    port: int
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    events: list[dict[str, Any]] = field(default_factory=list)
    files: int = 0

    async def command(self, command: str, params: str = "") -> None:
        """Order something: dial, hangup, accept, sndcode…"""
        body = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        self._writer.write(f"{len(body)}:".encode() + body + b",")
        await self._writer.drain()

    async def dial(self, uri: str) -> None:
        """Call somebody."""
        await self.command("dial", uri)

    async def say(self, samples: Samples) -> None:
        """Begin to say something, 8 kHz, and be silent after it; what was being said is cut off."""
        self.files += 1
        quiet = np.zeros(_SILENT_SECONDS * _RATE, dtype=np.float32)
        file = self.folder / f"say-{self.files}.wav"
        write_speech(file, np.concatenate([samples, quiet]))
        await self.command("ausrc", f"aufile,{file}")

    async def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.command("sndcode", key)
            await asyncio.sleep(0.15)
            await self.command("sndcode", "\x04")
            await asyncio.sleep(0.15)

    def had(self, name: str) -> bool:
        """Return whether an event has come."""
        return any(event.get("type") == name for event in self.events)

    async def wait(self, name: str, seconds: float = 10.0) -> None:
        """Wait for an event.

        Raises:
            TimeoutError: it does not come.
        """
        await until(lambda: self.had(name), seconds)

    def why_closed(self) -> str:
        """Return what the telephone was told at the end of its call."""
        return next(e.get("param", "") for e in self.events if e.get("type") == "CALL_CLOSED")

    def heard(self) -> Samples:
        """Return what the telephone played so far, 8 kHz; complete once it has hung up."""
        return self._dump("dec")

    def spoken(self) -> Samples:
        """Return what the telephone sent so far, 8 kHz; complete once it has hung up.

        It is not quite the file it plays: a telephone that stalls leaves some of it out.
        """
        return self._dump("enc")

    def _dump(self, way: str) -> Samples:
        (file,) = self.folder.glob(f"dump-*-{way}.wav")
        samples, rate = soundfile.read(file, dtype="float32")
        mono = samples if samples.ndim == 1 else samples[:, 0]
        # It is kept at the codec's rate.
        found: Samples = mono if rate == _RATE else soxr.resample(mono, rate, _RATE)
        return found

    def newest(self, seconds: float) -> Samples:
        """Return the last of what it has played, 8 kHz; less when there is not so much yet."""
        size = int(seconds * _RATE) * 2
        for file in self.folder.glob("dump-*-dec.wav"):
            with file.open("rb") as growing:
                end = growing.seek(0, 2)
                growing.seek(max(_WAV_HEADER, end - size))
                return samples_of(growing.read())
        return np.zeros(0, dtype=np.float32)

    def is_quiet(self, seconds: float) -> bool:
        """Return whether it has played silence for so long."""
        newest = self.newest(seconds)
        return len(newest) >= int(seconds * _RATE) and float(np.abs(newest).max()) < _VOICED

    async def follow(self) -> None:
        """Keep the events that the telephone tells."""
        while True:
            try:
                size = int((await self._reader.readuntil(b":"))[:-1])
                body = json.loads(await self._reader.readexactly(size))
                await self._reader.readexactly(1)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            if body.get("event"):
                self.events.append(body)


@asynccontextmanager
async def phone(
    folder: Path,
    *,
    source: Path,
    account: str = "<sip:13812345678@127.0.0.1>;regint=0",
    codecs: str = "g711.so",
    more: str = "",
) -> AsyncIterator[Phone]:
    """Run a telephone that says what is in a file, round and round.

    Args:
        folder: of its own.
        source: WAV file, 8 kHz, mono.
        account: its address-of-record line.
        codecs: codec module.
        more: further lines of its configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sip, control = free_sip_port(), free_ports(1)[0]
    text = _CONFIG.format(
        sip=sip, control=control, source=source, folder=folder, codecs=codecs, more=more,
        rtp=f"{RTP_PORTS.start}-{RTP_PORTS.stop - 2}",
    )  # fmt: skip
    (folder / "config").write_text(text)
    (folder / "accounts").write_text(account + "\n")
    (folder / "contacts").write_text("")
    with (folder / "phone.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            "baresip", "-f", str(folder),
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        reader, writer = await _control(control, process, folder)
        telephone = Phone(process, folder, sip, reader, writer)
        following = asyncio.create_task(telephone.follow())
        try:
            yield telephone
        finally:
            following.cancel()
            writer.close()
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(3):
                    await process.wait()
            except TimeoutError:
                process.kill()  # its BYE has nobody to answer it
                await process.wait()


async def _control(
    port: int, process: asyncio.subprocess.Process, folder: Path
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(10):
        while True:
            if process.returncode is not None:
                raise RuntimeError((folder / "phone.log").read_text(errors="replace"))
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)


def write_speech(path: Path, samples: Samples) -> Path:
    """Write 8 kHz samples (-1…1) as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def is_heard(heard: Samples, said: Samples, *, least: float = 0.98) -> bool:
    """Return whether most half-second pieces of what was said arrived undamaged.

    Not all: a stall of the machine that runs the tests cuts one or two. That nothing else does is
    for the bench to show. With a whole house running there are more stalls: ``least`` is the
    correlation that half of the pieces reach.
    """
    size = 4_000
    pieces = [said[at : at + size] for at in range(0, len(said) - size + 1, size)]
    return float(np.median([correlation(heard, piece) for piece in pieces])) > least


def speech_like(seconds: float, seed: int) -> Samples:
    """Return a voice-like signal that is like no other stretch of itself, 8 kHz.

    Glides of three tones under a syllable-like envelope: correlation tells where it is and
    whether a piece is missing.
    """
    rng = np.random.default_rng(seed)
    count = int(seconds * 8000)
    time = np.arange(count) / 8000
    knots = np.linspace(0, seconds, int(seconds * 6) + 2)
    total = np.zeros(count)
    for low, high, level in ((120, 260, 0.5), (500, 1100, 0.3), (1300, 2600, 0.15)):
        pitch = np.interp(time, knots, rng.uniform(low, high, len(knots)))
        total += level * np.sin(2 * np.pi * np.cumsum(pitch) / 8000)
    envelope = np.interp(time, knots, rng.uniform(0.15, 1.0, len(knots)))
    return (0.6 * total * envelope).astype(np.float32)
