"""``python -m voice_gateway.packaged_voice --host 127.0.0.1 --port 8083``."""

from voice_gateway.packaged_voice.server import main

main()
