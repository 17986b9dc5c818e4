#!/usr/bin/env bash
# Kills a training of 40 steps (batches of two out of six clips of two sizes, accumulation, dropout, dropped captions, a held-out loss,
# warm-up, 8-bit AdamW, an average) at random moments, every other time inside a system call that writes one of its files, and goes on with it; then damages the newest state of a
# run, and goes on: every end must have the files of the run that was left alone, byte for byte.
#
#     scripts/resume.sh [KILLS] [CORRUPTIONS] [SEED] [MODE]      50, 20; lora or full; LTXSH names a program that is built already
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-50} corruptions=${2:-20} RANDOM=${3:-$RANDOM} mode=${4:-lora}
if [ -z "${LTXSH:-}" ]; then
    swift build --product ltxsh
    swift build --product faultinjection
    LTXSH=.build/debug/ltxsh
fi
faults="$(dirname "$LTXSH")/libfaultinjection.so"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
# A program and no function: what is killed must be the program.
train=("$LTXSH" --threads 1 scripts/resume.lua "$work/config.yaml")

# Names and contents of all files, without what the clock says.
contents() {
    (cd "$work/out" && find . -type f ! -name 'events.*' | sort | while read -r file; do
        case $file in
        *metrics.jsonl) sed -E 's/"(seconds|samples_per_second|memory)":[^,}]*,?//g' "$file" | sha256sum | sed "s|-|$file|" ;;
        *) sha256sum "$file" ;;
        esac
    done)
}
check() {
    if [ "$(contents)" = "$expected" ]; then ends=$((ends + 1)); else
        echo "$1: other files"
        diff <(echo "$expected") <(contents) || true
    fi
}

"$LTXSH" scripts/resume.lua prepare "$work" 5 "$mode" >/dev/null 2>&1
start=$(date +%s%N)
FAULT_FOLDER=$work/out FAULT_LOG=$work/calls LD_PRELOAD=$faults "${train[@]}" >/dev/null 2>&1
took=$((($(date +%s%N) - start) / 1000000)) calls=$(wc -l <"$work/calls")
expected=$(contents)
echo "left alone: $took ms, $calls calls that change files, $(echo "$expected" | wc -l) files"

ends=0 killed=0 inside=0
for ((n = 1; n <= kills; n++)); do
    rm -rf "$work/out"
    if ((n % 2)); then
        "${train[@]}" >/dev/null 2>&1 & child=$!
        sleep "$(printf '%d.%03d' $((RANDOM % took / 1000)) $((RANDOM % 1000)))"
        kill -KILL $child 2>/dev/null || true
        { wait $child && how=ended || how=killed; } 2>/dev/null
    else
        action=$([ $((RANDOM % 3)) = 0 ] && echo tear || echo kill)
        FAULT_FOLDER=$work/out FAULT_AT=$((RANDOM % calls + 1)) FAULT_ACTION=$action LD_PRELOAD=$faults "${train[@]}" >/dev/null 2>&1 &
        wait $! 2>/dev/null && how=ended || how=killed inside=$((inside + 1))
    fi
    [ $how = killed ] && killed=$((killed + 1))
    if ! ls "$work"/out/states/state_*.safetensors >/dev/null 2>&1; then rm -rf "$work/out"; fi
    "${train[@]}" >/dev/null 2>&1 || echo "kill $n: the resumed run failed"
    check "kill $n"
done 2>/dev/null
echo "$ends of $kills ends are the same ($killed runs were killed, $inside of them inside a call)"
failed=$((kills - ends))

# A run that came to its end, of which the newest state is damaged: goes on from the one before.
cp -r "$work/out" "$work/whole"
ends=0 told=0
for ((n = 1; n <= corruptions; n++)); do
    rm -rf "$work/out" && cp -r "$work/whole" "$work/out"
    newest=$(ls "$work"/out/states/*.safetensors | tail -1) size=$(stat -c %s "$newest")
    place=$(((RANDOM * 32768 + RANDOM) % size))
    case $((n % 3)) in
    0) truncate -s $place "$newest" ;;
    1) printf "\\x$(printf %02x $(($(od -An -tu1 -j $place -N1 "$newest") ^ (1 << (RANDOM % 8)))))" |
        dd of="$newest" bs=1 seek=$place conv=notrunc status=none ;;
    2) head -c 64 /dev/urandom | dd of="$newest" bs=1 seek=$place conv=notrunc status=none && truncate -s "$size" "$newest" ;;
    esac
    if "${train[@]}" 2>&1 | grep -q "is damaged"; then told=$((told + 1)); fi
    check "corruption $n"
done
echo "$told of $corruptions damaged states were found, $ends of $corruptions ends are the same"
[ $failed = 0 ] && [ $told = "$corruptions" ] && [ $ends = "$corruptions" ]
