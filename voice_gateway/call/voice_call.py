"""The voice leg of a caller: link, pipeline, recording."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.audio.vad_processor import VADProcessor

from voice_gateway.call.call import Call
from voice_gateway.call.running import PipelineRun
from voice_gateway.call.waiting import first_set
from voice_gateway.conference.room import Room
from voice_gateway.links.link import MediaLink
from voice_gateway.links.transport import LinkInput, LinkOutput
from voice_gateway.pipeline.conversation import ConversationStage
from voice_gateway.pipeline.listening import ListeningStage
from voice_gateway.pipeline.speaking import SpeakingStage
from voice_gateway.pipeline.vad import new_vad
from voice_gateway.recording.recorder import CallRecorder
from voice_gateway.services import Services
from zhiban.floor import Part

_CALLER = Part.CALLER.value

logger = logging.getLogger(__name__)

_LAST_WORDS_SECONDS = 5.0


class VoiceLeg:
    """Runs a spoken call over any media link; it is the call's mouth and its leg.

    Args:
        services: engines and stores.
        call: what to say and do.
        link: the caller's media.
    """

    def __init__(self, services: Services, call: Call, link: MediaLink) -> None:
        self._call = call
        self._link = link
        self._gone = asyncio.Event()
        rate = link.sample_rate
        self.room = Room()
        self.sample_rate: int | None = rate
        self._recorder = (
            CallRecorder(services.settings.recordings_dir / f"{call.call_id}.wav", rate)
            if services.settings.recordings
            else None
        )
        self._speaking = SpeakingStage(
            services.speaker, rate, on_said=call.said, on_quiet=self._quiet
        )
        self._output = LinkOutput(link, self._sent)
        self._listening = ListeningStage(
            services.recogniser,
            rate,
            expects=call.expects,
            hint=services.prompts.hint,
            patient=call.patient,
        )
        self._run = PipelineRun(
            Pipeline(
                [
                    LinkInput(link, self._gone.set, self._received),
                    VADProcessor(vad_analyzer=new_vad()),
                    self._listening,
                    ConversationStage(call, self._speaking),
                    self._speaking,
                    self._output,
                ]
            ),
            rate,
        )

    async def run(self) -> None:
        """Hold the call until either side ends it."""
        await self._run.start()
        self.room.seat(_CALLER, Part.CALLER, self._link.sample_rate, self._output.send_now)
        try:
            await self._call.start(self)
            await first_set(self._gone, self._call.ended)
            await self._hear_last_words()
            await self._call.end(self._link.parting.value, self._link.cause)
        finally:
            self.room.close()
            await self._run.stop()
            if self._recorder is not None:
                await self._recorder.close()

    async def _hear_last_words(self) -> None:
        """A cry may be cut off by the end of the line; it counts all the same."""
        if self._call.ended.is_set():
            return
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                turn = await self._listening.last_words()
                if turn is not None:
                    await self._call.hear_turn(turn)
        except Exception:
            logger.exception("call %s: its last words were not recognised", self._call.call_id)

    # --- Mouth ----------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is being said or about to be."""
        return self._speaking.busy

    async def say(self, text: str, *, protected: bool = False) -> None:
        """Say a text after what is already being said."""
        await self._speaking.say(text, protected=protected)

    async def interrupt(self) -> None:
        """Fall silent; protected sentences go on."""
        await self._speaking.interrupt()

    async def wait_quiet(self) -> None:
        """Return when everything has been said."""
        await self._speaking.wait_quiet()

    async def turn_done(self) -> None:
        """Told to the client when the words of this turn have been played."""
        if not self._speaking.busy:
            await self._link.send_event({"type": "turn_done"})

    async def _quiet(self) -> None:
        await self._call.bot_quiet()
        await self._link.send_event({"type": "turn_done"})

    # --- Leg ------------------------------------------------------------------------------

    async def give_way(self, live: bool) -> None:
        """Drop the bot's speech, protected or not, while people talk; let it speak again."""
        self._output.give_way(live)
        if live:
            await self._link.clear()

    def part(self) -> None:
        """Let the bot speak again, now."""
        self._output.give_way(False)

    async def notify(self, event: dict[str, Any]) -> None:
        """Send a control message to the caller's program."""
        await self._link.send_event(event)

    # --- room and recording ------------------------------------------------------------------------

    def _received(self, pcm: bytes) -> None:
        self.room.hear(_CALLER, pcm)
        if self._recorder is not None:
            self._recorder.heard(pcm)

    def _sent(self, pcm: bytes) -> None:
        if self._recorder is not None:
            self._recorder.said(pcm)
