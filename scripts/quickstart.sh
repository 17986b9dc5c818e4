#!/usr/bin/env bash
# From a fresh machine to a trained, exported LoRA: sets up what is missing, builds, takes a real video all the way with a tiny random model
# (examples/quickstart.lua), and teaches the demonstration model something that one sees (examples/before_after.lua).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
swift build -c release
.build/release/ltxsh examples/quickstart.lua
exec .build/release/ltxsh examples/before_after.lua
