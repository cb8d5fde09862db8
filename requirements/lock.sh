#!/bin/sh
# Makes the lock files again. Needs uv, Python 3.11 and Python 3.10 (found by uv).
# The locks name versions and hashes only: no index, no host, no local path.
set -eu
cd "$(dirname "$0")/.."
py311=${ZHIBAN_PYTHON311:-3.11}
py310=${ZHIBAN_PYTHON310:-3.10}
compile() {
    uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-header --no-annotate "$@"
}
compile -p "$py311" pyproject.toml --group build -o requirements/app.lock
compile -p "$py311" pyproject.toml --group build --group dev -c requirements/app.lock \
    -o requirements/dev.lock
compile -p "$py311" requirements/uv.in -o requirements/uv.lock
compile -p "$py310" requirements/rasa.in -o requirements/rasa.lock
compile -p "$py310" --no-deps requirements/voice.in -o requirements/voice.lock
