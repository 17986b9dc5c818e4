#!/usr/bin/env bash
# What tr:plan says beside what a run takes of the process's memory, as the system counts it: a tiny model on batches of four clips of
# 512x512x49, each setting in a process of its own. Fails where they are more than a tenth apart.
#
#     scripts/bench/plan.sh [SETTING ...]      plain recomputed fp32 int8 full; LTXSH names a program that is built already
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${LTXSH:-}" ]; then
    swift build --product ltxsh
    LTXSH=.build/debug/ltxsh
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/clips"
for n in 1 2 3 4; do
    ffmpeg -v error -f lavfi -i "testsrc2=s=512x512:r=24:d=2.1,hue=h=$((n * 60))" "$work/clips/clip$n.mp4"
done
"$LTXSH" -e "Models.make_tiny(\"$work/model\")" >/dev/null
"$LTXSH" scripts/bench/plan.lua "$work" prepare >/dev/null
failed=0
for setting in "${@:-plain recomputed fp32 int8 full}"; do
    for one in $setting; do
        # What is freed goes back to the system, so that it counts what is in use.
        MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536 "$LTXSH" scripts/bench/plan.lua "$work" "$one" || failed=1
    done
done
exit $failed
