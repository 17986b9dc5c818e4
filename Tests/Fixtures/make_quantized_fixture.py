#!/usr/bin/env python3
"""make_quantized_fixture.py: what quanto makes of matrices and of the very small transformer, and a training on it.

Needs torch, diffusers, peft, accelerate, optimum-quanto and safetensors. Reads Tests/Fixtures/models/transformer, which make_transformer_fixture.py
wrote. Written beside this file: quantized_matrices.safetensors (NAME.DTYPE.w, and NAME.DTYPE.FORMAT.{data,scale,shift,deq,y,dx}: integers
unpacked and in the matrix's own shape, float8 as uint8, y and dx of x and dy) and models/transformer/quantized.safetensors with the keys quant.*,
quantf32.* and train.int8.* of the reference harness, and the inputs that they need. The training is the trainer's, stated here: it gives the
losses of train.bf16 when nothing is quantized (within what another processor's kernels change), which is asserted.
"""
import json
from copy import deepcopy
from pathlib import Path

import optimum.quanto as oq
import torch
from accelerate import Accelerator
from diffusers import LTXVideoTransformer3DModel
from peft import LoraConfig
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.optim.lr_scheduler import LinearLR

torch.set_num_threads(2)
here = Path(__file__).parent
folder = here / "models/transformer"
FORMATS = {"int8": oq.qint8, "int4": oq.qint4, "int2": oq.qint2, "fp8": oq.qfloat8_e4m3fn, "fp8uz": oq.qfloat8_e4m3fnuz}
EXCLUDE = ["proj_in", "time_embed.*", "caption_projection.*", "rope", "*norm*", "proj_out"]  # the trainer's


def parts(w):
    """Integers (rows, columns) and what they are scaled by, whatever kernel the weight is packed for."""
    w = w.weight_qbits_tensor() if type(w).__name__ == "TinyGemmWeightQBitsTensor" else w
    data = w._data.unpack() if hasattr(w._data, "unpack") else w._data
    data = data.view(torch.uint8) if "float8" in str(data.dtype) else data
    out = {"data": data.reshape(w.shape), "scale": w._scale, "deq": w.dequantize()}
    return out | ({"shift": w._shift} if hasattr(w, "_shift") else {})


def matrices():
    out = {}
    g = torch.Generator().manual_seed(11)
    # Groups of 128, 96, 64 and 32, none for want of columns or of a divisor; rows that fill the packed bytes and rows that do not.
    for name, rows, columns in [("plain", 6, 128), ("grouped", 16, 256), ("by96", 4, 288), ("by64", 3, 448), ("by32", 8, 160), ("odd", 7, 132)]:
        w = torch.randn(rows, columns, generator=g) * 0.3
        w[0] *= 20
        w[1, 3] = 9.0
        w[2] = 0
        w[-1] = w[-1].abs() + 1  # no zero in the range
        x, dy = torch.randn(3, columns, generator=g), torch.randn(3, rows, generator=g)
        for dtype, d in (("f32", torch.float32), ("bf16", torch.bfloat16)):
            out |= {f"{name}.{dtype}.w": w.to(d), f"{name}.{dtype}.x": x.to(d), f"{name}.{dtype}.dy": dy.to(d)}
            for f, q in FORMATS.items():
                linear = torch.nn.Linear(columns, rows, dtype=d)
                with torch.no_grad():
                    linear.weight.copy_(w)
                model = torch.nn.Sequential(linear)
                oq.quantize(model, weights=q)
                oq.freeze(model)
                made = parts(model[0].weight)
                if "fp8" in f or f == "int8":
                    # A row of zeros has scale 0 and codes that are 0 / 0, which become numbers by accident (int8) or stay NaN (float8).
                    zero = made["scale"].flatten() == 0
                    made["data"] = made["data"].clone()
                    made["data"][zero] = 0
                    made["deq"] = made["deq"].clone()
                    made["deq"][zero] = 0
                if f in ("int4", "int2"):
                    zero = made["scale"].flatten() == 0
                    grouped = made["data"].clone().reshape(made["scale"].numel(), -1)
                    grouped[zero] = 0
                    made["data"] = grouped.reshape(made["data"].shape)
                v = x.to(d).clone().requires_grad_()
                y = torch.nn.functional.linear(v, made["deq"])
                y.backward(dy.to(d))
                out |= {f"{name}.{dtype}.{f}.{k}": t.detach().contiguous() for k, t in (made | {"y": y, "dx": v.grad}).items()}
    return out


def quantized(model, f):
    model = deepcopy(model)
    oq.quantize(model, weights=FORMATS[f], exclude=EXCLUDE)
    oq.freeze(model)
    return model


def train(model, golden, dtype, steps=20):
    accelerator = Accelerator(mixed_precision="bf16", cpu=True)
    model = model.requires_grad_(False)
    torch.manual_seed(0)
    model.add_adapter(LoraConfig(r=8, lora_alpha=8, target_modules=["to_k", "to_q", "to_v", "to_out.0"], lora_dropout=0.0, init_lora_weights=True))
    ps = {k.replace(".default", ""): p for k, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for k, p in ps.items():
            p.copy_(golden[f"lora.init.{k}"])
    model = accelerator.prepare(model)
    optimizer = torch.optim.AdamW(list(ps.values()), lr=4e-3)
    optimizer, schedule = accelerator.prepare(optimizer, LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=steps))
    model.train()
    out = {"loss": [], "gnorm": [], "lr": []}
    for step in range(steps):
        rows = [(2 * step) % 4, (2 * step + 1) % 4]
        x0, noise = golden["train.latents"].to(dtype)[rows], golden["train.noise"].to(dtype)[step]
        sigma = golden["train.sigmas"][step].view(-1, 1, 1)
        noisy, target = (1 - sigma) * x0 + sigma * noise, noise - x0
        times = torch.round(sigma.flatten() * 1000).long().unsqueeze(1).expand(-1, x0.shape[1])
        pred = model(
            hidden_states=noisy, encoder_hidden_states=golden["train.text"].to(dtype)[rows], timestep=times,
            encoder_attention_mask=golden["train.mask"][rows], num_frames=3, height=2, width=3,
            rope_interpolation_scale=[8 / 24, 32.0, 32.0], return_dict=False)[0]
        loss = (pred - target).pow(2).mean()
        accelerator.backward(loss)
        out["gnorm"].append(accelerator.clip_grad_norm_(list(ps.values()), 1.0).float().item())
        out["lr"].append(optimizer.param_groups[0]["lr"])
        optimizer.step(), optimizer.zero_grad(), schedule.step()
        out["loss"].append(loss.item())
    return out, ps


def model_fixture():
    golden = load_file(folder / "golden.safetensors")
    with safe_open(folder / "golden.safetensors", "pt") as f:
        meta = json.loads(f.metadata()["golden"])
    m32 = LTXVideoTransformer3DModel.from_pretrained(folder / "transformer", torch_dtype=torch.float32)
    m16 = deepcopy(m32).to(torch.bfloat16)
    plain, _ = train(deepcopy(m16), golden, torch.bfloat16)
    assert torch.allclose(torch.tensor(plain["loss"]), golden["train.bf16.loss"].float(), rtol=2e-4), "the training stated here is not the trainer's"

    out = {k: v for k, v in golden.items() if k.startswith(("xf.in.", "train.mask", "train.sigmas", "lora.init."))}
    out |= {k: golden[k].bfloat16() for k in ("train.latents", "train.text", "train.noise")}  # what training in bf16 makes of them first
    for prefix, model, d in (("quant", m16, torch.bfloat16), ("quantf32", m32, torch.float32)):
        for f in ("int8", "int4", "int2", "fp8"):
            q = quantized(model, f)
            meta["quantized_modules"] = [n for n, x in q.named_modules() if isinstance(x, oq.nn.QModuleMixin)]
            with torch.no_grad():
                out[f"{prefix}.{f}.out"] = q(
                    hidden_states=golden["xf.in.latents"].to(d), encoder_hidden_states=golden["xf.in.text"].to(d), timestep=golden["xf.in.timestep"],
                    encoder_attention_mask=golden["xf.in.mask"], num_frames=3, height=2, width=3, rope_interpolation_scale=[8 / 24, 32.0, 32.0], return_dict=False)[0]
                for n in ("transformer_blocks.0.attn1.to_q", "transformer_blocks.0.ff.net.2"):
                    out |= {f"{prefix}.{f}.{n}.{k}": t for k, t in parts(q.get_submodule(n).weight).items()}
    figures, ps = train(quantized(m16, "int8"), golden, torch.bfloat16)
    out |= {f"train.int8.{k}": torch.tensor(v, dtype=torch.float64) for k, v in figures.items()}
    out |= {f"train.int8.final.{k}": p.detach() for k, p in ps.items()}
    save_file({k: v.detach().contiguous() for k, v in out.items()}, folder / "quantized.safetensors", metadata={"golden": json.dumps(meta, sort_keys=True)})


save_file(matrices(), here / "quantized_matrices.safetensors")
model_fixture()
