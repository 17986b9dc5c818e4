"""A hub that speaks Hugging Face's protocol, or misbehaves as it is told to. For tests; needs nothing but Python.

server.py prints two ports, of the hub and of the host that has the bytes, then serves until standard input ends.
POST /_repo/OWNER/NAME with a JSON object makes a repository, GET /_log/OWNER/NAME tells what was asked of it, a request a line.

A repository: {"commit", "files": {path: {"size", "seed"} | {"text"} | {"base64"}, "lfs": true}, and how it behaves:
  "bytes": "here" | "there"        whether the hub sends large files itself or an address at the other host
  "expiry": seconds                that such an address holds
  "chain": [[status, target], ..]  redirects on the way to a file; target: "same", "there", "loop", "relative", "http://..."
  "drop": bytes                    after which a connection is cut, "rate": bytes a second
  "ranges": false                  every answer is of the whole file
  "range_offset": n                sends another part than was asked for
  "flip": true                     one wrong byte, "claim": n: another length in the headers of the bytes
  "replies": {part of path: [reply, ...]}  given instead, each once: {"status", "headers", "json" | "text", "cut"}
  "page": n                        files a page of the list, "link": "http://host" that the next page is said to be at
  "token": "..."                   without it 401
  "uploads": true                  takes preupload, LFS and commits; "multipart": bytes a part, "known": [sums]
}"""
import base64, hashlib, http.server, json, random, re, socket, sys, threading, time, urllib.parse

repos, logs, lock, stored = {}, {}, threading.Lock(), {}
ports = {}


def contents(entry):
    if "text" in entry:
        return entry["text"].encode()
    if "base64" in entry:
        return base64.b64decode(entry["base64"])
    if "data" not in entry:
        entry["data"] = random.Random(entry.get("seed", 0)).randbytes(entry["size"])
    return entry["data"]


def git_sum(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self):
        # What is on its way when a client is killed would count as fetched twice.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 15)
        super().setup()

    def log_message(self, *_):
        pass

    @property
    def is_there(self):
        return self.server.server_port == ports["there"]

    def answer(self, status, body=b"", headers={}, cut=False):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        elif isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(body) + (10 if cut else 0)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if cut:
            self.close_connection = True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def serve(self):
        self.raw = self.body()
        path = urllib.parse.unquote(self.path.split("?")[0])
        if m := re.fullmatch(r"/_repo/(.+)", path):
            with lock:
                repos[m[1]], logs[m[1]] = json.loads(self.raw), []
            return self.answer(200)
        if m := re.fullmatch(r"/_log/(.+)", path):
            with lock:
                return self.answer(200, logs[m[1]])
        name = next((name for name in repos if f"/{name}/" in path + "/" or f"/{name}.git/" in path), None)
        if name is None and path.endswith("/repos/create"):
            asked = json.loads(self.raw)
            name = f"{asked.get('organization') or 'me'}/{asked['name']}"
        if name is None and self.headers.get("X-Test-Repo"):
            name = self.headers["X-Test-Repo"]
        if name not in repos:
            name = next((n for n in repos if repos[n].get("catches")), None)
        if name is None:
            return self.answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        repo = repos[name]
        self.entry = {
            "method": self.command, "path": self.path, "there": self.is_there, "time": time.time(), "sent": 0,
            "range": self.headers.get("Range"), "authorization": self.headers.get("Authorization"),
            "bytes": len(self.raw), "body": self.raw[:100000].decode("utf-8", "replace"),
            "encoding": self.headers.get("Accept-Encoding"),
        }
        with lock:
            logs[name].append(self.entry)
            reply = None
            for part, replies in repo.get("replies", {}).items():
                if part in self.command + " " + path and replies:
                    reply = replies.pop(0)
                    break
        if reply is not None and not reply.get("pass"):
            if reply.get("close"):
                self.close_connection = True
                return
            time.sleep(reply.get("delay", 0))
            text = reply["json"] if "json" in reply else reply.get("text", "")
            return self.answer(reply.get("status", 200), text, reply.get("headers", {}), reply.get("cut", False))
        if repo.get("token") and not self.is_there and self.headers.get("Authorization") != "Bearer " + repo["token"]:
            return self.answer(401, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        self.route(name, repo, path, dict(urllib.parse.parse_qsl(self.path.partition("?")[2])))

    do_GET = do_HEAD = do_POST = do_PUT = serve

    def route(self, name, repo, path, query):
        commit = repo.get("commit", "a" * 40)
        if m := re.search(r"/_hop/(\d+)/(.+)$", path):
            return self.hop(name, repo, int(m[1]), m[2])
        if "/revision/" in path and "/api/models/" in path:
            siblings = [{"rfilename": path} for path in repo.get("files", {})]
            return self.answer(200, {"id": name, "modelId": name, "sha": commit, "siblings": siblings, "private": False})
        if "/tree/" in path:
            return self.tree(name, repo, path, query)
        if m := re.search(r"/repo/files$", path):
            files = [
                {"Path": p, "Size": len(contents(e)), "Type": "blob", "Sha256": hashlib.sha256(contents(e)).hexdigest()}
                for p, e in repo["files"].items()
            ]
            return self.answer(200, {"Success": True, "Data": {"Files": files}})
        if m := re.search(r"/resolve/[^/]+/(.+)$", path):
            if m[1] not in repo.get("files", {}):
                return self.answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            if repo.get("chain"):
                return self.hop(name, repo, 0, m[1])
            return self.resolve(name, repo, m[1])
        if m := re.search(r"/_bytes/(.+)$", path):
            if float(query.get("until", "inf")) < time.time():
                return self.answer(403, "<Error>expired</Error>")
            return self.send(repo, repo["files"][m[1]])
        self.write(name, repo, path, commit)

    def signed(self, name, repo, path):
        until = f"?until={time.time() + repo['expiry']}&X-Sig=a%2Fb" if "expiry" in repo else "?X-Sig=a%2Fb"
        return f"http://127.0.0.1:{ports['there']}/{name}/_bytes/{urllib.parse.quote(path)}{until}"

    def resolve(self, name, repo, path):
        entry = repo["files"][path]
        data = contents(entry)
        sum = hashlib.sha256(data).hexdigest() if entry.get("lfs") else git_sum(data)
        headers = {"X-Repo-Commit": repo.get("commit", "a" * 40), "ETag": f'"{sum}"'}
        if entry.get("lfs") and repo.get("bytes") == "there":
            headers |= {"X-Linked-Etag": f'"{sum}"', "X-Linked-Size": len(data), "Location": self.signed(name, repo, path)}
            return self.answer(302, "", headers)
        self.send(repo, entry, headers)

    def hop(self, name, repo, number, path):
        chain = repo["chain"]
        if number >= len(chain) and chain[-1][1] != "loop":
            return self.send(repo, repo["files"][path]) if self.is_there else self.resolve(name, repo, path)
        status, target = chain[min(number, len(chain) - 1)]
        place = f"/{name}/_hop/{number + 1}/{urllib.parse.quote(path)}?x=1%2F2"
        where = {
            "same": f"http://127.0.0.1:{self.server.server_port}{place}", "loop": f"http://127.0.0.1:{ports['hub']}{place}",
            "there": f"http://127.0.0.1:{ports['there']}{place}", "back": f"http://127.0.0.1:{ports['hub']}{place}",
            "relative": place, "nowhere": None,
        }.get(target, target)
        self.answer(status, "", {"Location": where} if where else {})

    def tree(self, name, repo, path, query):
        entries = [{"type": "directory", "path": "x", "oid": "0" * 40, "size": 0}]
        for p, e in repo.get("files", {}).items():
            data = contents(e)
            entry = {"type": "file", "path": e.get("name", p), "size": len(data), "oid": git_sum(data)}
            if e.get("lfs"):
                entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
            entries.append(entry)
        page, start = repo.get("page", 1000), int(query.get("cursor", 0))
        headers = {}
        if start + page < len(entries):
            base = repo.get("link", f"http://127.0.0.1:{ports['hub']}")
            api = path[path.index("/api/"):]
            headers["Link"] = f'<{base}{urllib.parse.quote(api)}?recursive=true&cursor={start + page}>; rel="next"'
        self.answer(200, entries[start:start + page], headers)

    def send(self, repo, entry, headers={}):
        data = contents(entry)
        if repo.get("flip"):
            data = bytes([data[0] ^ 1]) + data[1:]
        start, status = 0, 200
        headers = dict(headers)
        if (wanted := self.headers.get("Range")) and repo.get("ranges", True):
            start = int(re.match(r"bytes=(\d+)-", wanted)[1])
            if start >= len(data):
                return self.answer(416, "", {"Content-Range": f"bytes */{len(data)}"})
            start, status = start + repo.get("range_offset", 0), 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{repo.get('claim', len(data))}"
        body = data[start:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(repo.get("claim", len(data)) - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        piece, end = 1 << 14, repo.get("drop", len(body))
        for place in range(0, min(len(body), end), piece):
            chunk = body[place:min(place + piece, end)]
            self.wfile.write(chunk)
            self.entry["sent"] += len(chunk)
            if rate := repo.get("rate"):
                time.sleep(len(chunk) / rate)
        if end < len(body) or "claim" in repo:
            self.close_connection = True

    # Uploads

    def write(self, name, repo, path, commit):
        here, there = f"http://127.0.0.1:{ports['hub']}", f"http://127.0.0.1:{ports['there']}"
        body = {}
        if self.raw[:1] == b"{" and "/commit/" not in path and "_put" not in path:
            body = json.loads(self.raw)
        if path.endswith("/whoami-v2"):
            return self.answer(200, {"name": "me", "orgs": [{"name": "org"}], "auth": {"accessToken": {"role": repo.get("role", "write")}}})
        if path.endswith("/repos/create"):
            if "created" in repo:
                return self.answer(409, {"error": "You already created this model repo"})
            repo["created"] = body
            return self.answer(200, {"url": f"{here}/{name}"})
        if path.endswith("/validate-yaml"):
            return self.answer(200, {"errors": [], "warnings": []})
        if "/preupload/" in path:
            files = []
            for f in body["files"]:
                mode = "lfs" if f["path"].endswith((".safetensors", ".mp4", ".bin")) else "regular"
                files.append({"path": f["path"], "uploadMode": mode, "shouldIgnore": False, "oid": repo.get("committed", {}).get(f["path"])})
            return self.answer(200, {"files": files})
        if path.endswith("/objects/batch"):
            objects = []
            for o in body["objects"]:
                item = {"oid": o["oid"], "size": o["size"]}
                if not (o["oid"] in stored or o["oid"] in repo.get("known", [])):
                    href = f"{there}/{name}/_put/{o['oid']}"
                    header = {}
                    if repo.get("multipart"):
                        count = -(-o["size"] // repo["multipart"]) + repo.get("extra_parts", 0)
                        header = {"chunk_size": str(repo["multipart"])} | {f"{n + 1:05d}": f"{href}/{n + 1}" for n in range(count)}
                    item["actions"] = {"upload": {"href": href, "header": header}, "verify": {"href": f"{here}/{name}/_verify"}}
                objects.append(item)
            transfer = "multipart" if repo.get("multipart") else "basic"
            return self.answer(200, {"transfer": transfer, "objects": objects})
        if m := re.search(r"/_put/([0-9a-f]{64})(?:/(\d+))?$", path):
            with lock:
                if self.command == "POST":
                    parts = stored.pop(m[1] + "/parts", {})
                    stored[m[1]] = b"".join(parts[n] for n in sorted(parts))
                elif m[2]:
                    stored.setdefault(m[1] + "/parts", {})[int(m[2])] = self.raw
                else:
                    stored[m[1]] = self.raw
            return self.answer(200, {}, {} if repo.get("no_etag") else {"ETag": f'"part-{m[2]}"'})
        if path.endswith("/_verify"):
            data = stored.get(body["oid"], b"")
            isRight = len(data) == body["size"] and hashlib.sha256(data).hexdigest() == body["oid"]
            return self.answer(200 if isRight else 422, {"message": "Success" if isRight else "size or sum differs"})
        if "/commit/" in path:
            lines = [json.loads(line) for line in self.raw.decode().splitlines()]
            for line in lines[1:]:
                value = line["value"]
                if line["key"] == "lfsFile":
                    if value["oid"] not in stored and value["oid"] not in repo.get("known", []):
                        return self.answer(422, {"error": f"LFS pointer pointed to a file that does not exist: {value['path']}"})
                    repo.setdefault("committed", {})[value["path"]] = value["oid"]
                elif line["key"] == "file":
                    repo.setdefault("committed", {})[value["path"]] = git_sum(base64.b64decode(value["content"]))
            repo["commits"] = repo.get("commits", 0) + 1
            repo["commit"] = hashlib.sha1(str(repo["commits"]).encode()).hexdigest()
            return self.answer(200, {"success": True, "commitOid": repo["commit"], "commitUrl": f"{here}/{name}/commit/{repo['commit']}"})
        self.answer(404, {"error": f"no such route: {path}"}, {"X-Error-Code": "RepoNotFound"})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


servers = {kind: Server(("127.0.0.1", 0), Handler) for kind in ("hub", "there")}
for kind, server in servers.items():
    ports[kind] = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(ports["hub"], ports["there"], flush=True)
sys.stdin.read()
