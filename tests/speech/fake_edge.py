"""Microsoft's speech endpoint at the WebSocket wire protocol, with its ways to fail."""

import asyncio
import io
import json
import re
from dataclasses import dataclass, field

import av
import numpy as np
from aiohttp import WSMsgType, web

FRAME_BYTES = 144  # one 24 ms MP3 frame at 48 kbit/s, 24 kHz


def mp3(samples: np.ndarray, rate: int = 24000) -> bytes:
    """Encode as the endpoint does: 24 kHz mono MP3 at 48 kbit/s."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as box:
        stream = box.add_stream("libmp3lame", rate=rate, layout="mono")
        stream.bit_rate = 48000
        pcm = (samples * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            box.mux(packet)
    return out.getvalue()


@dataclass
class FakeEdge:
    """What the endpoint does next.

    `audio` is the MP3 of the whole sentence; `mode` one of ok, forbidden, hang, drop, stall,
    garbage, silent.
    """

    audio: bytes = b""
    mode: str = "ok"
    drop_after: int = 0
    asked: list[str] = field(default_factory=list)
    rates: list[str] = field(default_factory=list)
    attempts: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        if self.mode == "forbidden":
            return web.Response(status=403, headers={"Date": "Sun, 22 Nov 2026 00:00:00 GMT"})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        config = await socket.receive_str()
        assert "Path:speech.config" in config
        ssml = await socket.receive_str()
        assert "Path:ssml" in ssml
        text = re.search(r"<prosody[^>]*>(.*)</prosody>", ssml, re.DOTALL)[1]
        self.asked.append(text)
        self.rates.append(re.search(r"rate='([^']*)'", ssml)[1])
        if self.mode == "hang":
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
            return socket
        await socket.send_str("X-RequestId:1\r\nPath:turn.start\r\n\r\n{}")
        if self.mode == "garbage":
            await socket.send_str("X-RequestId:1\r\nPath:surprise\r\n\r\n{}")
            return socket
        if self.mode != "silent":
            await self._send_audio(socket, request, text)
        if not socket.closed and self.mode not in ("drop", "stall"):
            await socket.send_str("X-RequestId:1\r\nPath:turn.end\r\n\r\n{}")
            await socket.close()
        return socket

    async def _send_audio(self, socket, request, text):
        head = b"X-RequestId:1\r\nContent-Type:audio/mpeg\r\nPath:audio\r\n"
        seconds = len(self.audio) * 8 / 48000
        spoken = [i for i, char in enumerate(text) if char.isalnum()]
        told = 0
        for start in range(0, len(self.audio), FRAME_BYTES * 10):
            at = start * 8 / 48000
            if self.mode in ("drop", "stall") and start >= self.drop_after:
                if self.mode == "drop":
                    request.transport.abort()
                else:
                    await socket.receive()
                return
            while told < len(spoken) and told * seconds / len(spoken) <= at + 0.24:
                await socket.send_str(_word(text[spoken[told]], told, seconds / len(spoken)))
                told += 1
            data = self.audio[start : start + FRAME_BYTES * 10]
            await socket.send_bytes(len(head).to_bytes(2, "big") + head + data)
            await asyncio.sleep(0)
        if self.mode == "ok":
            end = b"X-RequestId:1\r\nPath:audio\r\n"
            await socket.send_bytes(len(end).to_bytes(2, "big") + end)


def _word(text: str, index: int, seconds: float) -> str:
    data = {
        "Offset": int(index * seconds * 1e7),
        "Duration": int(seconds * 1e7),
        "text": {"Text": text, "Length": 1, "BoundaryType": "WordBoundary"},
    }
    body = json.dumps({"Metadata": [{"Type": "WordBoundary", "Data": data}]})
    return f"X-RequestId:1\r\nPath:audio.metadata\r\n\r\n{body}"
