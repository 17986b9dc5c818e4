#!/usr/bin/env python3
"""The median seconds of an update of a LoRA as the upstream trainer makes it: accelerate, and its DDP where torchrun starts several.

ranks_ref.py MODEL STEPS TOKENS     (torch, diffusers, peft, accelerate); TOKENS is GRID_FRAMESxHEIGHTxWIDTH of latents, MODEL in
diffusers' layout. One thread a process.
"""
import statistics, sys, time

import torch
from accelerate import Accelerator
from diffusers import LTXVideoTransformer3DModel
from peft import LoraConfig
from torch.utils.data import DataLoader

torch.set_num_threads(1)
model, steps, (frames, height, width) = sys.argv[1], int(sys.argv[2]), map(int, sys.argv[3].split("x"))
accelerator = Accelerator(cpu=True, mixed_precision="bf16")
torch.manual_seed(accelerator.process_index)
transformer = LTXVideoTransformer3DModel.from_pretrained(model, subfolder="transformer", torch_dtype=torch.bfloat16)
transformer.requires_grad_(False)
transformer.add_adapter(LoraConfig(r=32, lora_alpha=32, init_lora_weights=True, target_modules=["to_k", "to_q", "to_v", "to_out.0"]))
trained = [p for p in transformer.parameters() if p.requires_grad]
for parameter in trained:
    parameter.data = parameter.data.float()
channels, captions = transformer.config.in_channels, transformer.config.caption_channels
tokens, batch, text = frames * height * width, 2, 128
optimizer = torch.optim.AdamW(trained, lr=1e-3)
loader = DataLoader([torch.randn(tokens, channels) for _ in range(4)], batch_size=batch)
transformer, optimizer, loader = accelerator.prepare(transformer, optimizer, loader)
embeds = torch.randn(batch, text, captions, dtype=torch.bfloat16)
mask = torch.ones(batch, text, dtype=torch.bool)
seconds = []
while len(seconds) < steps:
    for latents in loader:
        began = time.perf_counter()
        noise, sigma = torch.randn_like(latents), torch.rand(batch, 1, 1)
        noisy = (1 - sigma) * latents + sigma * noise
        with accelerator.accumulate(transformer), accelerator.autocast():
            velocity = transformer(
                hidden_states=noisy, encoder_hidden_states=embeds, timestep=(sigma[:, :, 0] * 1000), encoder_attention_mask=mask,
                num_frames=frames, height=height, width=width, rope_interpolation_scale=(1 / 24, 32, 32), return_dict=False)[0]
            loss = (velocity.float() - (noise - latents)).pow(2).mean()
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
        seconds.append(time.perf_counter() - began)
if accelerator.is_main_process:
    print(f"{statistics.median(seconds[1:]):.4f}")
accelerator.end_training()
