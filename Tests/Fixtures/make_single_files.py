#!/usr/bin/env python3
"""Very small single files as Lightricks publishes them, each beside its diffusers folder -> single/VARIANT/{transformer,vae,ltxv-*.safetensors}.

PYTHONPATH=FOLDER_OF_make_tiny_models make_single_files.py [FOLDER_OF_FIXTURES]     needs torch, diffusers, transformers, safetensors, sentencepiece

Names, metadata and number formats are written, and checked against diffusers' own converters, by make_tiny_models.py of the reference;
here its widths are cut, and the file of the 13B model and the scaled one hold no VAE, as other people's files often do. golden.safetensors: the forward pass of diffusers' transformer with the weights that the fp8 files leave.
"""
import json, sys
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
import make_tiny_models as tiny
from common import dump, save_sharded

LATENT = 16
published, sizes = tiny.vae_config, tiny.xf_config
tiny.vae_config = lambda ver, w=2, lat=LATENT: published(ver, w, lat)


def xf_config(variant):
    heads, size = (2, 16) if variant == "13b-097" else (4, 6)
    return sizes(variant) | dict(in_channels=LATENT, out_channels=LATENT, num_attention_heads=heads, attention_head_dim=size,
                                 cross_attention_dim=heads * size, num_layers=2, caption_channels=32)


@torch.no_grad()
def golden(xfm, path, out, prefix):
    """The forward pass with what an fp8 file leaves of the weights, in fp32."""
    from diffusers.loaders.single_file_utils import convert_ltx_transformer_checkpoint_to_diffusers as convert
    weights = tiny.from_fp8({k: w for k, w in load_file(path).items() if not k.startswith("vae.")})
    xfm = xfm.float()
    before = {k: w.clone() for k, w in xfm.state_dict().items()}
    xfm.load_state_dict({k: w.float() for k, w in convert(weights).items()})
    g = torch.Generator().manual_seed(5)
    latents, text = torch.randn(1, 4, LATENT, generator=g), torch.randn(1, 3, 32, generator=g)
    out |= {"latents": latents, "text": text}
    out[f"{prefix}.ff"] = xfm.state_dict()["transformer_blocks.0.ff.net.2.weight"].clone()
    out[f"{prefix}.out"] = xfm(latents, text, torch.tensor([500]), torch.ones(1, 3, dtype=torch.int64), num_frames=1, height=2, width=2,
                               rope_interpolation_scale=(1, 32, 32), return_dict=False)[0]
    xfm.load_state_dict(before)
    xfm.to(torch.bfloat16)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent) / "single"
    for variant, ver in tiny.VERSIONS.items():
        folder = root / variant
        _, xfm, vae = tiny.build(variant, 3, xf=xf_config(variant), vae_w=2)
        xfm, vae = xfm.to(torch.bfloat16), vae.to(torch.bfloat16)
        dump({"_class_name": "LTXVideoTransformer3DModel", **xf_config(variant)}, folder / "transformer/config.json")
        config = tiny.vae_config(ver)
        unstated = tiny.UNSTATED.get(ver, "").split()
        if variant != "13b-097":
            dump({"_class_name": "AutoencoderKLLTXVideo", **{k: x for k, x in config.items() if k not in unstated}}, folder / "vae/config.json")
        size = sum(p.numel() * p.element_size() for p in xfm.state_dict().values())
        save_sharded(xfm.state_dict(), folder / "transformer", "diffusion_pytorch_model", size // 2)
        if variant != "13b-097":
            save_sharded(vae.state_dict(), folder / "vae", "diffusion_pytorch_model", 1 << 40)
        out = {}
        for kind in ("plain", "fp8", "fp8-scaled") if variant == "2b-095" else ("plain",):
            both = {**tiny.original_keys(xfm.state_dict(), ver, "transformer"), **tiny.original_keys(vae.state_dict(), ver, "vae"), **tiny.statistics(vae, 3)}
            both = both if kind == "plain" else tiny.to_fp8(both, kind == "fp8-scaled")
            path = folder / f"ltxv-{variant}{'' if kind == 'plain' else '-' + kind}.safetensors"
            words = tiny.lightricks_config(ver, xf_config(variant), config, kind == "fp8")
            save_file({k: p.detach().contiguous().clone() for k, p in both.items()}, path, metadata={"config": json.dumps(words)})
            tiny.check_single(path, folder, xfm, vae)
            if kind == "fp8-scaled" or variant == "13b-097":
                save_file({k: w for k, w in load_file(path).items() if not k.startswith("vae.")}, path, metadata={"config": json.dumps(words)})
            if kind.startswith("fp8"):
                golden(xfm, path, out, kind)
        if out:
            save_file({k: v.contiguous() for k, v in out.items()}, folder / "golden.safetensors")
        print(variant, sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) // 1024, "KiB")


main()
