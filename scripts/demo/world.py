"""The world of the demonstration model: coloured shapes that move before plain backgrounds, 96 x 64 pixels.

`sample(generator, count)` draws parameters, `render(parameters, frames)` the clips, `caption(parameters, i)` what stands beside
clip i. `wide=True` is the wider world of the video VAE: any colours, stripes, tails; a VAE knows more pictures than words do.
"""
import math
import torch

WIDTH, HEIGHT = 96, 64
COLOURS = {"red": (220, 40, 40), "green": (40, 180, 60), "blue": (50, 90, 230), "yellow": (240, 220, 50),
           "orange": (245, 140, 30), "white": (240, 240, 240)}
SHAPES = ["ball", "square", "triangle"]
MOTIONS = ["left", "right", "rises", "falls", "grows", "shrinks"]
# Top and bottom of the picture, and where the second begins (0: a smooth ramp between both).
BACKGROUNDS = {"on black": ((8, 8, 10), (8, 8, 10), 0),
               "at night": ((10, 12, 50), (40, 44, 110), 0), "over a meadow": ((150, 200, 240), (70, 140, 60), 0.7),
               "in a desert": ((250, 215, 160), (205, 150, 90), 0.6)}


def _rgb(values):
    return torch.tensor(list(values), dtype=torch.float32) / 127.5 - 1


def sample(g, count, wide=False):
    """Parameters of `count` clips: a dictionary of tensors, objects second. The second object is there in a third of them."""
    pick = lambda n, *shape: torch.randint(0, n, shape, generator=g)
    real = lambda low, high, *shape: low + (high - low) * torch.rand(shape, generator=g)
    two = torch.rand(count, generator=g) < 0.34
    motion = torch.where(two[:, None], 2 + pick(4, count, 2), pick(6, count, 2))  # two do not cross
    colour, shade = pick(6, count, 2), _rgb(COLOURS.values())
    colour[:, 1] = (colour[:, 0] + 1 + pick(5, count)) % 6
    fill = (shade[colour] + real(-0.08, 0.08, count, 2, 3)).clamp(-1, 1)
    back = pick(4, count)
    top, bottom = _rgb([b[0] for b in BACKGROUNDS.values()])[back], _rgb([b[1] for b in BACKGROUNDS.values()])[back]
    edge = torch.tensor([b[2] for b in BACKGROUNDS.values()])[back]
    if wide:
        some = torch.rand(count, generator=g) < 0.3
        fill = torch.where(some[:, None, None], real(-1, 1, count, 2, 3), fill)
        top = torch.where(some[:, None], real(-1, 1, count, 3), top)
        bottom = torch.where(some[:, None], real(-1, 1, count, 3), bottom)
    radius = real(10, 13.5, count, 2)
    x = torch.where(two[:, None], torch.tensor([25.0, 71.0]) + real(-4, 4, count, 2), real(30, 66, count, 2))
    y = real(24, 40, count, 2)
    stripes = torch.rand(count, 2, generator=g) < (0.4 if wide else 0)
    tail = torch.rand(count, 2, generator=g) < (0.2 if wide else 0)
    return {"two": two, "motion": motion, "shape": pick(3, count, 2), "colour": colour, "fill": fill, "back": back,
            "top": top, "bottom": bottom, "edge": edge, "radius": radius, "x": x, "y": y, "stripes": stripes,
            "second": real(-1, 1, count, 2, 3) if wide else fill, "angle": pick(2, count, 2) * math.pi / 2, "tail": tail,
            "pace": real(0.8, 1.2, count, 2), "wave": real(8, 20, count, 2), "heading": pick(2, count, 2) * math.pi}


def _course(p, u):
    """Where each object is and how large at the times u in 0..1: three tensors (clips, objects, times)."""
    m, pace, r0 = p["motion"][..., None], p["pace"][..., None], p["radius"][..., None]
    x, y, r = p["x"][..., None] + 0 * u, p["y"][..., None] + 0 * u, r0 + 0 * u
    x = torch.where(m == 0, 48 - 32 * pace * (2 * u - 1), torch.where(m == 1, 48 + 32 * pace * (2 * u - 1), x))
    y = torch.where(m == 2, 32 - 19 * pace * (2 * u - 1), torch.where(m == 3, 32 + 19 * pace * (2 * u - 1), y))
    r = torch.where(m == 4, 5 + 13 * u * pace, torch.where(m == 5, 18 - 13 * u * pace, r))
    return x, y, r


def render(p, frames, window=None, objects=False):
    """Clips in -1..1, (clips, 3, frames, height, width). `window` are frames of the whole motion: all by default. With `objects` also
    where something stands before the background, (clips, 1, frames, height, width)."""
    u = torch.linspace(0, 1, frames) if frames > 1 else torch.zeros(1)
    u = u if window is None else window
    count, times = len(p["two"]), len(u)
    row, column = torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5
    ramp = torch.where(p["edge"][:, None] > 0, (row - p["edge"][:, None] * HEIGHT + 0.5).clamp(0, 1), row / HEIGHT)
    picture = p["top"][:, :, None] + (p["bottom"] - p["top"])[:, :, None] * ramp[:, None]
    picture = picture[:, :, None, :, None].expand(count, 3, times, HEIGHT, WIDTH)
    cx, cy, radius = _course(p, u)
    empty = picture
    for o in (1, 0):
        dx, dy = column - cx[:, o, :, None, None], row[:, None] - cy[:, o, :, None, None]
        r, shape = radius[:, o, :, None, None], p["shape"][:, o, None, None, None]
        far = (dx * dx + dy * dy).sqrt()
        box = torch.maximum(dx.abs(), dy.abs()) - 0.88 * r
        tri = torch.maximum(dx.abs() * 0.866 - dy * 0.5, dy) - 0.62 * r
        outline = torch.where(shape == 0, far - r, torch.where(shape == 1, box, tri))
        seen = (0.5 - outline).clamp(0, 1)
        fill = p["fill"][:, o, :, None, None, None]
        if p["stripes"][:, o].any():
            a = p["angle"][:, o, None, None, None]
            length = p["wave"][:, o, None, None, None]
            wave = torch.sin((dx * torch.cos(a) + dy * torch.sin(a)) * (2 * math.pi / length)) * 3
            share = wave.clamp(-1, 1) * 0.5 + 0.5
            share = share * p["stripes"][:, o, None, None, None]
            fill = fill + (p["second"][:, o, :, None, None, None] - fill) * share[:, None]
        if p["tail"][:, o].any():
            h = p["heading"][:, o, None, None, None]
            along, across = dx * torch.cos(h) + dy * torch.sin(h), (dy * torch.cos(h) - dx * torch.sin(h)).abs()
            width = 0.8 * r * (1 - along / (3.2 * r))
            trail = (0.5 + torch.minimum(width - across, along)).clamp(0, 1) * (0.9 * (1 - along / (3.2 * r))).clamp(0, 1)
            trail = trail * p["tail"][:, o, None, None, None]
            if o == 1:
                trail = trail * p["two"][:, None, None, None]
            picture = picture + (p["fill"][:, o, :, None, None, None] - picture) * trail[:, None]
        if o == 1:
            seen = seen * p["two"][:, None, None, None]
        picture = picture + (fill - picture) * seen[:, None]
    return (picture, ((picture - empty).abs().amax(1, keepdim=True) > 0.05).float()) if objects else picture


def _phrase(p, i, o):
    shape, motion = SHAPES[p["shape"][i, o]], MOTIONS[p["motion"][i, o]]
    verb = "rolls" if shape == "ball" else "slides"
    motion = f"{verb} to the {motion}" if motion in ("left", "right") else motion
    return f"a {list(COLOURS)[p['colour'][i, o]]} {shape} {motion}"


def caption(p, i):
    """What stands beside clip i."""
    both = f" and {_phrase(p, i, 1)}" if p["two"][i] else ""
    return f"{_phrase(p, i, 0)}{both} {list(BACKGROUNDS)[p['back'][i]]}"
