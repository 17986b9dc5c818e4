#!/usr/bin/env bash
# Kills preprocessing (two sizes, several clips of a video, references) at random moments, every other time inside a system call
# that writes one of its files, and starts it again: no half file may ever be seen, and every end must have the files of the run that
# was left alone, byte for byte.
#
#     scripts/preprocess-kills.sh [KILLS] [SEED]      50; LTXSH names a program that is built already
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-50} RANDOM=${2:-$RANDOM}
if [ -z "${LTXSH:-}" ]; then
    swift build --product ltxsh
    swift build --product faultinjection
    LTXSH=.build/debug/ltxsh
fi
faults="$(dirname "$LTXSH")/libfaultinjection.so"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
out=$work/d/.precomputed
run=("$LTXSH" --threads 1 scripts/preprocess-kills.lua "$work")

# Names and contents of what training reads, and of whatever else lies there.
contents() { (cd "$out" && find latents conditions reference_latents -type f -exec sha256sum {} + | sort -k2); }

"$LTXSH" scripts/preprocess-kills.lua prepare "$work" >/dev/null 2>&1
start=$(date +%s%N)
FAULT_FOLDER=$out FAULT_LOG=$work/calls LD_PRELOAD=$faults "${run[@]}" >/dev/null 2>&1
took=$((($(date +%s%N) - start) / 1000000)) calls=$(wc -l <"$work/calls")
expected=$(contents)
echo "left alone: $took ms, $calls calls that change files, $(echo "$expected" | wc -l) files"

ends=0 killed=0 inside=0 half=0
for ((n = 1; n <= kills; n++)); do
    rm -rf "$out"
    if ((n % 2)); then
        "${run[@]}" >/dev/null 2>&1 & child=$!
        sleep "$(printf '%d.%03d' $((RANDOM % took / 1000)) $((RANDOM % 1000)))"
        kill -KILL $child 2>/dev/null || true
        { wait $child && how=ended || how=killed; } 2>/dev/null
    else
        action=$([ $((RANDOM % 3)) = 0 ] && echo tear || echo kill)
        FAULT_FOLDER=$out FAULT_AT=$((RANDOM % calls + 1)) FAULT_ACTION=$action LD_PRELOAD=$faults "${run[@]}" >/dev/null 2>&1 &
        wait $! 2>/dev/null && how=ended || how=killed inside=$((inside + 1))
    fi
    [ $how = killed ] && killed=$((killed + 1))
    # What is there now must be what it will be; what was being written has a name that nobody reads.
    if [ -d "$out/latents" ] && contents 2>/dev/null | grep -v '/\.' | grep -Fvxf <(echo "$expected") >&2; then half=$((half + 1)); fi
    "${run[@]}" >/dev/null 2>&1 || echo "kill $n: the next run failed"
    if [ "$(contents)" = "$expected" ]; then ends=$((ends + 1)); else
        echo "kill $n: other files"
        diff <(echo "$expected") <(contents) || true
    fi
done 2>/dev/null
echo "$ends of $kills ends are the same ($killed runs were killed, $inside of them inside a call), half a file was seen $half times"
[ $ends = "$kills" ] && [ $half = 0 ]
