"""``python -m voice_gateway.sip``: the built-in SIP user agent."""

from __future__ import annotations

import asyncio
import sys

from voice_gateway.sip.logs import configure
from voice_gateway.sip.service import serve
from voice_gateway.sip.settings import SipSettings
from zhiban.errors import ZhibanError
from zhiban.settings import Settings


def main() -> int:
    """Run it; return the exit code."""
    try:
        settings = Settings.from_env()
        configure(settings.log_level)
        return asyncio.run(serve(settings, SipSettings.from_env()))
    except ZhibanError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
