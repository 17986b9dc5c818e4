#!/usr/bin/env python3
"""make_framewise.py VAE_FOLDER OUT.safetensors: diffusers' framewise coding of the fixture's VAE (torch, diffusers, safetensors).

VAE_FOLDER is Tests/Fixtures/models/0.9.5/vae. Written: vae.framewise.small, of which every pixel is 8 x 8 pixels of a video of 33 frames of
64 x 96; vae.framewise.z; and for framewise (tiles of 16 frames, 8 apart) and framewise_tiled (also 64 pixels, 32 apart) the mean of the
latents and every eighth pixel of the decoded video.
"""
import json, sys
import torch
from diffusers import AutoencoderKLLTXVideo
from safetensors.torch import save_file

vae = AutoencoderKLLTXVideo.from_pretrained(sys.argv[1], torch_dtype=torch.float32).eval()
generator = torch.Generator().manual_seed(0)
small = torch.rand(1, 3, 33, 8, 12, generator=generator) * 2 - 1
video = small.repeat_interleave(8, 3).repeat_interleave(8, 4)
z = torch.randn(1, vae.config.latent_channels, 5, 2, 3, generator=generator)
kept = {"vae.framewise.small": small, "vae.framewise.z": z}
with torch.no_grad():
    plain = vae.encode(video).latent_dist.mode()
    for name in ("framewise", "framewise_tiled"):
        vae.use_framewise_encoding = vae.use_framewise_decoding = True
        vae.tile_sample_min_num_frames, vae.tile_sample_stride_num_frames = 16, 8
        if name.endswith("tiled"):
            vae.enable_tiling(64, 64, tile_sample_stride_height=32, tile_sample_stride_width=32)
        kept[f"vae.{name}.mode"] = vae.encode(video).latent_dist.mode()
        kept[f"vae.{name}.out"] = vae.decode(z, torch.tensor([0.05]), return_dict=False)[0][..., ::8, ::8]
        assert not torch.allclose(kept[f"vae.{name}.mode"], plain)
save_file({k: v.contiguous() for k, v in kept.items()}, sys.argv[2], metadata={"golden": json.dumps({"seed": 0, "torch": torch.__version__})})
print({k: tuple(v.shape) for k, v in kept.items()})
