#!/usr/bin/env bash
# How long a person waits: the start, Ctrl-C in Lua, scoring and training, a bound call, another threshold of a scan. The load
# average stands beside each line, because on a busy machine all of these are longer: scripts/bench/latency.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build -c release --product ltxsh >/dev/null
swift build -c release --product ltxtorch >/dev/null
exec python3 scripts/bench/latency.py .build/release/ltxsh "$@"
