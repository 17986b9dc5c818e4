"""Runs scene-bench, PySceneDetect and a bare decode in turn on each video, checks the cuts, prints medians and ratios."""
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ours, runs, videos = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
reference = str(Path(__file__).with_name("scenes_ref.py"))


def run(command):
    """Wall and CPU seconds of a whole process, and what it printed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


def f1(found, true):
    """Share of cuts found within one frame, as the harmonic mean of precision and recall."""
    hits = sum(any(abs(a - b) <= 1 for b in found) for a in true)
    return 1.0 if not found and not true else 2 * hits / (len(found) + len(true))


sys.stdout.reconfigure(line_buffering=True)
print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, {runs} runs in turn, medians")
failed = False
for video in videos:
    detectors = ["content", "adaptive", "threshold", "histogram", "hash"]
    mine = json.loads(run([ours, video])[2])["cuts"]
    theirs = {name: json.loads(run([sys.executable, "-W", "ignore", reference, video, name])[2])["cuts"][name] for name in detectors}
    unequal = [name for name in detectors if mine[name] != theirs[name]]
    print(f"\n{Path(video).name}: cuts " + ("equal for all five detectors" if not unequal else f"DIFFER for {unequal}"))
    failed |= bool(unequal)
    commands = {
        "ours": [ours, video, "--detector", "content"],
        "ours, fast": [ours, video, "--fast", "--detector", "content"],
        "PySceneDetect": [sys.executable, "-W", "ignore", reference, video, "content"],
        "bare decode": ["ffmpeg", "-nostdin", "-v", "error", "-i", video, "-map", "0:v:0", "-f", "null", "-"],
    }
    times = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(run(command))
    wall = {name: statistics.median(t[0] for t in rows) for name, rows in times.items()}
    cpu = {name: statistics.median(t[1] for t in rows) for name, rows in times.items()}
    print(f"  {'':14} {'wall s':>8} {'CPU s':>8} {'PySceneDetect / it: wall':>25} {'CPU':>6} {'it / bare: CPU':>15}")
    for name in commands:
        ratio, ratio_cpu = wall["PySceneDetect"] / wall[name], cpu["PySceneDetect"] / cpu[name]
        print(f"  {name:14} {wall[name]:8.2f} {cpu[name]:8.2f} {ratio:25.2f} {ratio_cpu:6.2f} {cpu[name] / cpu['bare decode']:15.2f}")
    fast = json.loads(times["ours, fast"][-1][2])
    print(f"  fast: F1 {f1(fast['cuts']['content'], theirs['content']):.3f} against PySceneDetect's content cuts (±1 frame)")
    plan = statistics.median(json.loads(t[2])["plan"] for t in times["ours"])
    print(f"  another threshold on stored scores: {plan * 1000:.2f} ms")
sys.exit(1 if failed else 0)
