#!/usr/bin/env python3
"""Cuts what the tests need out of the reference harness's golden-optim.safetensors (its golden_optim.py makes it with torch 2.13.0,
bitsandbytes 0.50.2, lion-pytorch 0.2.5, prodigyopt 1.1.2, transformers 5.23.0, diffusers 0.42.1): the first five steps of each
optimizer on three small tensors, and on one of 4097 elements where it matters; the schedules of 60 steps; averages; LoRA+ and DoRA.

make_optim.py GOLDEN_OPTIM.safetensors OUT.safetensors      (pip install torch safetensors)
"""
import json, sys
import safetensors, safetensors.torch, torch

STEPS, ROWS = 5, [0, 1, 4]
NAMES = {"adamw_strong.f32": "ad", "adamw_master.bf16": "ad", "adamw8bit_cuda.bf16": "ae", "adamw8bit_cuda_strong.f32": "ae",
         "adafactor_hf.f32": "ad", "adafactor_hf_scaled.f32": "ad", "adafactor_hf_momentum.f32": "ad", "lion.f32": "ad",
         "lion.bf16": "ad", "prodigy_safe.f32": "ad", "prodigy_master.bf16": "ad"}
source, out = safetensors.safe_open(sys.argv[1], "pt"), {}
meta, keys = json.loads(source.metadata()["golden"]), set(source.keys())
get = source.get_tensor
for n in "ade":
    out[f"init.{n}"], out[f"grad.{n}"] = get(f"init.{n}"), get(f"grad.{n}")[:STEPS].clone()
for name, tensors in NAMES.items():
    for key in sorted(keys):
        # With fewer tensors Prodigy's numbers, which are of all of them, would be others.
        if key.startswith(f"opt.{name}.") and key.split(".")[3] in tensors and get(key).shape[0] == meta["steps"]:
            out[key] = get(key)[ROWS].clone()
    if name.startswith("prodigy"):
        for n in "b":
            out[f"init.{n}"], out[f"grad.{n}"] = get(f"init.{n}"), get(f"grad.{n}")[:STEPS].clone()
            out[f"opt.{name}.{n}.p"] = get(f"opt.{name}.{n}.p")[ROWS].clone()
        out[f"opt.{name}.d_numerator"] = get(f"opt.{name}.d_numerator")[ROWS].clone()
for case in meta["schedules"]["cases"]:
    if not case.startswith("step"):
        out[f"sched.{case}.lr"] = get(f"sched.{case}.lr")
for key in keys:
    if key.startswith("sched.warm_short.") and key.endswith(".lr"):
        out[key] = get(key)
for n in "d":
    out[f"ema.trajectory.{n}"], out[f"ema.ramp.f32.{n}"] = get(f"ema.trajectory.{n}"), get(f"ema.ramp.f32.{n}")
for key in sorted(keys):  # LoRA+
    if key.startswith(("loraplus.init.to_q", "loraplus.grad.to_q", "loraplus.p.to_q")):
        out[key] = get(key) if "init" in key else get(key)[:STEPS].clone()
for key in sorted(keys):  # DoRA
    if key.startswith("dora.") and not key.endswith(".merged"):
        out[key] = get(key)
for key in ("scale", "growth_tracker", "found_inf"):
    out[f"scaler.single.{key}"] = get(f"scaler.single.{key}")
facts = {"rows": ROWS, "steps": STEPS, "optimizers": {k: meta["optimizers"][k] for k in sorted({n.rsplit(".", 1)[0] for n in NAMES})},
         "schedules": {k: meta["schedules"][k] for k in ("cases", "lr", "steps")}}
safetensors.torch.save_file(out, sys.argv[2], metadata={"golden": json.dumps(facts, sort_keys=True)})
print(sum(t.numel() * t.element_size() for t in out.values()), "bytes,", len(out), "tensors")
