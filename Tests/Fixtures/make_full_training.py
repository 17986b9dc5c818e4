#!/usr/bin/env python3
"""make_full_training.py TRANSFORMER: the reference trainer's full mode (every weight trained, in fp32) on the tiny transformer.

TRANSFORMER is Tests/Fixtures/models/transformer; needs torch, diffusers, peft and safetensors. Written: TRANSFORMER/full.safetensors with
PREFIX.{loss,gnorm,lr} of 20 steps and PREFIX.final.NAME, every weight after them, besides the data, for PREFIX = full.f32 (no autocast) and full.bf16
(fp32 weights under autocast, latents and captions in bf16). Data, noise, schedule and optimizer are those of golden.safetensors' train.*.
The same loop with adapters has to reproduce train.f32 of that file before anything is written.
"""
import json
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from diffusers import LTXVideoTransformer3DModel
from peft import LoraConfig
from safetensors.torch import load_file, save_file
from torch.optim.lr_scheduler import LinearLR

folder = Path(sys.argv[1])
golden = load_file(folder / "golden.safetensors")
torch.use_deterministic_algorithms(True)
FRAMES, HEIGHT, WIDTH = 3, 2, 3


def train(model, parameters, dtype, amp, steps=20, rate=4e-3):
    """upstream's training_strategies.py and trainer.py: noise, velocity, mean square error, clipping at 1, AdamW, LinearLR to a tenth."""
    optimizer = torch.optim.AdamW(parameters, lr=rate)
    schedule = LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=steps)
    latents, text = golden["train.latents"].to(dtype), golden["train.text"].to(dtype)
    out = {"loss": [], "gnorm": [], "lr": []}
    model.train()
    for step in range(steps):
        at = [(2 * step) % 4, (2 * step + 1) % 4]
        clean, noise, sigma = latents[at], golden["train.noise"][step].to(dtype), golden["train.sigmas"][step]
        noisy = (1 - sigma[:, None, None]) * clean + sigma[:, None, None] * noise
        target = noise - clean
        timesteps = torch.round(sigma * 1000).long()[:, None].expand(-1, clean.shape[1])
        with torch.autocast("cpu", dtype=torch.bfloat16) if amp else nullcontext():
            velocity = model(
                hidden_states=noisy, encoder_hidden_states=text[at], timestep=timesteps,
                encoder_attention_mask=golden["train.mask"][at], num_frames=FRAMES, height=HEIGHT, width=WIDTH,
                rope_interpolation_scale=[8 / 24, 32, 32], return_dict=False)[0]
        loss = (velocity.float() - target).pow(2).mean()
        loss.backward()
        out["gnorm"].append(torch.nn.utils.clip_grad_norm_(parameters, 1.0).item())
        out["lr"].append(optimizer.param_groups[0]["lr"])
        optimizer.step(), optimizer.zero_grad(), schedule.step()
        out["loss"].append(loss.item())
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in out.items()}


def load():
    return LTXVideoTransformer3DModel.from_pretrained(folder / "transformer", torch_dtype=torch.float32)


model = load().requires_grad_(False)
model.add_adapter(LoraConfig(r=8, lora_alpha=8, target_modules=["to_k", "to_q", "to_v", "to_out.0"], init_lora_weights=True))
adapters = [(name.replace(".default", ""), p) for name, p in model.named_parameters() if p.requires_grad]
for name, parameter in adapters:
    parameter.data.copy_(golden[f"lora.init.{name}"])
again = train(model, [p for _, p in adapters], torch.float32, amp=False)
torch.testing.assert_close(again["loss"], golden["train.f32.loss"], rtol=1e-6, atol=0)

kept = {name: golden[name] for name in ["train.latents", "train.text", "train.mask", "train.sigmas", "train.noise"]}
for prefix, dtype, amp in [("full.f32", torch.float32, False), ("full.bf16", torch.bfloat16, True)]:
    model = load()
    figures = train(model, list(model.parameters()), dtype, amp)
    kept |= {f"{prefix}.{name}": values for name, values in figures.items()}
    kept |= {f"{prefix}.final.{name}": p.detach().contiguous() for name, p in model.named_parameters()}
    print(prefix, figures["loss"].tolist())
save_file(kept, folder / "full.safetensors", metadata={"golden": json.dumps({"seed": 0, "grid": [FRAMES, HEIGHT, WIDTH], "torch": torch.__version__})})
