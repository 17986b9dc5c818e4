#!/usr/bin/env python3
"""A tiny Qwen2.5-VL of the reference harness and the smaller of its golden values -> models/qwen25vl/{…, golden.safetensors}.

cut_qwen.py MODEL_DIR GOLDEN.safetensors [FOLDER_OF_FIXTURES]     needs safetensors

An image whose grid is no multiple of the window, an image and a video in one prompt (features as the reference has them), position
ids of larger grids, tokens. The keys are those of the parity program.
"""
import json, shutil, sys
from pathlib import Path
from safetensors import safe_open
from safetensors.numpy import save_file

model, golden = Path(sys.argv[1]), sys.argv[2]
out = (Path(sys.argv[3]) if len(sys.argv) > 3 else Path(__file__).parent) / "models" / model.name
out.mkdir(parents=True, exist_ok=True)
for name in ("config.json", "generation_config.json", "tokenizer.json", "model.safetensors.index.json"):
    shutil.copy(model / name, out / name)
for path in model.glob("model-*.safetensors"):
    shutil.copyfile(path, out / path.name)
with safe_open(golden, "numpy") as file:
    meta = json.loads(file.metadata()["golden"])
    parts = ("qwen.img.", "qwen.two.", "qwen.pos.", "qwen.tok.")
    dropped = ("scores", "margin", "attention_mask", "two.frames", "rope_deltas")
    kept = {k: file.get_tensor(k) for k in file.keys() if k.startswith(parts) and not k.endswith(dropped)}
keys = [k for k in meta if k.startswith(parts)] + ["prompts"]
text = json.dumps({k: meta[k] for k in keys} | {"qwen_dir": model.name}, ensure_ascii=False)
save_file(kept, out / "golden.safetensors", {"golden": text})
print(out, sum(p.stat().st_size for p in out.iterdir()))
