#!/usr/bin/env bash
# What ranks cost: the seconds of an update of one process alone, of two that know nothing of each other (what they take from each other is
# the machine's matter), and of two ranks at equal work each. The last against the second is what training together costs.
#
#     scripts/bench/ranks.sh [STEPS]      60; LTXSH names a program that is built already
#
# With PYTHON, which has diffusers, peft and accelerate, the same of an update as the upstream trainer makes it, under accelerate's DDP, in turn.
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
reference() { # NAME RANKS: five latent frames of 10 x 16, as above
    OMP_NUM_THREADS=1 "$PYTHON" -m torch.distributed.run --standalone --nproc-per-node "$2" scripts/bench/ranks_ref.py "$work/tiny" "$steps" 5x10x16 \
        2>"$work/err" | tail -n 1 || { cat "$work/err" >&2; exit 1; }
}
for round in 1 2 3; do
    run "alone$round" 1 >"$work/alone.$round"
    run "left$round" 1 >"$work/left.$round" & left=$!
    run "right$round" 1 >"$work/right.$round"
    wait $left
    run "both$round" 2 >"$work/both.$round"
    [ -n "${PYTHON:-}" ] || continue
    reference "alone$round" 1 >"$work/ref-alone.$round"
    reference "left$round" 1 >"$work/ref-left.$round" & left=$!
    reference "right$round" 1 >"$work/ref-right.$round"
    wait $left
    reference "both$round" 2 >"$work/ref-both.$round"
done
# The median of an update, and of the rounds the best: other work on the machine only adds.
best() { cat "$work/$1".* | sort -g | head -n 1; }
show() { # PREFIX
    awk -v a="$(best "$1alone")" -v l="$(best "$1left")" -v r="$(best "$1right")" -v b="$(best "$1both")" 'BEGIN {
        two = l > r ? l : r
        printf "one process          %.4f s an update\n", a
        printf "two processes        %.4f s, %+.1f %%\n", two, 100 * (two / a - 1)
        printf "two ranks            %.4f s, %+.1f %% beyond that\n", b, 100 * (b / two - 1)
    }'
}
show ""
[ -z "${PYTHON:-}" ] || { echo "accelerate's DDP:"; show ref-; }
