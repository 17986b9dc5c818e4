"""A server that speaks OpenAI's chat completions, or misbehaves as a script says. For tests; needs nothing but Python.

server.py SCRIPT.json LOG prints its port, then serves until standard input ends. SCRIPT: {"models": reply, "chat": [reply, ...],
"repeat": "last" | "all", "files": reply}. Chat replies are given one a request, the last one (or all of them, in turn) again.
A reply: {"status", "headers", "json" | "text" | "bytes" (latin-1), "action"}, or {"by_parameter": [[name, reply], ...],
"otherwise": reply}, which is the first whose parameter is in the request. `action`: "reset", "close", "stall", "cut",
"gzip_bomb", "flood", "chunks". `delay`: seconds before it. $KEY, $MEDIA and $PORT in texts stand for the key, the number of pictures that came and the port. LOG gets a line of JSON a request,
without the pictures' bytes.
"""
import base64, hashlib, json, re, socket, struct, sys, threading, time, zlib

script = json.load(open(sys.argv[1]))
lock = threading.Lock()
counts = {"chat": 0}


def read_request(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        more = conn.recv(65536)
        if not more:
            return None
        data += more
        if data[0] == 0x16:  # TLS
            return None
    head, rest = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    headers = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
    length = int(headers.get("content-length", 0))
    while len(rest) < length:
        more = conn.recv(65536)
        if not more:
            return None
        rest += more
    return method, path, headers, rest


def shortened(value):
    """The request without the bytes of its pictures, of which the first two, the length and a hash are told."""
    if isinstance(value, dict):
        return {k: shortened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shortened(v) for v in value]
    if isinstance(value, str) and value.startswith("data:"):
        kind, text = value.split(",", 1)
        data = base64.b64decode(text)
        return f"{kind},{data[:2].hex()},{len(data)},{hashlib.sha256(data).hexdigest()[:16]}"
    return value


def media(body):
    parts = [p for m in body.get("messages", []) if isinstance(m["content"], list) for p in m["content"]]
    return sum(p["type"] != "text" for p in parts)


def choose(reply, body):
    while "by_parameter" in reply or "by_media" in reply:
        if "by_media" in reply:
            kinds = {p["type"] for m in body.get("messages", []) if isinstance(m["content"], list) for p in m["content"]}
            found = [r for name, r in reply["by_media"] if name in kinds or name.startswith(">") and media(body) > int(name[1:])]
        else:
            found = [r for name, r in reply["by_parameter"] if name in body]
        reply = found[0] if found else reply["otherwise"]
    return reply


def answer(conn, reply, headers, body):
    action = reply.get("action")
    key = headers.get("authorization", "").removeprefix("Bearer ")
    if action == "reset":
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    if action == "close":
        return False
    if action == "stall":
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        while conn.recv(1):
            pass
        return False
    if action == "flood":
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(1000):
            conn.sendall(b"x" * 1_000_000)
        return False
    if action == "gzip_bomb":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        return False
    if action == "chunks":
        conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nrubbish")
        return False
    time.sleep(reply.get("delay", 0))
    if "json" in reply:
        text = json.dumps(reply["json"], ensure_ascii=False)
    else:
        text = reply.get("text", "")
    text = text.replace("$KEY", key).replace("$MEDIA", str(media(body)))
    text = re.sub(r"\$PORT", str(port), text)
    data = reply["bytes"].encode("latin-1") if "bytes" in reply else text.encode()
    head = f"HTTP/1.1 {reply.get('status', 200)} X\r\n"
    for name, value in reply.get("headers", {}).items():
        value = str(value).replace("$KEY", key)
        if m := re.fullmatch(r"DATE\+(\d+)", value):
            value = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + int(m[1])))
        if m := re.fullmatch(r"EPOCH_MS\+(\d+)", value):
            value = str(int(time.time() * 1000) + int(m[1]))
        head += f"{name}: {value}\r\n"
    length = len(data) + (50 if action == "cut" else 0)
    conn.sendall((head + f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n").encode() + data)
    return action != "cut"


def serve(conn):
    try:
        while request := read_request(conn):
            method, path, headers, raw = request
            kind = path.split("?")[0]
            body = {}
            if headers.get("content-type") == "application/json" and raw:
                body = json.loads(raw)
            entry = {
                "method": method, "path": path, "authorization": headers.get("authorization"), "time": time.time(),
                "body": shortened(body), "bytes": len(raw), "media": media(body),
            }
            with lock:
                with open(sys.argv[2], "a") as log:
                    log.write(json.dumps(entry) + "\n")
                if kind.endswith("/models"):
                    reply = script.get("models", {"status": 404, "text": ""})
                elif "/files" in kind:
                    reply = script.get("files", {"status": 404, "text": ""})
                elif kind.endswith("/chat/completions"):
                    replies, place = script["chat"], counts["chat"]
                    counts["chat"] += 1
                    turn = place % len(replies) if script.get("repeat") == "all" else min(place, len(replies) - 1)
                    reply = replies[turn]
                else:
                    reply = {"status": 404, "text": ""}
            if not answer(conn, choose(reply, body), headers, body):
                break
    except OSError:
        pass
    finally:
        conn.close()


listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
print(port, flush=True)


def accept():
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
sys.stdin.read()
