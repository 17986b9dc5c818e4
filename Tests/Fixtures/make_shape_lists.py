#!/usr/bin/env python3
"""Keys and shapes of the full-size models, made by the reference's own classes without memory -> shapes/NAME.{json,txt}.

make_shape_lists.py [FOLDER_OF_FIXTURES [--captioners]]     needs torch, diffusers, transformers (5 for the captioners)

--captioners makes those of the captioners alone: what their published config.json says, and the names of the published files.

A line is a key and its shape. "block.0-23.q.weight 4096 4096" stands for 24 keys. NAME.json is the model's config.json.
"""
import json, re, sys
from pathlib import Path
import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
import transformers
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

# What the published files say of the sizes: llava-hf/LLaVA-NeXT-Video-7B-hf, Qwen/Qwen2.5-VL-7B-Instruct and Qwen/Qwen3-VL-{2,4,8}B-Instruct.
CLIP = dict(hidden_size=1024, image_size=336, intermediate_size=4096, model_type="clip_vision_model", num_attention_heads=16, num_hidden_layers=24, patch_size=14, projection_dim=768, vocab_size=32000)
LLAMA = dict(model_type="llama", max_position_embeddings=4096, rms_norm_eps=1e-5, rope_scaling=dict(factor=2.5, type="linear"), vocab_size=32064)
QWEN = dict(hidden_size=3584, intermediate_size=18944, max_position_embeddings=128000, num_attention_heads=28, num_hidden_layers=28, num_key_value_heads=4, rms_norm_eps=1e-6, rope_theta=1000000.0,
            rope_scaling=dict(type="mrope", mrope_section=[16, 24, 24]), vocab_size=152064, tie_word_embeddings=False)
QWEN_VISION = dict(depth=32, hidden_act="silu", hidden_size=1280, intermediate_size=3420, num_heads=16, in_chans=3, out_hidden_size=3584, patch_size=14, spatial_merge_size=2, temporal_patch_size=2, window_size=112,
                   fullatt_block_indexes=[7, 15, 23, 31], tokens_per_second=2)


def qwen3(width, hidden, layers, heads, depth, vision, vision_hidden, deep, tied):
    text = dict(attention_bias=False, head_dim=128, hidden_act="silu", hidden_size=width, intermediate_size=hidden, max_position_embeddings=262144, model_type="qwen3_vl_text", num_attention_heads=heads,
                num_hidden_layers=layers, num_key_value_heads=8, rms_norm_eps=1e-6, rope_theta=5000000, rope_scaling=dict(mrope_interleaved=True, mrope_section=[24, 20, 20], rope_type="default"), vocab_size=151936)
    tower = dict(deepstack_visual_indexes=deep, depth=depth, hidden_act="gelu_pytorch_tanh", hidden_size=vision, in_channels=3, intermediate_size=vision_hidden, model_type="qwen3_vl", num_heads=16,
                 num_position_embeddings=2304, out_hidden_size=width, patch_size=16, spatial_merge_size=2, temporal_patch_size=2)
    return ("Qwen3VL", dict(model_type="qwen3_vl", text_config=text, vision_config=tower, tie_word_embeddings=tied))


CAPTIONERS = {
    "llava-next-video-7b": ("LlavaNextVideo", dict(model_type="llava_next_video", image_token_index=32001, video_token_index=32000, text_config=LLAMA, vision_config=CLIP, tie_word_embeddings=False, vision_feature_layer=-2)),
    "qwen2.5-vl-7b": ("Qwen2_5_VL", dict(model_type="qwen2_5_vl", vision_config=QWEN_VISION) | QWEN),
    "qwen3-vl-2b": qwen3(2048, 6144, 28, 16, 24, 1024, 4096, [5, 11, 17], True),
    "qwen3-vl-4b": qwen3(2560, 9728, 36, 32, 24, 1024, 4096, [5, 11, 17], True),
    "qwen3-vl-8b": qwen3(4096, 12288, 36, 32, 27, 1152, 4304, [8, 16, 24], False),
}
# transformers 5's names -> those of the published files.
NAMES = {
    "LlavaNextVideo": (("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head."), ("model.vision_tower.vision_model.", "vision_tower.vision_model."),
                       ("model.vision_tower.", "vision_tower.vision_model."), ("model.", "")),
    "Qwen2_5_VL": (("model.visual.", "visual."), ("model.language_model.", "model.")),
    "Qwen3VL": (),
}


def published(kind, state, tied):
    out = {}
    for key, value in state.items():
        if key == "lm_head.weight" and tied:
            continue
        for new, old in NAMES[kind]:
            if key.startswith(new):
                key = old + key[len(new):]
                break
        out[key] = value
    return out


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
        for name, (kind, c) in CAPTIONERS.items():
            config = getattr(transformers, kind + "Config")(**json.loads(json.dumps({k: v for k, v in c.items() if k != "model_type"})))
            state = getattr(transformers, kind + "ForConditionalGeneration")(config).state_dict()
            write(folder, name, c, published(kind, state, c["tie_word_embeddings"]))
        if "--captioners" in sys.argv:
            return
        for name, c in VAE.items():
            write(folder, name, c, AutoencoderKLLTXVideo(**c).state_dict())
        for name, c in TRANSFORMER.items():
            write(folder, name, c, LTXVideoTransformer3DModel(**c).state_dict())
        for name, c in T5.items():
            state = T5EncoderModel(T5Config(**c, is_encoder_decoder=False, use_cache=False)).state_dict()
            write(folder, name, c, {k: v for k, v in state.items() if k != "encoder.embed_tokens.weight"})  # one table, as the files hold it


main()
