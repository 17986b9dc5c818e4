#!/usr/bin/env bash
# The promised numbers of durability (not the sample that the default test run takes): 1,000 kills at random moments,
# a kill before every system call and inside every write, a failure of every call, four writers with 500 edits each; a
# split that is cut again, killed and failing before every call.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build --build-tests
LTXSH_FULL_TESTS=1 swift test --skip-build --filter "DatasetCrashTests|SceneInterruptionTests"
