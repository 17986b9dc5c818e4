"""Puts the parts together in the diffusers layout: folder.py OUT --vae FILE --text FOLDER [--transformer FOLDER].

Without --transformer it is a random one, for ltxsh to train. Weights of VAE and text encoder are bf16; so is a trained transformer.
"""
import argparse, json, shutil
from pathlib import Path
import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from safetensors.torch import load_file, save_file
import vae as recipe
import world

VERSION = {"_diffusers_version": "0.34.0.dev0"}
TRANSFORMER = dict(in_channels=128, out_channels=128, patch_size=1, patch_size_t=1, num_attention_heads=4, attention_head_dim=48,
                   cross_attention_dim=192, num_layers=4, activation_fn="gelu-approximate", qk_norm="rms_norm_across_heads",
                   norm_elementwise_affine=False, norm_eps=1e-6, caption_channels=96, attention_bias=True, attention_out_bias=True)
SCHEDULER = dict(invert_sigmas=False, num_train_timesteps=1000, shift=1.0, use_beta_sigmas=False, use_exponential_sigmas=False,
                 use_karras_sigmas=False, max_image_seq_len=4096, base_image_seq_len=256, base_shift=0.5, max_shift=1.15,
                 shift_terminal=None, use_dynamic_shifting=False, time_shift_type="exponential", stochastic_sampling=False)


def write(value, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def random_transformer():
    """As diffusers begins one, but for what a diffusion transformer begins with: gates closed, nothing predicted."""
    torch.manual_seed(0)
    model = LTXVideoTransformer3DModel(**TRANSFORMER)
    with torch.no_grad():
        for name, w in model.named_parameters():
            if w.ndim == 2 and "scale_shift_table" not in name:
                torch.nn.init.xavier_uniform_(w)
                w.mul_(0.7)
            elif name.endswith("bias"):
                w.zero_()
        for w in (model.time_embed.linear.weight, model.proj_out.weight, model.scale_shift_table):
            w.zero_()
        for block in model.transformer_blocks:
            block.scale_shift_table.zero_()
            block.attn2.to_out[0].weight.mul_(0.1)
    return model.state_dict()


def statistics(model, count=512):
    """Mean and deviation of each latent channel over clips of the world."""
    g, latents = torch.Generator().manual_seed(7), []
    with torch.no_grad():
        for _ in range(count // 16):
            z = model.encoder(world.render(world.sample(g, 16), 9))[:, :128]
            latents.append(z.transpose(0, 1).flatten(1))
    z = torch.cat(latents, 1)
    return z.mean(1), z.std(1)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("out", type=Path)
    ap.add_argument("--vae", type=Path, required=True)
    ap.add_argument("--text", type=Path, required=True)
    ap.add_argument("--transformer", type=Path)
    ap.add_argument("--statistics", type=Path, help="a model whose latents' mean and deviation are kept")
    a = ap.parse_args()
    half = lambda weights: {k: w.to(torch.bfloat16).contiguous() for k, w in weights.items()}
    model = AutoencoderKLLTXVideo(**recipe.CONFIG)
    model.load_state_dict(load_file(a.vae))
    with torch.no_grad():
        model.encoder.conv_out.conv.weight[128].zero_()  # one width for every latent, far below their own
        model.encoder.conv_out.conv.bias[128] = -8.0
    if a.statistics:
        other = load_file(a.statistics / "vae/diffusion_pytorch_model.safetensors")
        mean, std = other["latents_mean"], other["latents_std"]
    else:
        mean, std = statistics(model)
    print(f"latents: mean {mean.abs().mean():.3f}, deviation {std.min():.3f} to {std.max():.3f}")
    model.latents_mean.copy_(mean), model.latents_std.copy_(std)
    name = "diffusion_pytorch_model.safetensors"
    write({"_class_name": "AutoencoderKLLTXVideo", **VERSION, **recipe.CONFIG}, a.out / "vae/config.json")
    save_file(half(model.state_dict()), a.out / "vae" / name, metadata={"format": "pt"})
    weights = half(load_file(a.transformer / name)) if a.transformer else random_transformer()
    write({"_class_name": "LTXVideoTransformer3DModel", **VERSION, **TRANSFORMER}, a.out / "transformer/config.json")
    save_file({k: w.contiguous() for k, w in weights.items()}, a.out / "transformer" / name, metadata={"format": "pt"})
    write({"_class_name": "FlowMatchEulerDiscreteScheduler", **VERSION, **SCHEDULER}, a.out / "scheduler/scheduler_config.json")
    write({"_class_name": "LTXConditionPipeline", **VERSION, "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
           "text_encoder": ["transformers", "T5EncoderModel"], "tokenizer": ["transformers", "T5Tokenizer"],
           "transformer": ["diffusers", "LTXVideoTransformer3DModel"], "vae": ["diffusers", "AutoencoderKLLTXVideo"]},
          a.out / "model_index.json")
    for part in ("tokenizer", "text_encoder"):
        if (a.text / part).resolve() != (a.out / part).resolve():
            shutil.copytree(a.text / part, a.out / part, dirs_exist_ok=True)
    size = sum(f.stat().st_size for f in a.out.rglob("*.safetensors"))
    print(f"{a.out}: weights of {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
