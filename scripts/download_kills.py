"""Kills a download again and again (scripts/download-kills.sh). Needs Python alone."""
import hashlib, json, os, random, shutil, signal, subprocess, sys, tempfile, time, urllib.request

kills, program = int(sys.argv[1]), os.path.abspath(sys.argv[2])
size, rate = 60_000_000, 6_000_000
server = subprocess.Popen(
    [sys.executable, "Tests/Support/HubServer/server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
port = int(server.stdout.readline().split()[0])
folder = tempfile.mkdtemp()
part = f"{folder}/it/.cache/huggingface/download/w.safetensors.ltxsh-part"


def ask(path, body):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(f"http://127.0.0.1:{port}{path}", data=json.dumps(body).encode()).read()


def have():
    return os.path.getsize(part) if os.path.exists(part) else 0


ask("/_repo/test/kills", {"bytes": "there", "rate": rate, "files": {
    "config.json": {"text": "{}"}, "w.safetensors": {"size": size, "seed": 7, "lfs": True}}})
environment = os.environ | {"HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HOME": f"{folder}/home"}
command = [program, "--no-init", "-e", f"Models.download('test/kills', {{ output = '{folder}/it', progress = false }})"]
try:
    done = 0
    while done < kills:
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        # At a random moment, but not so far on that nothing is left for the others.
        wanted = have() + random.random() * 1.6 * (size - have()) / (kills - done + 1)
        while process.poll() is None and have() < wanted:
            time.sleep(0.005)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            done += 1
        process.wait()
    assert subprocess.run(command, env=environment).returncode == 0
    found = hashlib.sha256(open(f"{folder}/it/w.safetensors", "rb").read()).hexdigest()
    expected = hashlib.sha256(random.Random(7).randbytes(size)).hexdigest()
    sent = sum(request["sent"] for request in json.loads(ask("/_log/test/kills", {})))
    print(f"{kills} kills, {sent:,} bytes sent of {size:,} ({sent / size:.4f}), {'the same' if found == expected else 'ANOTHER'} file")
    sys.exit(0 if found == expected and sent <= 1.05 * size else 1)
finally:
    server.stdin.close()
    shutil.rmtree(folder)
