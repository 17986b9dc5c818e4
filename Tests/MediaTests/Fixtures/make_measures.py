#!/usr/bin/env python3
"""What the fixtures beside this file are like, by OpenCV, NumPy and ffmpeg.

    make_measures.py > measures.json        needs opencv-python, numpy and ffmpeg
"""
import json, subprocess
from pathlib import Path
import cv2, numpy as np

here = Path(__file__).parent
out = {}
for name in ["scenes.mp4", "vfr.mp4"]:
    probe = json.loads(subprocess.check_output(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height:frame=best_effort_timestamp_time",
         "-of", "json", str(here / name)]))
    width, height = probe["streams"][0]["width"], probe["streams"][0]["height"]
    times = [float(f["best_effort_timestamp_time"]) for f in probe["frames"]]
    raw = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", str(here / name), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
    grey = [cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames]
    scale = min(1, 128 / max(width, height))
    small = [cv2.resize(g, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA) for g in grey]
    change = [np.abs(a.astype(int) - b).mean() for a, b in zip(small, small[1:])]
    sampled, due = [], 0
    for g, t in zip(grey, times):
        if t - times[0] >= due / 2 - 1e-6:
            due = int((t - times[0]) * 2) + 1
            sampled.append(g)
    out[name] = {"width": width, "height": height, "motion": float(np.mean(change)), "repeated": int(sum(c < 0.1 for c in change)),
                 "sharpness": float(np.mean([cv2.Laplacian(g, cv2.CV_64F).var() for g in sampled])),
                 "brightness": float(np.mean([s.mean() for s in small]))}
print(json.dumps(out, indent=1))
