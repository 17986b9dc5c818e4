#!/usr/bin/env python3
"""Listed noise levels, stochastic steps and spatio-temporal guidance on the very small transformer -> models/transformer/sampling.safetensors,
and diffusers' noise levels of 0.9.0's scheduler -> noise_levels.json.

make_sampling_goldens.py [FOLDER_OF_FIXTURES]     needs torch, diffusers, safetensors

diffusers' transformer, with the formulas of Lightricks' pipeline (pipeline_ltx_video.py, rf.py, SkipLayerStrategy) written out. The prompts are
those of golden.safetensors beside it.
"""
import json, sys
from pathlib import Path
import numpy, torch
from diffusers import FlowMatchEulerDiscreteScheduler, LTXConditionPipeline as P, LTXVideoTransformer3DModel
from diffusers.pipelines.ltx.pipeline_ltx import calculate_shift
from diffusers.pipelines.ltx.pipeline_ltx_condition import linear_quadratic_schedule
from safetensors import safe_open
from safetensors.torch import save_file

SEED, GRID = 0, (3, 2, 3)
ALLOWED = [1.0, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0.4219]
LISTS = dict(times=[1.0, 0.996, 0.9933, 0.985, 0.9767, 0.9008, 0.618], guidance=[1, 1, 6, 8, 6, 1, 1], stg=[0, 0, 4, 4, 4, 2, 1], rescale=[1, 1, 0.5, 0.5, 1, 1, 1],
             blocks=[[], [0, 1], [0], [1], [1], [1], [1]])


class Perturbed:
    def __init__(self, mode): self.mode = mode
    def __call__(self, attn, x, *a, **k): return attn.to_out[0](attn.to_v(x) if self.mode == "attention_values" else x)


def perturbed(xf, blocks, mode, call):
    old = {i: (xf.transformer_blocks[i].attn1.processor, xf.transformer_blocks[i].forward) for i in blocks}
    for i in blocks:
        if mode == "transformer_block":
            xf.transformer_blocks[i].forward = lambda hidden_states, *a, **k: hidden_states
        else:
            xf.transformer_blocks[i].attn1.set_processor(Perturbed(mode))
    out = call()
    for i, (processor, forward) in old.items():
        xf.transformer_blocks[i].attn1.set_processor(processor)
        xf.transformer_blocks[i].forward = forward
    return out


@torch.no_grad()
def sample(xf, text, mask, times, pick, mode="attention_values", star=False, noise=None):
    x = P._pack_latents(torch.randn(1, 128, *GRID, generator=torch.Generator().manual_seed(SEED)), 1, 1)
    places = P._scale_video_ids(P._prepare_video_ids(1, *GRID, 1, 1), 32, 8, 0).float()
    places[:, 0] /= 25.0
    steps = []
    for n, (t, after) in enumerate(zip(times, [*times[1:], torch.tensor(0.0)])):
        scale, stg, rescale, blocks = pick(float(t))

        def v(row):
            return xf(x, encoder_hidden_states=text[row:row + 1], encoder_attention_mask=mask[row:row + 1], timestep=(t * 1000).reshape(1, 1), video_coords=places, return_dict=False)[0]
        c = out = v(1)
        if scale > 1:
            u = v(0)
            if star:
                u = u * ((c * u).sum() / ((u ** 2).sum() + 1e-8))
            out = u + scale * (c - u)
        if stg > 0:
            out = out + stg * (c - perturbed(xf, blocks, mode, lambda: v(1)))
            if rescale != 1:
                out = out * (rescale * c.std() / out.std() + 1 - rescale)
        x = x - (t - after) * out if noise is None else (1 - after) * (x - t * out) + after * noise[n]
        steps.append(x)
    return torch.stack(steps)


def noise_levels():
    """What diffusers' pipeline has on the schedulers of 0.9.0 and 0.9.5 before the trainer's own timesteps: evenly spaced, shifted."""
    config = dict(use_dynamic_shifting=True, base_shift=0.95, max_shift=2.05, base_image_seq_len=1024, max_image_seq_len=4096, shift_terminal=0.1)
    rows = []
    for terminal in (0.1, None):
        scheduler = FlowMatchEulerDiscreteScheduler(**config | dict(shift_terminal=terminal))
        for steps, tokens in ((1, 100), (8, 18), (40, 4992), (50, 2304)):
            if steps == 1 and terminal:
                continue   # one step from 1 to 1: nothing to stretch
            sigmas = numpy.linspace(1.0, 1 / steps, steps)
            scheduler.set_timesteps(sigmas=sigmas, mu=calculate_shift(tokens, 1024, 4096, 0.95, 2.05))
            rows.append(dict(steps=steps, tokens=tokens, terminal=terminal, sigmas=[float(x) for x in scheduler.sigmas], timesteps=[float(x) for x in scheduler.timesteps]))
    return rows


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    folder = root / "models/transformer"
    xf = LTXVideoTransformer3DModel.from_pretrained(folder / "transformer", torch_dtype=torch.float32).eval()
    out = {}
    with safe_open(folder / "golden.safetensors", "pt") as f:
        for name in ("caption", "negative"):
            out |= {key: f.get_tensor(key) for key in (f"t5.{name}.mask", f"tok.{name}.mask256")}
    text, mask = (torch.stack([out[f"{a}.negative.{b}"], out[f"{a}.caption.{b}"]]) for a, b in (("t5", "mask"), ("tok", "mask256")))
    one = lambda *values: lambda t: values
    levels = linear_quadratic_schedule(8)
    out["sample_list.steps"] = sample(xf, text, mask, torch.tensor(ALLOWED), one(1.0, 0.0, 1.0, []))
    noise = torch.randn(8, 1, 18, 128, generator=torch.Generator().manual_seed(7))
    out |= {f"sample_stoch.draw.{i:02d}": x.clone() for i, x in enumerate(noise, 1)}
    out["sample_stoch.steps"] = sample(xf, text, mask, levels, one(1.0, 0.0, 1.0, []), noise=noise)
    for name, pick, mode in (("stg", one(3.0, 1.0, 0.7, [1]), "attention_values"), ("stg_nocfg", one(1.0, 1.0, 0.7, [1]), "attention_values"),
                             ("stg_norescale", one(3.0, 1.0, 1.0, [1]), "attention_values"), ("stg_skip", one(3.0, 1.0, 0.7, [1]), "attention_skip"),
                             ("stg_block", one(3.0, 1.0, 0.7, [1]), "transformer_block")):
        out[f"{name}.steps"] = sample(xf, text, mask, levels, pick, mode)
    out["stg_list.times"] = linear_quadratic_schedule(14)[:-1]

    def listed(t):
        place = next((i for i, x in enumerate(LISTS["times"]) if x <= t), len(LISTS["times"]) - 1)
        return [LISTS[key][place] for key in ("guidance", "stg", "rescale", "blocks")]
    out["stg_list.steps"] = sample(xf, text, mask, out["stg_list.times"], listed, star=True)
    meta = dict(seed=SEED, grid=GRID, pixels=[17, 64, 96], stg_list=LISTS | {"cfg_star_rescale": True})
    save_file({k: x.contiguous() for k, x in out.items()}, folder / "sampling.safetensors", metadata={"golden": json.dumps(meta)})
    (root / "noise_levels.json").write_text(json.dumps(noise_levels()) + "\n")
    print((folder / "sampling.safetensors").stat().st_size // 1024, "KiB")


main()
