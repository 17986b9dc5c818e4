#!/usr/bin/env bash
# Ten scenes of one video to a LoRA for ComfyUI: in one session here, and by the upstream trainer's five commands (split, caption,
# preprocess, train, convert), each of which loads what it needs anew. Prints seconds and how many times as fast the session is.
#
#   PYTHON=… LTXV_UPSTREAM=… [LTXSH=…] [STEPS=20] [SIZE=256x256x25] scripts/bench/end_to_end.sh MODEL CAPTIONER
#
# PYTHON has what upstream needs; MODEL is an LTX-Video folder in diffusers' layout, CAPTIONER one of LLaVA-NeXT-Video (both as bench_ref.py
# prepare makes them). Both sides run on the CPU, on all cores, with one configuration file.
set -euo pipefail
cd "$(dirname "$0")/../.."
model=$(readlink -f "${1:?MODEL is missing}") captioner=$(readlink -f "${2:?CAPTIONER is missing}")
upstream=$(readlink -f "${LTXV_UPSTREAM:?set LTXV_UPSTREAM to a checkout of Lightricks/LTX-Video-Trainer}")
ltxsh=$(readlink -f "${LTXSH:-.build/release/ltxsh}") python=${PYTHON:-python3} size=${SIZE:-256x256x25} steps=${STEPS:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
inputs=() chain=""
for i in $(seq 10); do
    look=hue=h=$((i * 36))
    [ $((i % 2)) = 0 ] || look+=,negate
    inputs+=(-f lavfi -i "testsrc2=size=640x360:rate=24:duration=2.5,$look")
    chain+="[$((i - 1)):v]"
done
ffmpeg -nostdin -v error "${inputs[@]}" -filter_complex "${chain}concat=n=10" -c:v libx264 -pix_fmt yuv420p "$work/film.mp4"

# Upstream looks the captioner, T5 and the scheduler up by name: a hub's cache that has them.
cached() { # NAME FOLDER: prints where it is
    local cache=$work/hf/hub/models--${1/\//--} commit=0000000000000000000000000000000000000000
    mkdir -p "$cache/refs" "$cache/snapshots/$commit"
    echo -n $commit >"$cache/refs/main"
    cp -rs "$2"/. "$cache/snapshots/$commit"
    echo "$cache/snapshots/$commit"
}
cached Lightricks/LTX-Video "$model" >/dev/null
cached Lightricks/LTX-Video-0.9.7-dev "$model" >/dev/null
# transformers 5 does not find the video processor of a folder without it.
sed 's/LlavaNextImageProcessor/LlavaNextVideoVideoProcessor/; s/"image_processor_type"/"video_processor_type"/' \
    "$captioner/preprocessor_config.json" >"$(cached llava-hf/LLaVA-NeXT-Video-7B-hf "$captioner")/video_preprocessor_config.json"
configuration() { # DATA OUTPUT
    cat <<YAML
model: { model_source: "$model", training_mode: lora }
lora: { rank: 16, alpha: 16, dropout: 0.0, target_modules: [to_k, to_q, to_v, to_out.0] }
conditioning: { mode: none, first_frame_conditioning_p: 0.1 }
optimization: { learning_rate: 2e-4, steps: $steps, batch_size: 1, optimizer_type: adamw, scheduler_type: linear, enable_gradient_checkpointing: false }
acceleration: { mixed_precision_mode: bf16, quantization: null, load_text_encoder_in_8bit: false, compile_with_inductor: false, compilation_mode: default }
data: { preprocessed_data_root: "$1", num_dataloader_workers: 2 }
validation: { prompts: [], interval: null }
checkpoints: { interval: null, keep_last_n: -1 }
flow_matching: { timestep_sampling_mode: shifted_logit_normal, timestep_sampling_params: {} }
seed: 42
output_dir: "$2"
YAML
}
seconds() { date +%s.%N; }
begun=$(seconds)
mkdir "$work/ours"; cp "$work/film.mp4" "$work/ours/"
configuration "$work/ours/scenes" "$work/ours-run" >"$work/ours.yaml"
"$ltxsh" --no-init scripts/bench/end_to_end.lua "$work/ours" "$captioner" "$work/ours.yaml" "$size"
ours=$(seconds)

export HF_HOME=$work/hf HF_HUB_OFFLINE=1 WANDB_MODE=disabled CUDA_VISIBLE_DEVICES= ACCELERATE_USE_CPU=true
export PYTHONPATH=$upstream/src:$upstream/scripts${PYTHONPATH:+:$PYTHONPATH}
command() { # NAME ARGUMENT …
    local name=$1 from
    from=$(seconds)
    shift
    "$python" "$upstream/scripts/$name.py" "$@" >"$work/$name.log" 2>&1 || { tail -n 20 "$work/$name.log" >&2; echo "$name failed" >&2; exit 1; }
    cat "$work/$name.log" >>"${LOG:-/dev/null}"
    echo "  $name $(echo "$from $(seconds)" | awk '{ printf "%.1f", $2 - $1 }') s"
}
echo "upstream:"
configuration "$work/theirs/.precomputed" "$work/theirs-run" >"$work/theirs.yaml"
from=$(seconds)
command split_scenes "$work/film.mp4" "$work/theirs"
command caption_videos "$work/theirs" --output "$work/theirs/captions.json" --captioner-type llava_next_7b --device cpu
command preprocess_dataset "$work/theirs/captions.json" --resolution-buckets "$size" --model-source "$model" --device cpu
command train "$work/theirs.yaml"
command convert_checkpoint "$(ls "$work"/theirs-run/checkpoints/*.safetensors | tail -n 1)" --to-comfy
echo "$begun $ours $from $(seconds)" | awk '{ printf "ours %.1f s, upstream %.1f s: %.1f times as fast\n", $2 - $1, $4 - $3, ($4 - $3) / ($2 - $1) }'
