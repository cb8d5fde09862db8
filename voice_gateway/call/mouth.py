"""How a call speaks, whether its caller listens or reads."""

from __future__ import annotations

from typing import Protocol


class Mouth(Protocol):
    """The bot's way to the caller."""

    @property
    def busy(self) -> bool:
        """Whether something is being said or about to be."""
        ...

    async def say(self, text: str, *, protected: bool = False) -> None:
        """Say a text after what is already being said."""
        ...

    async def interrupt(self) -> None:
        """Fall silent; protected sentences go on."""
        ...

    async def wait_quiet(self) -> None:
        """Return when everything has been said."""
        ...

    async def turn_done(self) -> None:
        """The bot has nothing more to say for this turn."""
        ...
