#!/usr/bin/env python3
"""Frames 0 and 8 of a clip as the reference trainer's own dataset brings them to size: decord, bicubic resize, centre crop.

    LTXV_UPSTREAM=CHECKOUT make_clip_pictures.py > clip_pictures.safetensors     needs torch, torchvision, decord, pandas; LTX-Video-Trainer 31b1273
"""
import json, os, sys, tempfile
from pathlib import Path

sys.path[:0] = [os.environ["LTXV_UPSTREAM"] + "/src", os.environ["LTXV_UPSTREAM"] + "/scripts", os.environ["LTXV_UPSTREAM"]]
from safetensors.torch import save
from process_videos import MediaDataset

video = Path(__file__).parent.parent / "MediaTests/Fixtures/scenes.mp4"
tensors = {}
with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "a.mp4").symlink_to(video.resolve())
    (Path(folder) / "list.json").write_text(json.dumps([{"caption": "x", "media_path": "a.mp4"}]))
    for width, height in [(64, 32), (32, 64)]:
        data = MediaDataset(Path(folder) / "list.json", "media_path", "media_path", [(9, height, width)])
        video = data[0]["video"]  # (frames, 3, height, width)
        assert video.shape == (9, 3, height, width), video.shape
        tensors[f"{width}x{height}"] = video[[0, 8]].permute(1, 0, 2, 3).contiguous()
sys.stdout.buffer.write(save(tensors))
