"""Writes clips of the world with captions, for ltxsh to preprocess: clips.py OUT [--count N] [--frames F] [--seed S]."""
import argparse, json
from pathlib import Path
import av
import torch
import world

RATES = (24, 200)  # nine frames at 200 a second lie in training where sampling has them: see docs/reference-behaviour.md


def write_video(path, clip, rate):
    """(3, frames, height, width) in -1..1 to an mp4, nearly lossless."""
    pictures = ((clip.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 3, 0).numpy()
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate, options={"crf": "6", "preset": "veryfast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = world.WIDTH, world.HEIGHT, "yuv420p"
        for picture in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        file.mux(stream.encode(None))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("out", type=Path)
    ap.add_argument("--count", type=int, default=2000)
    ap.add_argument("--frames", type=int, default=9)
    ap.add_argument("--seed", type=int, default=11)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    g, entries = torch.Generator().manual_seed(a.seed), []
    for first in range(0, a.count, 50):
        p = world.sample(g, min(50, a.count - first))
        for i, clip in enumerate(world.render(p, a.frames)):
            name = f"clip{first + i:04}.mp4"
            write_video(a.out / name, clip, RATES[i % 2])
            entries.append({"caption": world.caption(p, i), "media_path": name})
    (a.out / "captions.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
