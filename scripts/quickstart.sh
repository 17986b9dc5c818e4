#!/usr/bin/env bash
# From a fresh machine to a trained, exported LoRA: sets up what is missing, builds, and runs examples/quickstart.lua.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
swift build -c release
exec .build/release/ltxsh examples/quickstart.lua "$@"
