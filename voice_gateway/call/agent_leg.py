"""The agent's leg: joins the caller's audio, is recognised for the transcript."""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import Frame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from voice_gateway.call.registry import Held
from voice_gateway.call.running import PipelineRun
from voice_gateway.call.waiting import first_set
from voice_gateway.links.link import MediaLink
from voice_gateway.links.transport import LinkInput, LinkOutput
from voice_gateway.pipeline.bridge import BridgePort
from voice_gateway.pipeline.frames import InterimFrame, TurnFrame
from voice_gateway.pipeline.listening import ListeningStage
from voice_gateway.pipeline.vad import new_vad
from voice_gateway.services import Services
from zhiban.timeline import EventName, Timeline


class AgentTranscript(FrameProcessor):
    """Writes what the agent says to the call's timeline.

    Args:
        timeline: where to.
        call_id: the call.
        agent_id: who speaks.
    """

    def __init__(self, timeline: Timeline, call_id: str, agent_id: str) -> None:
        super().__init__()
        self._timeline = timeline
        self._call_id = call_id
        self._agent_id = agent_id

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep finished turns, drop interim ones, pass on the rest."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TurnFrame):
            if frame.turn.text:
                await self._timeline.append(
                    self._call_id,
                    EventName.AGENT_TURN,
                    {"text": frame.turn.text, "agent_id": self._agent_id},
                )
        elif not isinstance(frame, InterimFrame):
            await self.push_frame(frame, direction)


class AgentLeg:
    """One agent in one call.

    Args:
        services: engines and stores.
        held: the call to join.
        link: the agent's media.
        agent_id: who it is.
    """

    def __init__(self, services: Services, held: Held, link: MediaLink, agent_id: str) -> None:
        self._held = held
        self._link = link
        self._agent_id = agent_id
        self._gone = asyncio.Event()
        rate = link.sample_rate
        self._port = BridgePort(rate)
        self.output = LinkOutput(link, _unrecorded)
        self._run = PipelineRun(
            Pipeline(
                [
                    LinkInput(link, self._gone.set, _unrecorded),
                    self._port,
                    VADProcessor(vad_analyzer=new_vad()),
                    ListeningStage(
                        services.recogniser, rate, expects=_open, hint=services.prompts.hint
                    ),
                    AgentTranscript(services.timeline, held.call.call_id, agent_id),
                    self.output,
                ]
            ),
            rate,
        )

    async def run(self) -> None:
        """Join the call and stay until the agent's line or the call ends."""
        call, leg = self._held.call, self._held.leg
        await self._run.start()
        try:
            # The state is moved before a word crosses: a handoff that is no longer this
            # agent's refuses here.
            await call.bridged(self._agent_id)
            caller = await leg.join(self.output, self._link.sample_rate)
            if caller is not None:
                self._port.join(caller, caller.sample_rate)
            await leg.notify({"type": "bridged"})
            await self._link.send_event({"type": "bridged"})
            await first_set(self._gone, call.ended, call.given_back)
        finally:
            self._port.part()
            leg.part()
            await self._run.stop()


def _unrecorded(_pcm: bytes) -> None:
    """The agent's speech is recorded where it is sent to the caller."""


def _open() -> str:
    return "open"
