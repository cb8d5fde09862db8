"""``python -m voice_gateway serve`` answers calls; ``prepare`` renders the fixed sentences."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from loguru import logger as pipecat_log

from voice_gateway.fixed_sentences import fixed_sentences
from zhiban.community import load_community
from zhiban.errors import ZhibanError
from zhiban.masking import configure_logging
from zhiban.settings import Settings
from zhiban.setup.faults import SetupError


def main() -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m voice_gateway", description=__doc__)
    parser.add_argument("command", choices=("serve", "prepare"))
    command = parser.parse_args().command
    try:
        settings = Settings.from_env()
        configure_logging(settings.log_level)
        # pipecat logs words of calls at debug level; only its warnings are wanted, masked.
        pipecat_log.remove()
        pipecat_log.add(_to_logging, level="WARNING", format="{message}")
        if command == "prepare":
            asyncio.run(_prepare(settings))
        else:
            _serve(settings)
    except (ZhibanError, SetupError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


def _to_logging(message: object) -> None:
    logging.getLogger("pipecat").warning("%s", str(message).rstrip())


def _serve(settings: Settings) -> None:
    from aiohttp import web

    from voice_gateway.app import build_app

    web.run_app(
        build_app(settings),
        host=settings.host,
        port=settings.gateway_port,
        access_log=None,
        print=None,
        shutdown_timeout=5.0,
    )


async def _prepare(settings: Settings) -> None:
    from voice_gateway.app import speech_settings
    from voice_gateway.speech.synthesis import open_speaker

    community = load_community(settings.site_dir)
    speaker = open_speaker(speech_settings(settings), settings.data_dir / "speech-cache")

    def told(done: int, total: int) -> None:
        print(f"{done}/{total}", flush=True)

    try:
        await speaker.prepare(fixed_sentences(community, settings.site_dir), told)
    finally:
        await speaker.close()


if __name__ == "__main__":
    sys.exit(main())
