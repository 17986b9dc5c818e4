#!/usr/bin/env python3
"""A training step beside busy loops, ltx-bench and PyTorch in turn.

    PYTHON -m pip install torch diffusers peft      # once; the versions of your own setup
    swift build -c release --product ltx-bench --product ltxtorch
    python3 scripts/bench/beside_load.py [--bench PROGRAM] [--sizes tiny,small,wide] [--loads 0,1,2,4,8] [--seconds 4]

Each cell is the median of steps over some seconds, taken in turn so that a busy moment falls on both. The last column is the load
average of the whole machine while the row was measured. `beside_load.py step SIZE SECONDS` is the PyTorch side alone.
"""
import argparse, json, os, statistics, subprocess, sys, time

SIZES = {  # heads, head size, layers, cross attention, caption channels, latent frames, height, width
    "tiny": (4, 32, 4, 128, 64, 2, 2, 2), "small": (12, 64, 8, 768, 768, 2, 4, 4), "wide": (32, 64, 1, 2048, 4096, 2, 16, 16)}
RANK = 32


def torch_step(size, seconds, dtype):
    import torch
    from diffusers import LTXVideoTransformer3DModel
    from peft import LoraConfig
    heads, head, layers, cross, caption, frames, height, width = SIZES[size]
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[dtype]
    torch.manual_seed(0)
    model = LTXVideoTransformer3DModel(
        num_attention_heads=heads, attention_head_dim=head, num_layers=layers, cross_attention_dim=cross,
        caption_channels=caption).to(dtype).requires_grad_(False)
    model.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=["to_k", "to_q", "to_v", "to_out.0"]))
    trained = [p for p in model.parameters() if p.requires_grad]
    for p in trained:
        p.data = p.data.float()
    model.train()
    optimizer = torch.optim.AdamW(trained, lr=2e-4)
    tokens = frames * height * width
    latents, text = torch.randn(1, tokens, 128), torch.randn(1, 256, caption, dtype=dtype)
    mask = torch.arange(256)[None] < 60

    def step():
        sigma = torch.sigmoid(torch.randn(1, 1, 1))
        noise = torch.randn_like(latents)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            out = model(
                hidden_states=((1 - sigma) * latents + sigma * noise).to(dtype), encoder_hidden_states=text,
                timestep=(sigma.view(1) * 1000), encoder_attention_mask=mask, num_frames=frames, height=height, width=width,
                return_dict=False)[0]
        loss = ((out.float() - (noise - latents)) ** 2).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    step()
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    print(json.dumps({"median": statistics.median(times), "steps": len(times), "threads": torch.get_num_threads()}))


def measure(command):
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    lines = [line for line in out.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if lines else None


def main():
    if sys.argv[1:2] == ["step"]:
        return torch_step(sys.argv[2], float(sys.argv[3]), sys.argv[4])
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--bench", default=".build/release/ltx-bench")
    ap.add_argument("--sizes", default="tiny,small,wide")
    ap.add_argument("--loads", default="0,1,2,4,8")
    ap.add_argument("--seconds", type=float, default=4)
    ap.add_argument("--rounds", type=int, default=2)
    ap.add_argument("--dtype", default="bf16")
    ap.add_argument("--threads", help="for ltx-bench, in place of its own choice")
    a = ap.parse_args()
    print(f"{'size':6} {'loops':>5} {'ltxsh ms':>9} {'torch ms':>9} {'ratio':>6} {'threads':>8} {'load':>6}")
    for size in a.sizes.split(","):
        for loops in map(int, a.loads.split(",")):
            ours, theirs, used, load = [], [], "", []
            running = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(loops)]
            try:
                for _ in range(a.rounds):
                    command = [a.bench, "train-step", "--size", size, "--dtype", a.dtype, "--seconds", str(max(1, round(a.seconds)))]
                    found = measure(command + (["--threads", a.threads] if a.threads else []))
                    if found:
                        ours.append(found["median"])
                        used = str(found["threads"])
                    found = measure([sys.executable, __file__, "step", size, str(a.seconds), a.dtype])
                    if found:
                        theirs.append(found["median"])
                        used += f"/{found['threads']}"
                    load.append(os.getloadavg()[0])
            finally:
                for process in running:
                    process.kill()
                    process.wait()
            mine, other = min(ours, default=float("nan")), min(theirs, default=float("nan"))
            print(f"{size:6} {loops:5} {mine * 1e3:9.1f} {other * 1e3:9.1f} {mine / other:6.2f} {used:>8} {max(load):6.1f}", flush=True)


if __name__ == "__main__":
    main()
