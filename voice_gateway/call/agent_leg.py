"""An agent's leg: their seat in the conference, recognised for the transcript."""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import Frame, VADUserStartedSpeakingFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from voice_gateway.call.registry import Held
from voice_gateway.call.running import PipelineRun
from voice_gateway.call.waiting import first_set
from voice_gateway.conference.attendee import Attendee
from voice_gateway.conference.conference import Conference
from voice_gateway.links.link import MediaLink
from voice_gateway.links.transport import LinkInput
from voice_gateway.pipeline.frames import InterimFrame, TurnFrame
from voice_gateway.pipeline.listening import ListeningStage
from voice_gateway.pipeline.vad import new_vad
from voice_gateway.services import Services
from zhiban.floor import Part
from zhiban.timeline import EventName, Timeline


class AgentTranscript(FrameProcessor):
    """Writes what an agent says to the call's timeline.

    Words the caller does not hear, wholly or in part, are marked ``private``.

    Args:
        timeline: where to.
        call_id: the call.
        conference: knows who hears whom.
        who: who speaks.
    """

    def __init__(
        self, timeline: Timeline, call_id: str, conference: Conference, who: Attendee
    ) -> None:
        super().__init__()
        self._timeline = timeline
        self._call_id = call_id
        self._conference = conference
        self._who = who
        self._began_private = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep finished turns, drop interim ones, pass on the rest."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TurnFrame):
            if frame.turn.text:
                await self._write(frame.turn.text)
            return
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._began_private = not self._conference.reaches_caller(self._who)
        if not isinstance(frame, InterimFrame):
            await self.push_frame(frame, direction)

    async def _write(self, text: str) -> None:
        private = self._began_private or not self._conference.reaches_caller(self._who)
        await self._timeline.append(
            self._call_id,
            EventName.AGENT_TURN,
            {
                "text": text,
                "agent_id": self._who.agent_id,
                "part": self._who.part.value,
                "private": private,
            },
        )


class AgentLeg:
    """One agent in one call, whatever their part.

    Args:
        services: engines and stores.
        held: the call to join.
        link: the agent's media.
        agent_id: who it is.
        briefed: whether they know already what it is about.

    Attributes:
        joined: set once they are in the call.
    """

    def __init__(
        self,
        services: Services,
        held: Held,
        link: MediaLink,
        agent_id: str,
        *,
        briefed: bool = False,
    ) -> None:
        self._held = held
        self._link = link
        self.joined = asyncio.Event()
        self.who = Attendee(agent_id, link.sample_rate, link.send, briefed=briefed)
        self._run = PipelineRun(
            Pipeline(
                [
                    LinkInput(link, self.who.gone.set, self._received),
                    VADProcessor(vad_analyzer=new_vad()),
                    ListeningStage(
                        services.recogniser,
                        link.sample_rate,
                        expects=_open,
                        hint=services.prompts.hint,
                    ),
                    AgentTranscript(
                        services.timeline, held.call.call_id, held.conference, self.who
                    ),
                ]
            ),
            link.sample_rate,
        )

    async def run(self) -> None:
        """Join the call and stay until the agent's line, their part or the call ends.

        Raises:
            ZhibanError: the call is not theirs to join any more.
        """
        call, conference, who = self._held.call, self._held.conference, self.who
        await self._run.start()
        try:
            if not await conference.enter(who):
                return
            self.joined.set()
            await self._link.send_event({"type": "bridged", "part": who.part.value})
            if who.part is Part.OWNER:
                await self._held.leg.notify({"type": "bridged"})
            await first_set(who.gone, who.dropped, call.ended, call.given_back)
        finally:
            await conference.leave(who)
            await self._run.stop()

    def _received(self, pcm: bytes) -> None:
        self._held.leg.room.hear(self.who.key, pcm)


def _open() -> str:
    return "open"
