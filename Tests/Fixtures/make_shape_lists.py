#!/usr/bin/env python3
"""Keys and shapes of the full-size models, made by the reference's own classes without memory -> shapes/NAME.{json,txt}.

make_shape_lists.py [FOLDER_OF_FIXTURES]     needs torch, diffusers, transformers

A line is a key and its shape. "block.0-23.q.weight 4096 4096" stands for 24 keys. NAME.json is the model's config.json.
"""
import json, re, sys
from pathlib import Path
import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from transformers import T5Config, T5EncoderModel

FIRST = dict(block_out_channels=(128, 256, 512, 512), down_block_types=("LTXVideoDownBlock3D",) * 4, downsample_type=("conv",) * 4, layers_per_block=(4, 3, 3, 3, 4),
             spatio_temporal_scaling=(True, True, True, False))
UP = dict(decoder_block_out_channels=(256, 512, 1024), decoder_spatio_temporal_scaling=(True,) * 3, upsample_residual=(True,) * 3, upsample_factor=(2,) * 3, timestep_conditioning=True)
VAE = {
    "vae-0.9.0": dict(block_out_channels=(128, 256, 512, 512), layers_per_block=(4, 3, 3, 3, 4), spatio_temporal_scaling=(True, True, True, False)),
    "vae-0.9.1": FIRST | UP | dict(decoder_layers_per_block=(5, 6, 7, 8), decoder_inject_noise=(True, True, True, False)),
    "vae-0.9.5": UP | dict(block_out_channels=(128, 256, 512, 1024, 2048), down_block_types=("LTXVideo095DownBlock3D",) * 4, layers_per_block=(4, 6, 6, 2, 2),
                           downsample_type=("spatial", "temporal", "spatiotemporal", "spatiotemporal"), spatio_temporal_scaling=(True,) * 4, decoder_layers_per_block=(5, 5, 5, 5),
                           decoder_inject_noise=(False,) * 4, spatial_compression_ratio=32, temporal_compression_ratio=8),
}
T5 = {"t5-xxl": dict(vocab_size=32128, d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64, feed_forward_proj="gated-gelu", tie_word_embeddings=False)}
TRANSFORMER = {"transformer-2b": {}, "transformer-13b": dict(attention_head_dim=128, num_layers=48, cross_attention_dim=4096)}


def merged(rows, place):
    """Rows [(parts, shape)] with the number at the first or last numeric place joined where the rest is the same."""
    groups, order = {}, []
    for parts, shape in rows:
        at = [i for i, p in enumerate(parts) if re.fullmatch(r"\d+", p)]
        if not at:
            order.append(((parts, shape, None), None))
            continue
        i = at[place]
        key = (parts[:i] + ("*",) + parts[i + 1:], shape, i)
        if key not in groups:
            groups[key] = []
            order.append((key, i))
        groups[key].append(int(parts[i]))
    out = []
    for (parts, shape, i), at in order:
        if at is None:
            out.append((parts, shape))
            continue
        numbers = sorted(groups[(parts, shape, i)])
        while numbers:
            n = 1
            while n < len(numbers) and numbers[n] == numbers[0] + n:
                n += 1
            name = str(numbers[0]) if n == 1 else f"{numbers[0]}-{numbers[n - 1]}"
            out.append((parts[:i] + (name,) + parts[i + 1:], shape))
            numbers = numbers[n:]
    return out


def write(folder, name, config, state):
    rows = [(tuple(k.split(".")), tuple(v.shape)) for k, v in sorted(state.items())]
    rows = merged(merged(rows, -1), 0)
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text("".join(".".join(p) + "".join(f" {n}" for n in s) + "\n" for p, s in rows))
    (folder / f"{name}.json").write_text(json.dumps(config, indent=1) + "\n")
    print(name, len(state), "tensors in", len(rows), "lines,", sum(v.numel() for v in state.values()), "values")


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent) / "shapes"
    with torch.device("meta"):
        for name, c in VAE.items():
            write(folder, name, c, AutoencoderKLLTXVideo(**c).state_dict())
        for name, c in TRANSFORMER.items():
            write(folder, name, c, LTXVideoTransformer3DModel(**c).state_dict())
        for name, c in T5.items():
            state = T5EncoderModel(T5Config(**c, is_encoder_decoder=False, use_cache=False)).state_dict()
            write(folder, name, c, {k: v for k, v in state.items() if k != "encoder.embed_tokens.weight"})  # one table, as the files hold it


main()
