#!/usr/bin/env python3
"""Preprocesses a folder of clips as the upstream trainer does: decord, bicubic with antialiasing, centre crop, the VAE's posterior, T5
without a mask, one .pt a clip of each. Prints the seconds of the pass, models loaded before.

preprocess_ref.py MODEL CLIPS OUT WxHxF     (torch, diffusers, transformers, decord)
"""
import sys, time
from pathlib import Path

import decord
import torch
from diffusers import AutoencoderKLLTXVideo
from torch.utils.data import DataLoader, Dataset
from transformers import AutoTokenizer, T5EncoderModel

decord.bridge.set_bridge("torch")
model, clips, out, size = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
width, height, frames = map(int, size.split("x"))
names = sorted(clips.glob("*.mp4"))


class Videos(Dataset):
    def __len__(self):
        return len(names)

    def __getitem__(self, i):
        reader = decord.VideoReader(uri=names[i].as_posix())
        video = reader.get_batch(list(range(frames))).permute(0, 3, 1, 2).contiguous().float() / 255
        h, w = video.shape[2:]
        if w / h > width / height:
            h, w = height, int(w * height / h)
        else:
            h, w = int(h * width / w), width
        video = torch.nn.functional.interpolate(video, (h, w), mode="bicubic", antialias=True)
        top, left = (h - height) // 2, (w - width) // 2
        video = video[:, :, top:top + height, left:left + width].clamp(0, 1)
        return {"video": ((video - 0.5) / 0.5).permute(1, 0, 2, 3), "fps": reader.get_avg_fps(), "i": i}


vae = AutoencoderKLLTXVideo.from_pretrained(model, subfolder="vae", torch_dtype=torch.bfloat16).eval()
tokenizer = AutoTokenizer.from_pretrained(model, subfolder="tokenizer")
t5 = T5EncoderModel.from_pretrained(model, subfolder="text_encoder", torch_dtype=torch.bfloat16).eval()
for part in ("latents", "conditions"):
    (out / part).mkdir(parents=True, exist_ok=True)
began = time.perf_counter()
with torch.no_grad():
    for i, name in enumerate(names):
        tokens = tokenizer(f"clip number {i}, a moving test picture with many colours", padding="max_length", max_length=256,
                           truncation=True, add_special_tokens=True, return_tensors="pt")
        found = t5(tokens.input_ids)[0]
        torch.save({"prompt_embeds": found[0], "prompt_attention_mask": tokens.attention_mask[0].bool()},
                   out / "conditions" / (name.stem + ".pt"))
    texts = time.perf_counter()
    mean, std = vae.latents_mean.view(1, -1, 1, 1, 1), vae.latents_std.view(1, -1, 1, 1, 1)
    for batch in DataLoader(Videos(), batch_size=1, num_workers=4):
        z = vae.encode(batch["video"].to(torch.bfloat16)).latent_dist.sample()
        z = (z - mean.to(z)) * vae.config.scaling_factor / std.to(z)
        f, h, w = z.shape[2:]
        packed = z.permute(0, 2, 3, 4, 1).reshape(-1, z.shape[1]).contiguous()
        torch.save({"latents": packed, "num_frames": f, "height": h, "width": w, "fps": batch["fps"].item()},
                   out / "latents" / (names[int(batch["i"])].stem + ".pt"))
ended = time.perf_counter()
print(f"{ended - began:.2f} {texts - began:.2f} {ended - texts:.2f} {len(names)}")
