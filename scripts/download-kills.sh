#!/bin/sh
# A download that is killed [KILLS] times (50) at random moments, each time in a process of its own, from a server on this machine:
# the file at the end is the published one, and no more than 1.05 times its bytes were sent.
set -eu
cd "$(dirname "$0")/.."
exec python3 scripts/download_kills.py "${1:-50}" "${LTXSH:-.build/debug/ltxsh}"
