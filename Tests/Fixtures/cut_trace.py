#!/usr/bin/env python3
"""cut_trace.py TRACE OUT: the part of a trace of the reference trainer that the tests replay (see TraceTests.swift).

A trace holds every draw of a run of the upstream trainer on a tiny model: the adapters it started from, and for each step the
clip, noise level, noisy latents and targets. Kept here: two adapters, the draws of all steps, and of the latents every 9th token.
"""
import sys
from safetensors import safe_open
from safetensors.torch import save_file

source, out = sys.argv[1:]
with safe_open(source, "pt") as f:
    keep = {}
    for key in f.keys():
        part = key.split(".")[-1]
        if key.startswith("init.") and key.endswith("lora_A.weight") and ("0.attn1.to_q" in key or "3.attn2.to_out.0" in key):
            keep[key] = f.get_tensor(key).contiguous()
        elif key.startswith("step.") and part in ("idx", "sigmas", "cond_mask", "lr"):
            keep[key] = f.get_tensor(key).contiguous()
        elif key.startswith("step.") and part in ("noisy", "targets"):
            keep[key] = f.get_tensor(key)[:, ::9].contiguous()
    save_file(keep, out, metadata={"samples": f.metadata()["samples"]})
