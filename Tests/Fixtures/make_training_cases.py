#!/usr/bin/env python3
"""make_training_cases.py TRANSFORMER OUT: updates of LoRA adapters as PyTorch makes them, over batches of several kinds.

TRANSFORMER is a folder as diffusers writes it (Tests/Fixtures/models/transformer/transformer); needs torch, diffusers, peft, safetensors.
The formulas are the upstream trainer's (training_strategies.py, trainer.py), for batches whose clips differ as its own never do: first frames
for some clips of a batch, batches of several sizes in one update, images, captions that are dropped.

Written: clip.N.latents|text|mask; for each case in the metadata (a list of updates, each a list of batches {clips, first_frame, dropped})
CASE.U.B.sigmas|noise, CASE.loss (one a batch), CASE.gnorm (one an update), CASE.final.*; lora.init.*; held_out.loss (clip, level).
"""
import json, sys, zlib
import torch
from diffusers import LTXVideoTransformer3DModel
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import save_file

source, out = sys.argv[1:]
TEXT, LEVELS = 24, [0.1, 0.3, 0.5, 0.7, 0.9]
VIDEO, WIDE, IMAGE = (3, 2, 3, 24.0), (2, 2, 4, 24.0), (1, 2, 2, 1.0)
CLIPS = [VIDEO] * 4 + [WIDE] * 2 + [IMAGE] * 2


def batch(*clips, first_frame=None, dropped=None):
    return {"clips": list(clips), "first_frame": first_frame or [False] * len(clips), "dropped": dropped or [False] * len(clips)}


CASES = {
    "accumulation": [[batch(0, 1), batch(2, 3)], [batch(1, 2), batch(3, 0)]],
    "images": [[batch(6, 7)], [batch(7, first_frame=[True])]],
    "per_sample": [[batch(0, 1, first_frame=[True, False])], [batch(4, 5, first_frame=[False, True])]],
    "buckets": [[batch(0, 1), batch(4, 5), batch(6, 7)], [batch(5, 4), batch(2, 3), batch(7, 6)]],
    "dropped": [[batch(0, 1, dropped=[False, True])], [batch(2, dropped=[True])]],
}
put = {}
generator = torch.Generator().manual_seed(0)
for i, (f, h, w, _) in enumerate(CLIPS):
    put[f"clip.{i}.latents"] = torch.randn(f * h * w, 128, generator=generator)
    put[f"clip.{i}.text"] = torch.randn(TEXT, 64, generator=generator)
    put[f"clip.{i}.mask"] = torch.arange(TEXT) < 7 + 2 * i
put["empty.text"], put["empty.mask"] = torch.randn(TEXT, 64, generator=generator), torch.arange(TEXT) < 1

model = LTXVideoTransformer3DModel.from_pretrained(source, torch_dtype=torch.float32).requires_grad_(False).train()
model.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=["to_k", "to_q", "to_v", "to_out.0"]))
for key, tensor in sorted(get_peft_model_state_dict(model).items()):
    put[f"lora.init.{key}"] = torch.randn(tensor.shape, generator=generator) * 0.1


def reset():
    set_peft_model_state_dict(model, {k[len("lora.init."):]: v.clone() for k, v in put.items() if k.startswith("lora.init.")})
    return [p for p in model.parameters() if p.requires_grad]


def loss_of(b, sigmas, noise):
    f, h, w, fps = CLIPS[b["clips"][0]]
    clean = torch.stack([put[f"clip.{i}.latents"] for i in b["clips"]])
    names = ["empty" if d else f"clip.{i}" for i, d in zip(b["clips"], b["dropped"])]
    text, mask = (torch.stack([put[f"{n}.{part}"] for n in names]) for part in ("text", "mask"))
    given = torch.zeros(clean.shape[:2], dtype=torch.bool)
    for row, first in enumerate(b["first_frame"]):
        if first and h * w < clean.shape[1]:
            given[row, : h * w] = True
    s = sigmas.view(-1, 1, 1)
    noisy = torch.where(given.unsqueeze(-1), clean, (1 - s) * clean + s * noise)
    timesteps = torch.where(given, 0, torch.round(sigmas * 1000).long().unsqueeze(1))
    velocity = model(
        hidden_states=noisy, encoder_hidden_states=text, timestep=timesteps, encoder_attention_mask=mask, num_frames=f,
        height=h, width=w, rope_interpolation_scale=[8 / fps, 32, 32], return_dict=False)[0]
    counted = (~given).float().unsqueeze(-1)
    return ((velocity - (noise - clean)).pow(2) * counted / counted.mean()).mean()


for case, updates in CASES.items():
    parameters = reset()
    optimizer = torch.optim.AdamW(parameters, lr=4e-3)
    losses, norms = [], []
    for u, batches in enumerate(updates):
        for i, b in enumerate(batches):
            shape = put[f"clip.{b['clips'][0]}.latents"].shape
            sigmas = put[f"{case}.{u}.{i}.sigmas"] = torch.rand(len(b["clips"]), generator=generator) * 0.9 + 0.05
            noise = put[f"{case}.{u}.{i}.noise"] = torch.randn(len(b["clips"]), *shape, generator=generator)
            loss = loss_of(b, sigmas, noise)
            (loss / len(batches)).backward()
            losses.append(loss.item())
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, 1.0).item())
        optimizer.step(), optimizer.zero_grad()
    put[f"{case}.loss"], put[f"{case}.gnorm"] = torch.tensor(losses), torch.tensor(norms)
    for key, tensor in get_peft_model_state_dict(model).items():
        put[f"{case}.final.{key}"] = tensor.detach().clone()

reset()
# What is measured of a clip that is held out: noise from a generator that its name seeds, no first frame.
held = {"held-a": 0, "held-b": 4, "held-c": 6}
with torch.no_grad():
    rows = []
    for name, clip in held.items():
        noise = torch.randn(1, *put[f"clip.{clip}.latents"].shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))
        rows.append([loss_of(batch(clip), torch.tensor([level]), noise).item() for level in LEVELS])
put["held_out.loss"] = torch.tensor(rows)
meta = {"clips": CLIPS, "cases": CASES, "held_out": held, "versions": {"torch": torch.__version__}}
save_file({k: v.contiguous() for k, v in put.items()}, out, metadata={"golden": json.dumps(meta, sort_keys=True)})
