#!/usr/bin/env bash
# Sets up what is missing and runs every check, in this order:
#
#   the formatter's lint, strict, of all Swift
#   a build in which a warning of our own targets is an error (Swift, and C with -Wall -Wextra)
#   every test
#   with CI set: the tests of the Lua bridge and the tokenizer under AddressSanitizer and UndefinedBehaviorSanitizer
#   (scripts/sanitize.sh runs the pictures and videos, too, which takes longer)
#
# With arguments, which go to `swift test`, only the build and those tests: scripts/test.sh --filter Scene
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
export LTXSH_STRICT=1
[ $# -gt 0 ] || swift format lint --strict --recursive --parallel Sources Tests Package.swift
swift build --build-tests
# One at a time: tests look at the signals, the open tensors and the terminal of the whole process. The shell's tests, which
# mostly wait for a terminal, have a process of their own beside the others'.
if [ $# -gt 0 ]; then
    swift test --skip-build --no-parallel "$@"
    exit
fi
tests() {
    "$(swift build --show-bin-path)/ltxshPackageTests.xctest" --testing-library swift-testing --no-parallel "$@"
}
output=$(mktemp)
trap 'rm -f "$output"' EXIT
tests --filter '^ShellTests\.' >"$output" 2>&1 &
status=0
tests --skip '^ShellTests\.' || status=$?
wait $! || status=$?
cat "$output"
[ $status = 0 ] || exit $status
if [ -n "${CI:-}" ]; then scripts/sanitize.sh --filter "LuaKitTests|TextTests"; fi
