#!/usr/bin/env bash
# Sets up what is missing and runs every test. Arguments go to `swift test`: scripts/test.sh --filter Scene
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
swift build --build-tests
# One at a time: tests look at the signals, the open tensors and the terminal of the whole process.
swift test --skip-build --no-parallel "$@"
