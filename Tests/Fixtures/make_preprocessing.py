#!/usr/bin/env python3
"""Aspect buckets and stretches of frames as musubi-tuner chooses them: its own code, run for what its dataset code would give it.

    make_preprocessing.py MUSUBI_CHECKOUT > preprocessing.json        needs numpy; made with musubi-tuner 30c658c
"""
import ast, json, math, random, sys, textwrap, types, typing
from pathlib import Path
import numpy as np

source = Path(sys.argv[1]) / "src/musubi_tuner/dataset"

# The class alone: its module imports half of the trainer.
bucket = ast.parse((source / "bucket.py").read_text())
names = {**vars(typing), "math": math, "np": np, "random": random, "divisible_by": lambda num, divisor: num - num % divisor}
selector = next(node for node in bucket.body if isinstance(node, ast.ClassDef) and node.name == "BucketSelector")
for node in ast.walk(bucket):
    if isinstance(node, ast.Name) and node.id.startswith("ARCHITECTURE_"):
        names.setdefault(node.id, node.id)
exec(compile(ast.Module([selector], []), "bucket.py", "exec"), names)
sizes = []
for width, height in [(768, 448), (512, 512), (320, 192), (1280, 736), (96, 64)]:
    chooser = names["BucketSelector"]((width, height), architecture="ARCHITECTURE_HIDREAM_O1")  # the one in steps of 32
    sizes.append({"area": [width, height], "buckets": [list(map(int, b)) for b in chooser.bucket_resolutions if min(b) > 0]})

# The lines that choose frames, between their first and their last one.
lines = (source / "image_video_dataset.py").read_text().splitlines()
first = next(i for i, line in enumerate(lines) if line.strip() == "crop_pos_and_frames = []")
last = next(i for i in range(first, len(lines)) if "is not supported" in lines[i])
code = compile(textwrap.dedent("\n".join(lines[first:last + 1])), "image_video_dataset.py", "exec")
stretches = []
for mode in ["head", "chunk", "slide", "uniform", "full"]:
    for count in [9, 24, 25, 26, 49, 50, 100]:
        for frames in [9, 25]:
            self = types.SimpleNamespace(
                frame_extraction=mode, target_frames=[frames], frame_stride=10, frame_sample=3, max_frames=frames, vae_frame_stride=8)
            scope = {"self": self, "frame_count": count, "np": np}
            exec(code, scope)
            stretches.append({"mode": mode, "count": count, "frames": frames, "stride": 10, "samples": 3,
                              "stretches": [[int(a), int(b)] for a, b in scope["crop_pos_and_frames"]]})
json.dump({"aspects": sizes, "stretches": stretches}, sys.stdout)
print()
