#!/usr/bin/env bash
# Calls every Lua binding a million times with hostile arguments, in release: scripts/fuzz.sh [CALLS] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
calls=${1:-1000000} seed=${2:-$RANDOM}
swift build -c release --product ltxsh
program="$PWD/.build/release/ltxsh" script="$PWD/scripts/fuzz.lua"
sandbox=$(mktemp -d)
trap 'rm -rf "$sandbox"' EXIT
echo "seed $seed"
# One folder deeper: "../" is one of the hostile paths.
mkdir "$sandbox/inside" && cd "$sandbox/inside"
HOME="$PWD" EDITOR=true VISUAL=true "$program" "$script" "$calls" "$seed" </dev/null
