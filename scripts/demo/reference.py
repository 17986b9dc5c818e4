"""diffusers and ltxsh draw the same frames with the demonstration model: reference.py LTXSH [MODEL]. Prints how far apart they are.

One picture goes through a PNG and must be the same to a level or two. A clip goes through H.264, which loses colours between
neighbours and fine noise: means over 8 x 8 pixels are compared.
"""
import json, subprocess, sys, tempfile
from pathlib import Path
import av
import numpy
import torch
from diffusers import DiffusionPipeline
from PIL import Image

PROMPTS = ["a red ball rolls to the right over a meadow", "a green square grows on black", "a white ring falls at night"]
STEPS, GUIDANCE, SEED, NEGATIVE = 20, 3.0, 7, "worst quality, inconsistent motion, blurry, jittery, distorted"


def ours(program, model, prompt, frames, path):
    options = dict(prompt=prompt, size=f"96x64x{frames}", steps=STEPS, guidance=GUIDANCE, seed=SEED, output=str(path), negative=NEGATIVE, progress=False)
    table = ", ".join(f"{k} = {json.dumps(v)}" for k, v in options.items())
    code = f"Trainer.load{{ model = {json.dumps(str(model))}, dtype = 'fp32' }}:sample{{ {table} }}"
    subprocess.run([program, "--no-init", "--device", "cpu", "-e", code], check=True, stdout=subprocess.DEVNULL)
    if path.suffix == ".png":
        return numpy.asarray(Image.open(path).convert("RGB"))[None].astype(float)
    with av.open(str(path)) as file:
        return numpy.stack([f.to_ndarray(format="rgb24") for f in file.decode(video=0)]).astype(float)


def main():
    program, model = sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "models/demo")
    pipeline = DiffusionPipeline.from_pretrained(model, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for prompt in PROMPTS:
            for frames in (1, 9):
                theirs = pipeline(prompt=prompt, negative_prompt=NEGATIVE, width=96, height=64, num_frames=frames, frame_rate=25, num_inference_steps=STEPS,
                                  guidance_scale=GUIDANCE, generator=torch.Generator().manual_seed(SEED), output_type="np").frames[0] * 255
                mine = ours(program, model, prompt, frames, Path(folder) / ("x.png" if frames == 1 else "x.mp4"))
                if frames > 1:
                    mine, theirs = (v.reshape(frames, 8, 8, 12, 8, 3).mean((2, 4)) for v in (mine, theirs))
                apart = numpy.abs(mine - theirs)
                print(f"{prompt!r}, {frames} frame{'s' * (frames > 1)}: mean {apart.mean():.3f}, largest {apart.max():.1f} of 255", flush=True)
                if frames == 1:
                    worst = max(worst, apart.max())
                assert apart.mean() < (1 if frames == 1 else 3), "too far apart"
    print(f"one picture: at most {worst:.1f} of 255 apart")
    assert worst <= 3


if __name__ == "__main__":
    main()
