#!/usr/bin/env bash
# Remakes the README's pictures: the quickstart's strips, and a session at a pseudo-terminal drawn as it was. Takes LTXSH, or builds one.
set -euo pipefail
cd "$(dirname "$0")/../.."
program="${1:-}"
if [ -z "$program" ]; then
    swift build -c release --product ltxsh
    program=.build/release/ltxsh
fi
[ -s outputs/quickstart/comet.png ] || "$program" --no-init examples/quickstart.lua
python3 scripts/demo/pictures.py "$program"
