#!/usr/bin/env bash
# Remakes the README's picture: a session at a pseudo-terminal, drawn as it was. scripts/demo/pictures.sh [LTXSH]; builds one where none is given.
set -euo pipefail
cd "$(dirname "$0")/../.."
program="${1:-}"
if [ -z "$program" ]; then
    swift build -c release
    program=.build/release/ltxsh
fi
python3 scripts/demo/pictures.py "$program"
