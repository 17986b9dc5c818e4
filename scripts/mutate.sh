#!/usr/bin/env bash
# Damages files of every kind that is read (safetensors, LoRA, .pt, config.json, YAML, metadata ...) and reads them: what
# comes of it must be an error that names the file, never the end of the program (the tests take a sample of a
# thousand or two): scripts/mutate.sh [FILES] [SEED] [debug|release]
set -euo pipefail
cd "$(dirname "$0")/.."
files=${1:-100000} seed=${2:-1} build=${3:-debug} batch=5000
swift build -c "$build" --product ltxtorch >/dev/null
swift build -c "$build" --product file-mutation | tail -1
program="$(swift build -c "$build" --show-bin-path)/file-mutation"
folder=$(mktemp -d)
failures=0
for ((first = 0; first < files; first += batch)); do
    count=$((files - first < batch ? files - first : batch))
    rm -rf "$folder/run" && mkdir "$folder/run"
    if ! "$program" "$folder/run" "$count" "$seed" "$first" >"$folder/out" 2>"$folder/err"; then
        failures=$((failures + 1))
        echo "ended at $(head -1 "$folder/run/case"); the files are kept in $folder/kept$first"
        tail -2 "$folder/err"
        cp -r "$folder/run" "$folder/kept$first"
    fi
    grep -E "^unnamed" "$folder/out" && failures=$((failures + 1))
    tail -1 "$folder/out"
done
[ $failures = 0 ] && rm -rf "$folder"
echo "$files files, seed $seed, $build: $failures batches with failures"
[ $failures = 0 ]
