"""One whole house for all call tests: every process real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from tests.sip.agent import free_sip_port
from tests.support.browser import add_agent
from tests.support.house import House, free_port, open_house
from tests.support.speech import Samples, speak
from voice_gateway.speech.recognition.base import Recogniser
from voice_gateway.speech.recognition.factory import open_recogniser
from zhiban.models import choose_recogniser
from zhiban.settings import Settings

Synthesise = Callable[..., Awaitable[Samples]]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running house with an agent account ``e2e`` and a telephone line."""
    opened = open_house(
        tmp_path_factory.mktemp("house") / "var",
        sip_listen=f"127.0.0.1:{free_sip_port()}",
        sip_health_port=free_port(),
    )
    try:
        asyncio.run(add_agent(opened.settings, "e2e"))
        yield opened
    finally:
        opened.stop()


@pytest.fixture
def synthesise(house: House) -> Synthesise:
    """Speak with the packaged voice."""

    async def say(text: str, *, rate: float = 220.0) -> Samples:
        return await speak(house.settings.voice, text, rate=rate)

    return say


@pytest.fixture
async def ears() -> AsyncIterator[Recogniser]:
    """The packaged recogniser, to hear back what the bot said."""
    choice = choose_recogniser(Settings.from_env().models_dir, "whisper")
    recogniser = open_recogniser(choice)
    await recogniser.warm_up()
    yield recogniser
    recogniser.close()
