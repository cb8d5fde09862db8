"""Reads every word before the dialogue engine does and decides: put through, ask, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.danger import spot_in_turn
from bot.language.emergency import EmergencyAction, EmergencySpotter, Finding
from bot.language.reply import YesNo, read_yes_no


@dataclass(frozen=True)
class Verdict:
    """What to do about words.

    Attributes:
        transfer: an emergency to put through now.
        ask: an emergency to ask the closed question about.
        released: the closed question was answered with a clear no; these are the words that had
            raised it, still to be answered as an ordinary turn.
    """

    transfer: Finding | None = None
    ask: Finding | None = None
    released: str = ""


_NOTHING = Verdict()
_DOUBTFUL = 0.2
"""Below this the recogniser may have written a phrase of its own prompt for a mumbled yes."""


class Interceptor:
    """The emergency watch of one call.

    Args:
        spotter: shared; a pure function of the text.
    """

    def __init__(self, spotter: EmergencySpotter) -> None:
        self._spotter = spotter
        self._asked: Finding | None = None
        self._asked_about = ""

    @property
    def asking(self) -> bool:
        """Whether the answer to the closed question is awaited."""
        return self._asked is not None

    def interim(self, text: str, alternatives: tuple[str, ...] = ()) -> Verdict:
        """Judge words of a turn in progress: only certain ones act before the turn is over."""
        finding = self._spotter.spot(text, alternatives=alternatives)
        if finding is not None and finding.action is EmergencyAction.TRANSFER:
            return Verdict(transfer=finding)
        return _NOTHING

    def final(
        self,
        text: str,
        alternatives: tuple[str, ...] = (),
        *,
        answering: bool = False,
        confidence: float = 1.0,
    ) -> Verdict:
        """Judge a finished turn.

        After the closed question anything but a clear no puts through; words that were hardly
        recognised are asked about first.

        Args:
            text: the caller's words.
            alternatives: other readings of them, best first.
            answering: whether the dialogue had asked for a detail of a known request.
            confidence: 0…1 of the recogniser.
        """
        finding = spot_in_turn(self._spotter, text, alternatives=alternatives, answering=answering)
        certain = confidence >= _DOUBTFUL or self._asked is not None
        if finding is not None and finding.action is EmergencyAction.TRANSFER and certain:
            self._asked = None
            return Verdict(transfer=finding)
        if self._asked is not None:
            asked, self._asked = self._asked, None
            if read_yes_no(text) is YesNo.NO:
                return Verdict(released=self._asked_about)
            return Verdict(transfer=asked)
        if finding is not None:
            self._asked, self._asked_about = finding, text
            return Verdict(ask=finding)
        return _NOTHING

    def silence(self) -> Verdict:
        """The closed question met silence: that is not a clear no either."""
        if self._asked is None:
            return _NOTHING
        asked, self._asked = self._asked, None
        return Verdict(transfer=asked)
