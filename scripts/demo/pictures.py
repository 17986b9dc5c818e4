"""Remakes docs/pictures from the program itself: pictures.py LTXSH, after the quickstart has run. scripts/demo/pictures.sh calls it."""
import re, shutil, sys
from pathlib import Path
import terminal

SESSION = [
    'clips = Dataset.open("outputs/quickstart/clips/scenes")',
    "clips",
    "clips[1]:preview{ frames = 4 }",
    'cfg = Config.load("configs/demo.yaml")',
    "tr = Trainer.load(cfg)",
    'run = tr:train(cfg:copy{ output_dir = "outputs/pictures/run" })',
    "run",
    "run:plot()",
]


def main():
    program, out = sys.argv[1], Path("docs/pictures")
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree("outputs/pictures", ignore_errors=True)
    command = [program, "--no-init", "--no-history", "--color", "always"]
    screen = terminal.session(command, SESSION, columns=96, environment={"LTXSH_IMAGES": "blocks"})
    said = "\n".join("".join(cell[0] for cell in line) for line in screen.lines)
    assert "error" not in said, said
    (out / "session.svg").write_text(screen.svg())
    shutil.copyfile("outputs/quickstart/comet.png", out / "comet.png")
    shutil.copyfile("outputs/quickstart/ball.png", out / "ball.png")
    for path in sorted(out.iterdir()):
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
