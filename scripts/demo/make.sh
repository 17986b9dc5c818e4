#!/usr/bin/env bash
# Makes models/demo and models/demo-captioner anew, one thread, hours where others use the machine: scripts/demo/make.sh PYTHON LTXSH.
# PYTHON has torch, diffusers, transformers, sentencepiece, safetensors and av. A stage that is done is not done again: what it made lies
# in outputs/demo; remove that to begin anew.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="$1" ltxsh="$2" work=outputs/demo
export OMP_NUM_THREADS=1
mkdir -p $work
stage() {  # NAME COMMAND…: once
    [ -e "$work/$1.done" ] && return
    echo "$(date +%T) $1"
    "${@:2}" >"$work/$1.log" 2>&1 || { tail -n 20 "$work/$1.log"; exit 1; }
    touch "$work/$1.done"
}
stage vae "$python" scripts/demo/vae.py $work/vae
stage text "$python" scripts/demo/text.py $work/text
stage start "$python" scripts/demo/folder.py $work/start --vae $work/vae/vae.safetensors --text $work/text
stage clips "$python" scripts/demo/clips.py $work/clips --count 5000
stage preprocess "$ltxsh" --no-init --threads 1 scripts/demo/base.lua preprocess
stage transformer "$ltxsh" --no-init --threads 1 scripts/demo/base.lua train
newest=$(ls -d $work/base/checkpoints/model_weights_step_* | sort | tail -n 1)
stage finish "$python" scripts/demo/folder.py models/demo --vae $work/vae/vae.safetensors --text $work/text --transformer "$newest" --statistics $work/start
stage captioner "$python" scripts/demo/captioner.py models/demo-captioner --program "$ltxsh"
chmod -R u=rwX,go=rX models/demo models/demo-captioner
stage reference "$python" scripts/demo/reference.py "$ltxsh"
cat $work/captioner.log $work/reference.log
