#!/usr/bin/env python3
"""What torch.optim, lr_scheduler, clip_grad_norm_ and dropout give -> nn_values.json beside this script; needs torch alone (made with 2.13.0)."""
import json, math
from pathlib import Path
import torch
from torch.optim import lr_scheduler as S

BASE, STEPS = 3e-4, 60
SCHEDULES = [
    ("linear", dict(start_factor=1.0, end_factor=0.1, total_iters=60), S.LinearLR),
    ("linear", dict(start_factor=0.1, end_factor=1.0, total_iters=25), S.LinearLR),
    ("cosine", dict(T_max=60, eta_min=0.0), S.CosineAnnealingLR),
    ("cosine", dict(T_max=20, eta_min=1e-5), S.CosineAnnealingLR),
    ("cosine_with_restarts", dict(T_0=15, T_mult=1, eta_min=5e-5), S.CosineAnnealingWarmRestarts),
    ("cosine_with_restarts", dict(T_0=7, T_mult=2, eta_min=0.0), S.CosineAnnealingWarmRestarts),
    ("cosine_with_restarts", dict(T_0=4, T_mult=3, eta_min=1e-3), S.CosineAnnealingWarmRestarts),
    ("polynomial", dict(total_iters=60, power=1.0), S.PolynomialLR),
    ("polynomial", dict(total_iters=30, power=2.5), S.PolynomialLR),
    ("polynomial", dict(total_iters=60, power=0.0), S.PolynomialLR),
]


def schedule(kind, arguments, make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], BASE)
    scheduler, rates = make(optimizer, **arguments), []
    for _ in range(STEPS + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return dict(type=kind, arguments=arguments, rates=rates)


def adamw(dtype, seed=4):
    """Clipping at 0.5 and AdamW over two matrices and a bias, which has a gradient at every other step. Step 3 is not finite and skipped."""
    g = torch.Generator().manual_seed(seed)
    shapes = [(3, 5), (5, 4), (6,)]
    draw = lambda shape: torch.randn(shape, generator=g).to(dtype)
    p = [torch.nn.Parameter(draw(s)) for s in shapes]
    optimizer = torch.optim.AdamW(p, lr=1e-2, weight_decay=0.05, betas=(0.8, 0.95), eps=1e-6, fused=True)
    out = dict(dtype=str(dtype)[6:], start=[t.flatten().tolist() for t in p], steps=[])
    for step in range(6):
        gradients = [draw(s) * 10 ** (step - 3) for s in shapes]
        if step % 2:
            gradients[2] = None
        if step == 3:
            gradients[0][1, 2] = math.inf
        for t, d in zip(p, gradients):
            t.grad = d.clone() if d is not None else None
        norm = torch.nn.utils.clip_grad_norm_(p, 0.5)
        found = not math.isfinite(norm)
        optimizer.found_inf = torch.tensor(float(found))  # what GradScaler hands to a fused optimizer
        optimizer.step()
        out["steps"].append(dict(
            gradients=[[min(v, 1e39) for v in d.flatten().tolist()] if d is not None else None for d in gradients],  # 1e39 is infinite in fp32
            norm=norm.item() if not found else None, parameters=[t.flatten().tolist() for t in p],
            counts=[int(optimizer.state[t]["step"]) for t in p]))
    return out | dict(shapes=shapes)


def dropout(p, seed, shape, dtype):
    torch.manual_seed(seed)
    x = torch.arange(1, 1 + math.prod(shape)).reshape(shape).to(dtype)
    y = torch.nn.functional.dropout(x, p, training=True)
    again = torch.nn.functional.dropout(x, p, training=True)
    return dict(p=p, seed=seed, shape=shape, dtype=str(dtype)[6:], first=y.flatten().tolist(), second=again.flatten().tolist())


values = dict(
    torch=torch.__version__, base=BASE, schedules=[schedule(*s) for s in SCHEDULES],
    adamw=[adamw(torch.float32), adamw(torch.bfloat16)],
    dropout=[dropout(0.3, 5, (7, 13), torch.float32), dropout(0.1, 6, (3, 11), torch.bfloat16), dropout(1.0, 7, (2, 3), torch.float32)])
Path(__file__).with_name("nn_values.json").write_text(json.dumps(values, indent=None, separators=(",", ":")).replace('},{', '},\n{') + "\n")
