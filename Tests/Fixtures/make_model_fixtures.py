#!/usr/bin/env python3
"""Very small models of every generation with the reference's own outputs -> models/GENERATION/{text_encoder,vae,golden.safetensors}.

make_model_fixtures.py [FOLDER_OF_FIXTURES] [--seed N]     needs torch, diffusers, transformers, safetensors

Keys are those of the parity program: tok.*, t5.*, t5bf16.*, vae.*, vaebf16.*. Weights are stored in bf16 and computed with in fp32 (and in bf16
for 0.9.5), so that the files stay small. The structure flags are those of the published models; widths, depths and channels are cut.
"""
import argparse, hashlib, json
from pathlib import Path
import torch
from diffusers import AutoencoderKLLTXVideo
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel

W, LATENT = 4, 16
FIRST = dict(block_out_channels=(W, 2 * W, 4 * W, 4 * W), down_block_types=("LTXVideoDownBlock3D",) * 4, downsample_type=("conv",) * 4,
             layers_per_block=(2, 1, 1, 1, 2), spatio_temporal_scaling=(True, True, True, False))
UP = dict(decoder_block_out_channels=(2 * W, 4 * W, 8 * W), decoder_spatio_temporal_scaling=(True,) * 3, upsample_residual=(True,) * 3, upsample_factor=(2,) * 3,
          timestep_conditioning=True)
CONFIGS = {
    # as old as the first published config.json: the keys that it lacks take diffusers' defaults, cut here to the same lengths
    "0.9.0": FIRST | dict(decoder_block_out_channels=(W, 2 * W, 4 * W, 4 * W), decoder_layers_per_block=(2, 1, 1, 1, 2)),
    "0.9.1": FIRST | UP | dict(decoder_layers_per_block=(1, 1, 1, 2), decoder_inject_noise=(True, True, True, False)),
    "0.9.5": UP | dict(block_out_channels=(W, 2 * W, 4 * W, 8 * W, 8 * W), down_block_types=("LTXVideo095DownBlock3D",) * 4, spatio_temporal_scaling=(True,) * 4,
                       downsample_type=("spatial", "temporal", "spatiotemporal", "spatiotemporal"), layers_per_block=(2, 1, 1, 1, 1),
                       decoder_layers_per_block=(1, 1, 1, 1), decoder_inject_noise=(False,) * 4, spatial_compression_ratio=32, temporal_compression_ratio=8),
}
# Not published: the other way round in time, to check both kinds of padding in both halves.
CONFIGS["reversed"] = CONFIGS["0.9.1"] | dict(encoder_causal=False, decoder_causal=True, decoder_inject_noise=(False,) * 4)


def generator(seed, *tag):
    return torch.Generator().manual_seed(int.from_bytes(hashlib.sha256(repr((seed, tag)).encode()).digest()[:6], "little"))


def settle(model, seed):
    """No weight at 0 or 1, where skipping a layer would not show; all of them bf16 numbers."""
    g = generator(seed, "settle")
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            if p.dim() <= 1 and p.numel() > 1 and "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.2 * torch.randn(p.shape, generator=g))
            elif p.numel() > 1 and bool((p == 0).all()):
                p.copy_(0.1 * torch.randn(p.shape, generator=g))
            p.copy_(p.to(torch.bfloat16).float())
    return model.eval().requires_grad_(False)


def video(seed, f, h, w):
    t, y, x = torch.meshgrid(torch.arange(f) / 24, torch.linspace(0, 1, h), torch.linspace(0, 1, w), indexing="ij")
    v = torch.stack([torch.sin(9 * x + 5 * t), torch.cos(7 * y - 3 * t), torch.sin(6 * (x + y) + 8 * t)])[None]
    return (0.8 * v + 0.1 * torch.randn(v.shape, generator=generator(seed, "video", f, h, w))).clamp(-1, 1).to(torch.bfloat16)


def save_config(config, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=1) + "\n")


@torch.no_grad()
def text(folder, seed, out):
    torch.manual_seed(seed)
    sizes = dict(vocab_size=2112, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4)
    m = settle(T5EncoderModel(T5Config(**sizes, feed_forward_proj="gated-gelu", is_encoder_decoder=False, use_cache=False, tie_word_embeddings=False,
                                       decoder_start_token_id=0)), seed + 1)
    m.shared.weight.copy_((0.5 * m.shared.weight).to(torch.bfloat16).float())
    sd = {k: v.to(torch.bfloat16).contiguous() for k, v in m.state_dict().items() if k != "encoder.embed_tokens.weight"}
    names = sorted(sd)
    shards = [names[: len(names) // 2], names[len(names) // 2:]]
    folder.mkdir(parents=True, exist_ok=True)
    files = [f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors" for i in range(len(shards))]
    for f, keys in zip(files, shards):
        save_file({k: sd[k] for k in keys}, folder / f, metadata={"format": "pt"})
    save_config({"metadata": {"total_size": 2 * sum(v.numel() for v in sd.values())}, "weight_map": {k: f for f, keys in zip(files, shards) for k in keys}},
                folder / "model.safetensors.index.json")
    save_config(sizes | dict(model_type="t5", feed_forward_proj="gated-gelu", layer_norm_epsilon=1e-6, relative_attention_num_buckets=32,
                             relative_attention_max_distance=128, is_encoder_decoder=False), folder / "config.json")
    g = generator(seed, "ids")
    for name, n in (("short", 9), ("full", 256)):
        ids = torch.zeros(256, dtype=torch.int64)
        ids[:n] = torch.randint(3, 2100, (n,), generator=g)
        ids[n - 1] = 1
        mask = (torch.arange(256) < n).long()
        out[f"tok.{name}.ids256"], out[f"tok.{name}.mask256"] = ids, mask
        for prefix, dtype in (("t5", torch.float32), ("t5bf16", torch.bfloat16)):
            m.to(dtype)
            out[f"{prefix}.{name}.nomask"] = m(ids[None])[0][0]
            out[f"{prefix}.{name}.mask"] = m(ids[None], attention_mask=mask[None])[0][0]
            m.float()


def pack(x):
    return x.flatten(2).transpose(1, 2)


def decode_video(v, z, timed, seed, dtype):
    """The published trainer's recipe: denormalise, mix in noise, decode with the timestep, to [0, 1]."""
    mean, std = (x.view(1, -1, 1, 1, 1).to(dtype) for x in (v.latents_mean, v.latents_std))
    z = z.to(dtype) * std / v.config.scaling_factor + mean
    s = torch.tensor([0.025], dtype=dtype)
    z = (1 - s) * z + s * torch.randn(z.shape, generator=torch.Generator().manual_seed(seed + 1), dtype=dtype)
    torch.manual_seed(seed)
    return v.decode(z, torch.tensor([0.05], dtype=dtype) if timed else None).sample * 0.5 + 0.5


@torch.no_grad()
def vae(folder, name, seed, out):
    config = dict(in_channels=3, out_channels=3, latent_channels=LATENT, patch_size=4, patch_size_t=1, resnet_norm_eps=1e-6, scaling_factor=1.0) | CONFIGS[name]
    torch.manual_seed(seed)
    v = AutoencoderKLLTXVideo(**config)
    g = generator(seed, "statistics")
    v.latents_mean.copy_((0.1 * torch.randn(LATENT, generator=g)).to(torch.bfloat16))
    v.latents_std.copy_((0.3 + 0.4 * torch.rand(LATENT, generator=g)).to(torch.bfloat16))
    v = settle(v, seed + 2)
    v.encoder.conv_out.conv.bias[-1] -= 4
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: x.to(torch.bfloat16).contiguous() for k, x in v.state_dict().items()}, folder / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    v.load_state_dict({k: x.to(torch.bfloat16).float() for k, x in v.state_dict().items()})
    save_config({"_class_name": "AutoencoderKLLTXVideo"} | config, folder / "config.json")
    timed, x, z = v.config.timestep_conditioning, video(seed, 9, 32, 64), torch.randn(1, LATENT, 2, 1, 1, generator=generator(seed, "z"))
    out |= {"vae.in": x, "vae.img.in": video(seed, 1, 32, 32), "vae.dec.z": z, "vae.dec.t": torch.tensor([0.05])}
    for prefix, dtype in (("vae", torch.float32), ("vaebf16", torch.bfloat16)):
        if prefix == "vaebf16" and name != "0.9.5":
            continue
        v.to(dtype)
        q = v.encode(x.to(dtype)).latent_dist
        norm = (q.mode() - v.latents_mean.view(1, -1, 1, 1, 1)) / v.latents_std.view(1, -1, 1, 1, 1)
        drawn = (q.sample(generator=torch.Generator().manual_seed(seed)) - v.latents_mean.view(1, -1, 1, 1, 1)) / v.latents_std.view(1, -1, 1, 1, 1)
        torch.manual_seed(seed)
        out |= {f"{prefix}.moments": q.parameters, f"{prefix}.mode": q.mode(), f"{prefix}.std": q.std, f"{prefix}.norm": norm, f"{prefix}.packed": pack(norm),
                f"{prefix}.encode_video.latents": pack(drawn), f"{prefix}.img.mode": v.encode(out["vae.img.in"].to(dtype)).latent_dist.mode()}
        torch.manual_seed(seed)
        out[f"{prefix}.dec.out"] = v.decode(z.to(dtype), torch.tensor([0.05], dtype=dtype) if timed else None).sample
        out[f"{prefix}.decode_video.out"] = decode_video(v, z, timed, seed, dtype)
        v.float()
    if name == "reversed":
        return
    v.enable_tiling(tile_sample_min_height=64, tile_sample_min_width=64, tile_sample_stride_height=32, tile_sample_stride_width=32)
    out["vae.tiled.in"], out["vae.tiled.z"] = video(seed, 1, 96, 128), torch.randn(1, LATENT, 1, 3, 4, generator=generator(seed, "tz"))
    out["vae.tiled.mode"] = v.encode(out["vae.tiled.in"].float()).latent_dist.mode()
    torch.manual_seed(seed)
    out["vae.tiled.out"] = v.decode(out["vae.tiled.z"], torch.tensor([0.05]) if timed else None).sample


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    a.add_argument("--seed", type=int, default=7)
    a = a.parse_args()
    for name in CONFIGS:
        out, folder = {}, a.folder / "models" / name
        if name == "0.9.5":
            text(folder / "text_encoder", a.seed, out)
        vae(folder / "vae", name, a.seed, out)
        save_file({k: v.detach().contiguous().clone() for k, v in out.items()}, folder / "golden.safetensors", metadata={"golden": json.dumps({"seed": a.seed})})
        print(name, sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) // 1024, "KiB")


main()
