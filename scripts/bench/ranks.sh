#!/usr/bin/env bash
# What ranks cost: the seconds of an update of one process alone, of two that know nothing of each other (what they take from each other is
# the machine's matter), and of two ranks at equal work each. The last against the second is what training together costs.
#
#     scripts/bench/ranks.sh [STEPS]      60; LTXSH names a program that is built already
set -euo pipefail
cd "$(dirname "$0")/../.."
steps=${1:-60}
if [ -z "${LTXSH:-}" ]; then
    swift build -c release --product ltxsh
    LTXSH=.build/release/ltxsh
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
"$LTXSH" scripts/bench/ranks.lua prepare "$work" "$steps" >/dev/null 2>&1
run() { # NAME RANKS
    "$LTXSH" --threads 1 --nproc "$2" scripts/bench/ranks.lua "$work/config.yaml" "$work/$1" 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
}
for round in 1 2 3; do
    run "alone$round" 1 >"$work/alone.$round"
    run "left$round" 1 >"$work/left.$round" & left=$!
    run "right$round" 1 >"$work/right.$round"
    wait $left
    run "both$round" 2 >"$work/both.$round"
done
# The median of an update, and of the rounds the best: other work on the machine only adds.
best() { cat "$work/$1".* | sort -g | head -n 1; }
awk -v a="$(best alone)" -v l="$(best left)" -v r="$(best right)" -v b="$(best both)" 'BEGIN {
    two = l > r ? l : r
    printf "one process          %.4f s an update\n", a
    printf "two processes        %.4f s, %+.1f %%\n", two, 100 * (two / a - 1)
    printf "two ranks            %.4f s, %+.1f %% beyond that\n", b, 100 * (b / two - 1)
}'
