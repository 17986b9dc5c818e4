#!/usr/bin/env bash
# Kills a random rank of a training of 60 steps at random moments, again and again, and goes on with all of them: all ranks must end within
# seconds of a kill, and weights, averages and optimizer at the end must be those of the run that was left alone, bit for bit.
#
#     scripts/ranks-kills.sh [KILLS] [RANKS] [SEED]      20, 2; LTXSH names a program that is built already, VERBOSE=1 tells of each kill
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-20} ranks=${2:-2} RANDOM=${3:-$RANDOM}
if [ -z "${LTXSH:-}" ]; then
    swift build --product ltxsh
    LTXSH=.build/debug/ltxsh
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
train=("$LTXSH" --threads 1 --nproc "$ranks" scripts/resume.lua "$work/config.yaml")

"$LTXSH" scripts/resume.lua prepare "$work" 6 lora >/dev/null 2>&1
sed -i 's/steps: 40/steps: 60/; s/interval: 6$/interval: 5/' "$work/config.yaml"
start=$(date +%s%N)
"${train[@]}" >/dev/null 2>"$work/err" || { cat "$work/err"; exit 1; }
took=$((($(date +%s%N) - start) / 1000000))
# Of a state the tensors: it names the checkpoints that are there, and a kill leaves one more.
sums() {
    (cd "$work/out" && sha256sum checkpoints/*00060* ema/*00060* &&
        for file in states/*00060*; do tail -c +$((8 + 1 + $(od -An -t u8 -N 8 "$file"))) "$file" | sha256sum; done)
}
expected=$(sums)
echo "left alone: $took ms"

rm -rf "$work/out"
slowest=0 n=0 last=0 resumed=0
while [ $n -lt "$kills" ]; do
    if [ "$last" -gt 0 ]; then resumed=$((resumed + 1)); fi
    : >"$work/steps"
    "${train[@]}" >"$work/steps" 2>"$work/err" & launcher=$!
    # So many updates further as leave some for the kills that are to come; none: while the ranks start, or load, or take their first.
    target=$((last + RANDOM % (2 * (59 - last) / (kills - n) + 1)))
    if [ $target -gt 58 ]; then target=58; fi
    if [ $target -le "$last" ]; then sleep $((RANDOM % 3)).$((RANDOM % 10)); fi
    while kill -0 $launcher 2>/dev/null; do
        step=$(tail -n 1 "$work/steps")
        [ "${step#step }" -ge "$target" ] 2>/dev/null && break
        [ $target -gt "$last" ] || break
        sleep 0.02
    done
    kill -0 $launcher 2>/dev/null || { wait $launcher || true; break; }
    children=($(cat /proc/$launcher/task/$launcher/children 2>/dev/null || true))
    [ ${#children[@]} -gt 0 ] || { wait $launcher || true; break; }
    victim=${children[$((RANDOM % ${#children[@]}))]}
    at=$(date +%s%N)
    kill -KILL "$victim" 2>/dev/null || true
    n=$((n + 1))
    wait $launcher 2>/dev/null && { echo "kill $n: the launcher says that all went well"; }
    ended=$((($(date +%s%N) - at) / 1000000))
    [ $ended -gt $slowest ] && slowest=$ended
    state=$({ ls "$work"/out/states/ 2>/dev/null || true; } | sed -E 's/.*_0*([0-9]+)\..*/\1/' | sort -n | tail -n 1)
    last=${state:-0}
    [ -z "${VERBOSE:-}" ] || echo "kill $n at step ${step#step } of wanted $target, ended within $ended ms, state of step $last"
    # A run that was killed before its first state begins anew.
    [ "$last" = 0 ] && rm -rf "$work/out"
    [ "$last" -ge 60 ] && break
done
"${train[@]}" >/dev/null 2>"$work/err" || { echo "the last resume failed"; cat "$work/err"; exit 1; }
echo "$n kills of a random one of $ranks ranks, all ended within $slowest ms; $((resumed + 1)) times it went on from a state"
if [ "$(sums)" = "$expected" ]; then echo "the same weights, averages and states"; else
    echo "others than those of the run that was left alone"
    diff <(echo "$expected") <(sums) || true
    exit 1
fi
