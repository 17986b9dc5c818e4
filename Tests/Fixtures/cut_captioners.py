#!/usr/bin/env python3
"""A tiny captioner of the reference harness and the smaller of its golden values -> models/NAME/{…, golden.safetensors}.

cut_captioners.py MODEL_DIR GOLDEN.safetensors [FOLDER_OF_FIXTURES]     needs safetensors

MODEL_DIR is qwen25vl, llava or qwen3vl. The keys are those of the parity program. Of Qwen2.5-VL an image whose grid is no multiple of the
window, an image and a video in one prompt (features as the reference has them), a batch, position ids of larger grids, tokens; of the others
a video and an image, tokens, frames. Pixel values follow from the pictures, and the features from them: they are left out where they are large.
"""
import json, shutil, sys
from pathlib import Path
from safetensors import safe_open
from safetensors.numpy import save_file

PARTS = {
    "qwen25vl": ("qwen.img.", "qwen.two.", "qwen.batch.", "qwen.pos.", "qwen.tok.", "qwen523.pos."),
    "llava": ("cap.", "cap523."),
    "qwen3vl": ("qwen3.", "qwen3_523."),
}
DROPPED = ("scores", "margin", "two.frames", "batch.logits", "batch.gen_ids_rp1", "batch.position_ids", "cap.rope.cos", "cap.rope.sin", "cap.img.features", "image_sizes",
           "cap.pixel_values_videos", "cap.img.pixel_values", "qwen3.pixel_values_videos", "qwen3.img.pixel_values")

model, golden = Path(sys.argv[1]), sys.argv[2]
out = (Path(sys.argv[3]) if len(sys.argv) > 3 else Path(__file__).parent) / "models" / model.name
out.mkdir(parents=True, exist_ok=True)
for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "added_tokens.json", "preprocessor_config.json", "video_preprocessor_config.json", "model.safetensors.index.json"):
    if (model / name).exists():
        shutil.copyfile(model / name, out / name)
for path in model.glob("model-*.safetensors"):
    shutil.copyfile(path, out / path.name)
parts = PARTS[model.name]
with safe_open(golden, "numpy") as file:
    meta = json.loads(file.metadata()["golden"])
    kept = {k: file.get_tensor(k) for k in file.keys() if k.startswith(parts) and not k.endswith(DROPPED)}
keys = [k for k in meta if k.startswith(parts)] + ["prompts"]
folder = {"qwen25vl": "qwen_dir", "llava": "llava_dir", "qwen3vl": "qwen3_dir"}[model.name]
text = json.dumps({k: meta[k] for k in keys} | {folder: model.name}, ensure_ascii=False)
save_file(kept, out / "golden.safetensors", {"golden": text})
print(out, sum(p.stat().st_size for p in out.iterdir()))
