#!/usr/bin/env bash
# Runs ltx-bench and the reference's bench_ref.py in turn on the same model, threads and machine, and prints ratios
# (ours / reference: below 1 is better).
#
#   PYTHON=… BENCH_REF=…/bench_ref.py LTXV_BENCH=DATA LTXV_UPSTREAM=… scripts/bench/compare.sh [STAGE …] [-- OPTIONS]
#
# PYTHON has the reference's packages; DATA is what `bench_ref.py prepare` made (the pipeline is DATA/small, the captioner of the stage
# caption DATA/llava100m, of which words a second and the time of the prompt are printed, too).
# LTX_BENCH names a program that is built already. OPTIONS go to both, for instance: -- --dtype fp32; what is in OURS goes to ltx-bench
# alone: OURS="--quantization int8".
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BENCH_REF:?set BENCH_REF to the path of bench_ref.py}"
: "${LTXV_BENCH:?set LTXV_BENCH to the folder that bench_ref.py prepare made}"
python=${PYTHON:-python3}
export LTXV_BENCH OMP_NUM_THREADS=2

stages=() options=() ours_alone=()
read -ra ours_alone <<<"${OURS:-}"
while [ $# -gt 0 ]; do
    if [ "$1" = -- ]; then shift; options=("$@"); break; fi
    stages+=("$1"); shift
done
[ ${#stages[@]} -gt 0 ] || stages=(load t5-encode vae-encode vae-decode train-step sample)

ours=${LTX_BENCH:-.build/release/ltx-bench}
if [ -z "${LTX_BENCH:-}" ]; then
    swift build -c release --product ltx-bench >/dev/null
    swift build -c release --product ltxtorch >/dev/null
fi
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for stage in "${stages[@]}"; do
    # Twice each, alternately, so that a busy moment of the machine does not fall on one side alone.
    for round in 1 2; do
        model=small
        [ "$stage" != caption ] || model=llava100m
        "$ours" "$stage" --model "$LTXV_BENCH/$model" "${options[@]}" "${ours_alone[@]}" | sed "s/^/ours $stage /" >>"$results"
        "$python" "$BENCH_REF" "$stage" "${options[@]}" 2>/dev/null | grep '^{"bench"' | sed "s/^/reference $stage /" >>"$results"
    done
done
"$python" - "$results" <<'PY'
import json, sys
best, words = {}, {}
for line in open(sys.argv[1]):
    side, stage, text = line.split(" ", 2)
    row = json.loads(text)
    seconds, memory = best.get((side, stage), (9e9, 9e9))
    if "decode_tokens_per_s" in row:
        rate, prompt = words.get(side, (0, 9e9))
        words[side] = (max(rate, row["decode_tokens_per_s"]), min(prompt, row["prefill_seconds"]))
    best[side, stage] = (min(seconds, row["seconds"]), min(memory, row["peak_rss_mb"]))
print(f"{'stage':12} {'ours s':>9} {'ref. s':>9} {'ratio':>6}   {'ours MB':>8} {'ref. MB':>8} {'ratio':>6}")
for stage in dict.fromkeys(k[1] for k in best):
    if ("ours", stage) in best and ("reference", stage) in best:
        (a, m), (b, n) = best["ours", stage], best["reference", stage]
        print(f"{stage:12} {a:9.4f} {b:9.4f} {a / b:6.2f}   {m:8.1f} {n:8.1f} {m / n:6.2f}")
if len(words) == 2:
    (a, m), (b, n) = words["ours"], words["reference"]
    print(f"caption: {a:.1f} words a second to {b:.1f}, {a / b:.2f} times as many; prompt {m:.3f} s to {n:.3f}, {m / n:.2f} of it")
PY
