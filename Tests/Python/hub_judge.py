"""huggingface_hub as the judge of our downloads: it recognises our folders, and we recognise its folders and caches.

hub_judge.py LTXSH: needs Python with huggingface_hub; ends with 0 and a word when that is not there. Talks to
Tests/Support/HubServer/server.py alone.
"""
import json, os, shutil, subprocess, sys, tempfile, urllib.request

try:
    import huggingface_hub
except ImportError:
    print("skipped: huggingface_hub is not there")
    sys.exit(0)

here = os.path.dirname(os.path.abspath(__file__))
server = subprocess.Popen(
    [sys.executable, f"{here}/../Support/HubServer/server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
port = int(server.stdout.readline().split()[0])
folder = tempfile.mkdtemp()
home = f"{folder}/home"
environment = os.environ | {"HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HOME": home, "HF_HUB_DISABLE_XET": "1"}


def ask(path, body={}):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(f"http://127.0.0.1:{port}{path}", data=json.dumps(body).encode()).read()


def fetched():
    """Requests for the bytes of files so far."""
    return sum(r["sent"] > 0 for r in json.loads(ask("/_log/test/judge")))


def ours(target):
    code = f"print(Models.download('test/judge', {{ output = '{target}', progress = false }}))"
    subprocess.run([os.path.abspath(sys.argv[1]), "--no-init", "-e", code], env=environment, check=True, stderr=subprocess.DEVNULL)


def theirs(**where):
    code = f"import huggingface_hub as h; print(h.snapshot_download('test/judge', **{where!r}))"
    return subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def same(a, b):
    for path in ("model_index.json", "vae/w.safetensors"):
        assert open(f"{a}/{path}", "rb").read() == open(f"{b}/{path}", "rb").read(), path


try:
    ask("/_repo/test/judge", {"bytes": "there", "files": {
        "model_index.json": {"text": "{}\n"}, "vae/w.safetensors": {"size": 100_000, "seed": 1, "lfs": True}}})
    ours(f"{folder}/a")
    count = fetched()
    assert count == 2, count
    theirs(local_dir=f"{folder}/a")
    assert fetched() == count, "huggingface_hub fetched again what lies in our folder"
    theirs(local_dir=f"{folder}/b")
    count = fetched()
    ours(f"{folder}/b")
    assert fetched() == count, "we fetched again what lies in its folder"
    same(f"{folder}/a", f"{folder}/b")
    # Its cache: what is there is copied, and nothing in it is changed.
    snapshot = theirs()
    count, before = fetched(), sorted((p, os.lstat(os.path.join(d, p)).st_mtime_ns) for d, _, ps in os.walk(home) for p in ps)
    ours(f"{folder}/c")
    assert fetched() == count, "we fetched again what lies in its cache"
    same(snapshot, f"{folder}/c")
    assert before == sorted((p, os.lstat(os.path.join(d, p)).st_mtime_ns) for d, _, ps in os.walk(home) for p in ps)
    code = "print(Models.path('test/judge'))"
    found = subprocess.run([os.path.abspath(sys.argv[1]), "--no-init", "-e", code], env=environment, capture_output=True, text=True)
    # It is no model, but it is found.
    assert "snapshots/" in found.stdout + found.stderr, found
    print(f"huggingface_hub {huggingface_hub.__version__} agrees")
finally:
    server.stdin.close()
    shutil.rmtree(folder)
