"""The survey of one call: begun in the dialogue engine, and seen to when the call is over."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from voice_gateway.call.line import Line
from voice_gateway.dialogue.client import DialogueReply
from voice_gateway.services import Services
from zhiban.calls.surveys import START, begun_survey, end_survey, settle_survey
from zhiban.errors import ZhibanError
from zhiban.tickets.satisfaction import Survey, SurveyOutcome

logger = logging.getLogger(__name__)

_WITHOUT_KEYS = ("web",)


@dataclass(frozen=True)
class SurveyBegun:
    """A survey the dialogue has begun.

    Attributes:
        ticket_number: what it is about.
        survey: as it began.
        opening: what the bot says first.
    """

    ticket_number: str
    survey: Survey
    opening: DialogueReply


async def begin_survey(
    services: Services,
    call_id: str,
    ticket_number: str,
    by: str,
    *,
    called: bool = False,
    keys: bool = True,
) -> SurveyBegun:
    """Have the dialogue begin a survey.

    Args:
        services: the dialogue engine.
        call_id: the call.
        ticket_number: what it is about.
        by: the agent who wants it.
        called: whether the bot has called the owner, and has to say why.
        keys: whether the owner's telephone has keys.

    Raises:
        ZhibanError: DIALOGUE_UNAVAILABLE.
    """
    survey = begun_survey(call_id, by)
    slot = {"ticket": ticket_number, "by": by, "at": survey.at, "called": called, "keys": keys}
    opening = await services.dialogue.start(call_id, START, {"survey": slot})
    return SurveyBegun(ticket_number, survey, opening)


class Surveying:
    """Keeps what has to be seen to when the call ends.

    Args:
        line: the call.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._begun: list[SurveyBegun] = []

    def note(self, begun: SurveyBegun) -> None:
        """Note a survey that has begun in this call."""
        self._begun.append(begun)

    async def begin(self, ticket_number: str, by: str) -> DialogueReply | None:
        """Begin one; None when the dialogue cannot, which is written."""
        line = self._line
        keys = line.channel not in _WITHOUT_KEYS
        try:
            begun = await begin_survey(line.services, line.call_id, ticket_number, by, keys=keys)
        except ZhibanError as error:
            logger.error("call %s: no survey: %s", line.call_id, error.message)
            await self._failed(ticket_number, by)
            return None
        self.note(begun)
        return begun.opening

    async def _failed(self, ticket_number: str, by: str) -> None:
        survey = begun_survey(self._line.call_id, by)
        try:
            await end_survey(self._line.services, ticket_number, survey, SurveyOutcome.FAILED)
        except Exception:
            # The caller, whom nobody is with any more, must not wait for the record.
            logger.exception("call %s: a survey that failed is not written", self._line.call_id)

    async def settle(self) -> None:
        """The call is over: an unfinished survey is ended, an unsatisfied owner is followed up.

        Raises:
            Exception: a store fails.
        """
        line, node = self._line, self._line.services.settings.gateway_url
        while self._begun:
            begun = self._begun[0]
            await settle_survey(
                line.services, begun.ticket_number, begun.survey, node=node, caller=line.caller
            )
            self._begun.pop(0)
