#!/usr/bin/env bash
# A run as this version leaves it after two steps, its state, checkpoint, figures and configuration, and the clips that it was
# trained on: later versions are held to go on from it.
#
#     make_run.sh VERSION      from the root of the repository, with a built ltxsh; writes Tests/Fixtures/runs/VERSION
set -euo pipefail
program=$(realpath "${LTXSH:-.build/debug/ltxsh}") script=$(realpath scripts/resume.lua) target=$PWD/Tests/Fixtures/runs/$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"  # relative paths: where it was made is nobody's business
"$program" "$script" prepare run 2
"$program" -e "local cfg = Config.load('run/config.yaml')
    cfg.model.model_source, cfg.output_dir = 'run/tiny', 'run/out'
    cfg.data.preprocessed_data_root = 'run/clips/.precomputed'
    cfg.lora = { rank = 2, alpha = 2, dropout = 0.2, target_modules = { 'to_q' } }
    cfg.optimization = { steps = 2, warmup_steps = 1, optimizer_type = 'adamw', ema_decay = 0.9 }
    cfg.checkpoints.interval = nil
    Trainer.load(cfg):train(cfg, { progress = false })"
rm -rf "$target" && mkdir -p "$target/data" "$target/out"
cp -r run/clips/.precomputed/{latents,conditions} "$target/data"
cp -r run/out/{checkpoints,states,ema,config.yaml,metrics.jsonl} "$target/out"
rm "$target"/out/checkpoints/comfy_*
