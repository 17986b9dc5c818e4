#!/usr/bin/env python3
"""latency.py PROGRAM [ROUNDS]: how long a person waits, on a pseudo-terminal, with the load of the machine beside each line.

Called by scripts/bench/latency.sh. Nothing here passes or fails: tests check what happens, this reports how long it takes.
"""
import os, pty, re, select, statistics, subprocess, sys, tempfile, time

program, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10
LIMIT = 300
PROMPT = re.compile(rb"ltx>[^\r\n]*$")
home = tempfile.mkdtemp(prefix="ltxsh-latency-")


class Shell:
    """The program on a terminal of its own."""

    def __init__(self):
        self.seen, start = b"", time.monotonic()
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            environment = {"HOME": home, "TERM": "dumb", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "NO_COLOR": "1"}
            os.execve(program, [program, "--no-init"], environment)
        self.until(PROMPT.search)
        self.started = time.monotonic() - start

    def until(self, is_there):
        end = time.monotonic() + LIMIT
        while not is_there(self.seen):
            if time.monotonic() > end or not select.select([self.terminal], [], [], LIMIT)[0]:
                sys.exit(f"latency: not seen within {LIMIT} s; on the screen: {self.seen[-500:]!r}")
            self.seen += os.read(self.terminal, 1 << 16)

    def send(self, text):
        self.seen = b""
        os.write(self.terminal, text.encode())

    def enter(self, line):
        """A line, and the wait for the next prompt."""
        self.send(line + "\r")
        self.until(lambda seen: b"\n" in seen and PROMPT.search(seen))

    def interrupted(self, line, moment):
        """Runs what does not end, waits until it runs and a moment more, presses Ctrl-C: seconds to the prompt."""
        self.send(f"print('be' .. 'gun'); {line}\r")
        self.until(lambda seen: b"begun" in seen)
        time.sleep(moment)
        start = time.monotonic()
        self.send("\x03")
        self.until(PROMPT.search)
        return time.monotonic() - start

    def close(self):
        os.write(self.terminal, b"\x04")
        os.waitpid(self.child, 0)
        os.close(self.terminal)


def report(name, seconds):
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    milliseconds = sorted(1000 * value for value in seconds)
    print(f"{name:44}{statistics.median(milliseconds):9.1f}{milliseconds[-1]:9.1f}   {load}", flush=True)


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


print(f"{'milliseconds':44}{'median':>9}{'most':>9}   load of 1, 5, 15 minutes; {os.cpu_count()} processors")
starts = []
for _ in range(rounds):
    shell = Shell()
    starts.append(shell.started)
    shell.close()
report("start to the prompt", starts)

os.makedirs(f"{home}/videos"), os.makedirs(f"{home}/clips")
source = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i"]
run(*source, "testsrc2=size=640x360:rate=25", "-t", "60", "-c:v", "libx264", "-preset", "ultrafast", f"{home}/videos/long.mp4")
for number in range(2):
    run(*source, "testsrc2=size=64x64:rate=24", "-frames:v", "24", "-pix_fmt", "yuv420p", f"{home}/clips/clip{number}.mp4")
configuration = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../configs/tiny.yaml")
shell = Shell()
for line in [
    f"Models.make_tiny('{home}/tiny');", f"clips = Dataset.open('{home}/clips');", f"videos = Dataset.open('{home}/videos');",
    "for i, clip in ipairs(clips) do clip.caption = 'clip ' .. i end",
    f"pc = Preprocessor.load{{ model = '{home}/tiny' }}:run(clips, {{ size = '64x64x9' }});",
    f"cfg = Config.load('{configuration}');", f"cfg.model.model_source = '{home}/tiny'",
    "cfg.data.preprocessed_data_root = pc.path", "cfg.optimization.steps = 1000000", f"cfg.output_dir = '{home}/run'",
    "tr = Trainer.load(cfg);", "scan = videos:scan{};",
]:
    shell.enter(line)

for name, code in [
    ("Ctrl-C in a busy loop", "while true do end"),
    ("Ctrl-C in a catastrophic pattern", "('a'):rep(40):find(('a-'):rep(20) .. 'b')"),
    ("Ctrl-C in scoring", "while true do videos:scan{ detector = 'content' } end"),
    ("Ctrl-C in training, the last step saved", "run = tr:train(cfg)"),
]:
    report(name, [shell.interrupted(code, 0.2 + 0.1 * (number % 8)) for number in range(rounds)])

for name, code, count in [
    ("a bound call: time()", "for _ = 1, 1e6 do time() end", 1_000_000),
    ("another threshold: scan:cuts{}", "for i = 1, 100 do scan:cuts{ threshold = 10 + i % 30 } end", 100),
]:
    values = []
    for _ in range(rounds):
        shell.send(f"t = time() {code} print('took' .. ' ' .. time() - t)\r")
        shell.until(lambda seen: re.search(rb"took [0-9.e-]+\s", seen))
        values.append(float(re.search(rb"took ([0-9.e-]+)\s", shell.seen)[1]) / count)
        shell.until(PROMPT.search)
    if values[0] < 1e-4:
        name, values = f"{name}, a thousand of them", [1000 * value for value in values]
    report(name, values)
shell.close()
run("rm", "-rf", home)
