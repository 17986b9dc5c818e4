#!/usr/bin/env bash
# What a run does when something goes wrong, shown one sentence a line: broken files, gradients and weights that are not finite,
# full disks, two runs in one folder, LoRA files of any strength, leases, requests, files that other programs cut short.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build --build-tests
swift test --skip-build --no-parallel --filter \
    "RunFaultTests|RunScriptTests|LoRAStrengthTests|ModelStoreTests|JobTests|TrainingStateTests|PreprocessorTests|MappedFileTests|MutationTests|AdapterTests|DropoutTests" \
    2>&1 | grep -E '^[✔✘] (Test|Suite|Test run)|recorded an issue|Test run with'
