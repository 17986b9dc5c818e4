"""Remakes docs/pictures/session.svg: a session at a pseudo-terminal, drawn as it was. pictures.py LTXSH; scripts/demo/pictures.sh calls it."""
import os, shutil, subprocess, sys
from pathlib import Path
import terminal

DRAW = """local captions = require("demo.comet")("train_date/comet/comet.mp4")
local scenes = Dataset.open("train_date/comet"):split{ threshold = 12, min_scene_len = "8f", progress = false }
scenes.trigger = "COMET"
for i, clip in ipairs(scenes) do clip.caption = captions[i] end
local model = Models.make_tiny("models/tiny")
Preprocessor.load{ model = model }:run(scenes, { size = "96x64x9", progress = false })"""
SESSION = [
    'scenes = Dataset.open("train_date/comet/scenes")',
    "scenes",
    "scenes[1]:preview{ frames = 4 }",
    'cfg = Config.load("configs/tiny.yaml")',
    'cfg.data.preprocessed_data_root = "train_date/comet/scenes"',
    "cfg.optimization.lerning_rate = 2e-3",
    "cfg.optimization.learning_rate = 2e-3",
    "tr = Trainer.load(cfg)",
    "run = tr:train(cfg)",
    "run",
    'Exporter.comfyui(run, "outputs/comet.safetensors")',
]


def main():
    root, program = Path(__file__).resolve().parents[2], str(Path(sys.argv[1]).resolve())
    home, out = root / "outputs/pictures", root / "docs/pictures"
    shutil.rmtree(home, ignore_errors=True)
    (home / "home").mkdir(parents=True)
    out.mkdir(parents=True, exist_ok=True)
    (home / "configs").symlink_to(root / "configs")
    os.chdir(home)
    os.environ["HOME"] = str(home / "home")
    command = [program, "--no-init", "--threads", "1"]
    subprocess.run([*command, "-e", f'package.path = "{root}/scripts/?.lua;" .. package.path', "-e", DRAW], check=True)
    screen = terminal.session([*command, "--no-history", "--color", "always"], SESSION, columns=100)
    said = "\n".join("".join(cell[0] for cell in line).rstrip() for line in screen.lines)
    print(said)
    wrong = [line for line in said.split("\n") if "error" in line and "lerning_rate" not in line]
    assert not wrong, wrong
    (out / "session.svg").write_text(screen.svg())
    print(f"docs/pictures/session.svg: {(out / 'session.svg').stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
