"""A small gateway, a user agent before it, something to say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.sip.agent import Agent, user_agent
from tests.sip.peer import Peer, open_peer
from tests.sip.phone import speech_like, write_speech
from tests.support.speech import Samples
from tests.support.stores import redis_server

SPOKEN = speech_like(12.0, 1)
"""What the telephone says, round and round."""
ANSWER = speech_like(3.0, 2)
"""What the gateway says."""


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server for the session."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def spoken_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SPOKEN as a WAV file."""
    return write_speech(tmp_path_factory.mktemp("speech") / "spoken.wav", SPOKEN)


@pytest.fixture
def spoken() -> Samples:
    """What the telephone says."""
    return SPOKEN


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A small gateway."""
    async with open_peer() as opened:
        yield opened


@pytest.fixture
async def agent(peer: Peer, tmp_path: Path, redis_url: str) -> AsyncIterator[Agent]:
    """A user agent with its defaults: callers on this machine itself."""
    async with user_agent(tmp_path, peer.url, redis_url=redis_url) as opened:
        yield opened
