#!/usr/bin/env python3
"""make_transformer_fixture.py HARNESS OUT: a very small transformer in the published layout and the reference's own numbers for it.

HARNESS is the folder of the reference harness (make_tiny_models.py, golden.py); LTXV_UPSTREAM must name a checkout of the upstream
trainer, whose functions golden.py calls. Written: OUT/transformer (diffusers folder, sharded) and OUT/golden.safetensors with the keys
xf.*, xfbf16.*, rope.24.*, flow.*, lora.*, train.f32.*, train.bf16.*, sample.*, sample_term.*, sample_nocfg.* and the prompts that
sampling needs. The text embeddings come from the harness's tiny T5 (64 channels).
"""
import json, shutil, subprocess, sys, tempfile
from pathlib import Path

harness, out = map(Path, sys.argv[1:])
sys.path.insert(0, str(harness.resolve()))
import common, make_tiny_models as mk
from safetensors import safe_open
from safetensors.torch import save_file

XF = mk.xf_config("2b-095") | dict(num_attention_heads=2, attention_head_dim=16, cross_attention_dim=32, num_layers=2)  # 32 % 6 == 2048 % 6
with tempfile.TemporaryDirectory() as d:
    model = Path(d) / "model"
    sys.argv = ["make_tiny_models.py", str(model), "--variant", "2b-095"]
    mk.main()
    _, xf, _ = mk.build("2b-095", 0, xf=XF)
    shutil.rmtree(model / "transformer")
    common.dump({"_class_name": "LTXVideoTransformer3DModel", **XF}, model / "transformer/config.json")
    size = sum(p.numel() * p.element_size() for p in xf.state_dict().values())
    common.save_sharded(xf.state_dict(), model / "transformer", "diffusion_pytorch_model", size // 2)
    golden = Path(d) / "golden.safetensors"
    subprocess.run([sys.executable, str(harness / "golden.py"), str(model), str(golden), "--seed", "0", "--only", "tok,t5,xf,flow,train,sample"], check=True)
    keep = ("xf.", "xfbf16.", "rope.24.", "flow.none.", "flow.ff.", "flow.ic.", "flow.icff.", "flow.sampler.", "flow.sigmas", "flow.noise", "flow.latents", "flow.text",
            "flow.mask", "flow.ref", "lora.", "train.", "sample.final", "sample.steps", "sample.timesteps", "sample.sigmas", "sample_term.", "sample_nocfg.",
            "tok.caption.mask256", "tok.negative.mask256", "t5.caption.mask", "t5.negative.mask")
    with safe_open(golden, "pt") as f:
        meta = json.loads(f.metadata()["golden"])
        cut = {k: f.get_tensor(k) for k in f.keys() if k.startswith(keep) and not k.startswith("train.int8")}
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / "transformer", ignore_errors=True)
    shutil.copytree(model / "transformer", out / "transformer")
    save_file(cut, out / "golden.safetensors", metadata={"golden": json.dumps({k: meta[k] for k in ("seed", "grid", "pixels", "versions")}, sort_keys=True)})
