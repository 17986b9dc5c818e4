#!/usr/bin/env bash
# Preprocesses the same clips with this program and as the upstream trainer does, in turn, and prints clips a minute and the ratio of
# their times (ours / reference: below 1 is better).
#
#   PYTHON=… [LTXSH=…] [CLIPS=12] [ROUNDS=3] [SIZE=384x256x49] scripts/bench/preprocess.sh MODEL
#
# PYTHON has torch, diffusers, transformers and decord. MODEL is a folder in diffusers' layout, such as the one that the reference's
# bench_ref.py prepare makes; models are loaded before the clock starts, on both sides.
set -euo pipefail
cd "$(dirname "$0")/../.."
model=$(readlink -f "${1:?MODEL is missing}")
ltxsh=$(readlink -f "${LTXSH:-.build/release/ltxsh}") python=${PYTHON:-python3} size=${SIZE:-384x256x49}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/clips"
for i in $(seq "${CLIPS:-12}"); do
    ffmpeg -nostdin -v error -f lavfi -i "testsrc2=size=1280x720:rate=24" -vf "hue=h=$((i * 30))" -frames:v 60 -c:v libx264 \
        -pix_fmt yuv420p "$work/clips/clip$i.mp4"
done
for round in $(seq "${ROUNDS:-3}"); do
    rm -rf "$work/ours" "$work/reference"
    load=$(cut -d' ' -f1 /proc/loadavg)
    ours=$("$ltxsh" --no-init scripts/bench/preprocess.lua "$model" "$work/clips" "$work/ours" "$size" 2>/dev/null | tail -1)
    reference=$("$python" scripts/bench/preprocess_ref.py "$model" "$work/clips" "$work/reference" "$size" 2>/dev/null | tail -1)
    echo "$ours $reference $load" | awk '{ printf "round: ours %.1f s (%.1f clips a minute), reference %.1f s (%.1f; captions %.1f, videos %.1f), ratio %.2f, load %s\n",
        $1, 60 * $2 / $1, $3, 60 * $6 / $3, $4, $5, $1 / $3, $7 }'
done
