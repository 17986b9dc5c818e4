"""A terminal of few virtues: what a program writes to a pseudo-terminal, as lines of coloured cells and as an SVG."""
import codecs, fcntl, os, pty, re, select, signal, struct, termios, time
from html import escape

BASE = ["#1d2021", "#cc5a50", "#8fb573", "#d9a741", "#6c99bb", "#b07aa8", "#6fb3a8", "#d5d0c0",
        "#7c7a74", "#e0786e", "#a9cb8f", "#e8c06a", "#8db4d2", "#c796bf", "#8ccabf", "#f2eee2"]
BLOCKS = "▀▁▂▃▄▅▆▇█"  # the upper half, then eighths from below
FOREGROUND, BACKGROUND = "#d5d0c0", "#1d2021"
CONTROL = re.compile(r"\x1b\[([?>=]?)([0-9;:]*)([@-~])|\x1b[\]_P^].*?(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78M]")


def palette(n):
    if n < 16:
        return BASE[n]
    if n >= 232:
        return "#" + f"{8 + 10 * (n - 232):02x}" * 3
    n -= 16
    return "#" + "".join(f"{0 if v == 0 else 55 + 40 * v:02x}" for v in (n // 36, n // 6 % 6, n % 6))


class Screen:
    """Cells are (character, foreground, background, bold). Lines that scroll off the top are kept."""
    def __init__(self, columns, rows):
        self.columns, self.rows, self.top = columns, rows, 0
        self.lines, self.x, self.y = [[]], 0, 0
        self.style = (None, None, False, False)

    def _line(self):
        while len(self.lines) <= self.y:
            self.lines.append([])
        self.top = max(self.top, len(self.lines) - self.rows)
        return self.lines[self.y]

    def feed(self, text):
        place = 0
        while place < len(text):
            c = text[place]
            if c == "\x1b" and (found := CONTROL.match(text, place)):
                if found[3] and not found[1]:
                    self._control(found[3], [int(v or 0) for v in re.split("[;:]", found[2])])
                place = found.end()
                continue
            place += 1
            if c == "\r":
                self.x = 0
            elif c == "\n":
                self.y += 1
                self._line()
            elif c == "\b":
                self.x = max(0, self.x - 1)
            elif c >= " ":
                if self.x >= self.columns:
                    self.x, self.y = 0, self.y + 1
                line = self._line()
                line.extend([(" ", None, None, False)] * (self.x + 1 - len(line)))
                fore, back, bold, swapped = self.style
                line[self.x] = (c, back or BACKGROUND, fore or FOREGROUND, bold) if swapped else (c, fore, back, bold)
                self.x += 1

    def _control(self, kind, n):
        count = max(1, n[0])
        if kind == "m":
            self._colour(n)
        elif kind == "K":
            line = self._line()
            if n[0] == 0:
                del line[self.x:]
            elif n[0] == 2:
                line.clear()
        elif kind == "J" and n[0] == 0:
            del self._line()[self.x:]
            del self.lines[self.y + 1:]
        elif kind == "G":
            self.x = count - 1
        elif kind in "ABCD":
            self.x += (kind == "C") * count - (kind == "D") * count
            self.y += (kind == "B") * count - (kind == "A") * count
            self.x, self.y = max(0, self.x), max(self.top, self.y)
        elif kind == "H":
            self.y, self.x = self.top + count - 1, (n[1] if len(n) > 1 else 1) - 1
        elif kind == "P":
            del self._line()[self.x:self.x + count]

    def _colour(self, n):
        fore, back, bold, swapped = self.style
        while n:
            v = n.pop(0)
            if v == 0:
                fore, back, bold, swapped = None, None, False, False
            elif v in (1, 22):
                bold = v == 1
            elif v == 2:
                fore = fore or BASE[8]
            elif v in (7, 27):
                swapped = v == 7
            elif v in (38, 48) and n:
                if n.pop(0) == 5:
                    colour = palette(n.pop(0))
                else:
                    colour, n = "#" + "".join(f"{v:02x}" for v in n[:3]), n[3:]
                fore, back = (colour, back) if v == 38 else (fore, colour)
            elif v in (39, 49):
                fore, back = (None, back) if v == 39 else (fore, None)
            elif 30 <= v <= 37 or 90 <= v <= 97:
                fore = BASE[v - 30 if v < 90 else v - 82]
            elif 40 <= v <= 47 or 100 <= v <= 107:
                back = BASE[v - 40 if v < 100 else v - 92]
        self.style = (fore, back, bold, swapped)

    def svg(self, width=8.4, height=17):
        lines = [list(line) for line in self.lines]
        while lines and not any(c[0] != " " or c[2] for c in lines[-1]):
            lines.pop()
        wide, high, out = self.columns * width + 24, len(lines) * height + 24, []
        for y, line in enumerate(lines):
            top, x = 12 + y * height, 0
            while x < len(line):
                c, fore, back, bold = line[x]
                end = x + 1
                half = c in BLOCKS
                while end < len(line) and (line[end] == line[x] if half else line[end][1:] == line[x][1:] and line[end][0] not in BLOCKS):
                    end += 1
                left, across = 12 + x * width, (end - x) * width
                rect = lambda y, h, fill: out.append(f'<rect x="{left:.1f}" y="{y:.1f}" width="{across + 0.3:.1f}" height="{h + 0.3:.1f}" fill="{fill}"/>')
                if back:
                    rect(top, height, back)
                if half:
                    share = BLOCKS.index(c) / 8
                    rect(top + (height * (1 - share) if share else 0), height * (share or 0.5), fore or FOREGROUND)
                else:
                    text = "".join(cell[0] for cell in line[x:end])
                    left += (len(text) - len(text.lstrip())) * width
                    if text := text.strip():
                        look = (f' fill="{fore}"' if fore else "") + (' font-weight="bold"' if bold else "")
                        out.append(f'<text x="{left:.1f}" y="{top + height * 0.76:.1f}" textLength="{len(text) * width:.1f}"{look}>{escape(text)}</text>')
                x = end
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" xml:space="preserve" '
                f'font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14" fill="{FOREGROUND}">'
                f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>' + "\n".join(out) + "</svg>\n")


def session(command, inputs, prompt="ltx> ", columns=100, rows=40, seconds=900, environment=None):
    """Runs a program at a pseudo-terminal, types each line when the prompt is there, and returns the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})})
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    screen, end, rest, quiet = Screen(columns, rows), time.time() + seconds, "", 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    inputs = list(inputs)
    try:
        while time.time() < end:
            ready, _, _ = select.select([terminal], [], [], 0.3)
            if ready:
                try:
                    data = os.read(terminal, 65536)
                except OSError:
                    break
                if not data:
                    break
                quiet = 0
                text = rest + decoder.decode(data)
                begun = text.rfind("\x1b")  # a sequence may come in two pieces
                whole = begun < 0 or CONTROL.match(text, begun) or len(text) - begun > 200
                text, rest = (text, "") if whole else (text[:begun], text[begun:])
                screen.feed(text)
                for query, answer in (("\x1b[6n", b"\x1b[1;1R"), ("\x1b[c", b"\x1b[?62c"), ("\x1b[0c", b"\x1b[?62c")):
                    if query in text:
                        os.write(terminal, answer)
                continue
            quiet += 1
            last = "".join(c[0] for c in screen.lines[screen.y]) if screen.y < len(screen.lines) else ""
            if quiet >= 2 and last.rstrip() == prompt.rstrip():
                if not inputs:
                    break
                os.write(terminal, inputs.pop(0).encode() + b"\r")
                quiet = 0
        else:
            raise TimeoutError(f"{command[0]} did not come to an end; the last line is: {last}")
    finally:
        os.kill(pid, signal.SIGHUP)
        os.close(terminal)
        os.waitpid(pid, 0)
    return screen
