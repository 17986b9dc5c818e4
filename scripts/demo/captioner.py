"""Makes the demonstration model's captioner, a Qwen3-VL in small: captioner.py OUT [--steps N] [--program LTXSH] writes the folder.

It learns to write the captions of the world from the frames that ltxsh and transformers show a Qwen3-VL: four of a short clip, in
pairs, with the time of each pair before it. What is asked does not matter to it. Of a single picture it does not say what moves how.
"""
import argparse, json, math, random, time
from pathlib import Path
import torch
from torch import nn
from torch.nn import functional as F
from safetensors.torch import save_file
import text, world

PATCH, MERGE, LEAST, MOST = 8, 2, 4096, 16777216
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEMPLATE = ("{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}{% else %}"
            "{% for content in message['content'] %}{% if content['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
            "{% elif content['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}{% endif %}"
            "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
# The first is what ltxsh asks where nothing else is said.
QUESTIONS = ["Shortly describe the content of this video in two sentences.", "Describe this clip.", "Describe the video in one sentence of plain words.",
             "What moves, and how?", "Describe what is seen in this video, what moves and where.", "Caption:", "What is to be seen?", "Describe the picture."]
ATTRIBUTES = {"number": 2, "colour": 6, "shape": 3, "motion": 6, "second colour": 6, "second shape": 3, "second motion": 6, "background": 4}


# --- The tokenizer ---

def make_tokenizer(out):
    """Byte pairs as Qwen has them. Its own words are one token each; anything else is spelt."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    t = Tokenizer(models.BPE(byte_fallback=False))
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder, t.post_processor = decoders.ByteLevel(), processors.ByteLevel(trim_offsets=False)
    words = [*world.COLOURS, *world.SHAPES, *world.MOTIONS, *" ".join(world.BACKGROUNDS).split(), *"rolls slides to the a and seconds system user assistant".split()]
    corpus = [f"{w} {w}" for w in words] * 50 + [q for q in QUESTIONS] * 10
    t.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=408, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    count = t.get_vocab_size()
    t.add_special_tokens([AddedToken(s, normalized=False) for s in SPECIAL])
    out.mkdir(parents=True, exist_ok=True)
    t.save(str(out / "tokenizer.json"), pretty=False)
    token = lambda s: {"content": s, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    write({"add_bos_token": False, "add_prefix_space": False, "added_tokens_decoder": {str(count + i): token(s) for i, s in enumerate(SPECIAL)},
           "additional_special_tokens": SPECIAL[1:], "bos_token": None, "chat_template": TEMPLATE, "clean_up_tokenization_spaces": False,
           "eos_token": "<|im_end|>", "errors": "replace", "model_max_length": 4096, "pad_token": "<|endoftext|>", "split_special_tokens": False,
           "tokenizer_class": "Qwen2Tokenizer", "unk_token": None}, out / "tokenizer_config.json")
    return count


def write(value, path):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


# --- The model ---

def configuration(words):
    """config.json in Qwen3-VL's own words. Patches of 8 pixels: a token is 16 pixels a side, and a shape is several."""
    place = {s: words + i for i, s in enumerate(SPECIAL)}
    vision = dict(deepstack_visual_indexes=[], depth=4, hidden_act="gelu_pytorch_tanh", hidden_size=64, in_channels=3, initializer_range=0.02,
                  intermediate_size=128, model_type="qwen3_vl", num_heads=4, num_position_embeddings=64, out_hidden_size=96, patch_size=PATCH,
                  spatial_merge_size=MERGE, temporal_patch_size=2)
    answer = dict(attention_bias=False, attention_dropout=0.0, bos_token_id=place["<|endoftext|>"], dtype="bfloat16", eos_token_id=place["<|im_end|>"],
                  head_dim=24, hidden_act="silu", hidden_size=96, initializer_range=0.02, intermediate_size=144, max_position_embeddings=4096,
                  model_type="qwen3_vl_text", num_attention_heads=4, num_hidden_layers=3, num_key_value_heads=2, rms_norm_eps=1e-6,
                  rope_theta=10000, tie_word_embeddings=True, use_cache=True, vocab_size=-(-(words + len(SPECIAL)) // 16) * 16,
                  rope_scaling={"mrope_interleaved": True, "mrope_section": [4, 4, 4], "rope_type": "default"})
    return {"architectures": ["Qwen3VLForConditionalGeneration"], "image_token_id": place["<|image_pad|>"], "model_type": "qwen3_vl", "text_config": answer,
            "tie_word_embeddings": True, "video_token_id": place["<|video_pad|>"], "vision_config": vision,
            "vision_end_token_id": place["<|vision_end|>"], "vision_start_token_id": place["<|vision_start|>"]}


def processor_files(out, place):
    write({"bos_token_id": place["<|endoftext|>"], "pad_token_id": place["<|endoftext|>"], "do_sample": False,
           "eos_token_id": [place["<|im_end|>"], place["<|endoftext|>"]], "repetition_penalty": 1.0}, out / "generation_config.json")
    write({"chat_template": TEMPLATE}, out / "chat_template.json")
    size = {"size": {"longest_edge": MOST, "shortest_edge": LEAST}, "patch_size": PATCH, "temporal_patch_size": 2, "merge_size": MERGE,
            "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "processor_class": "Qwen3VLProcessor"}
    write(size | {"image_processor_type": "Qwen2VLImageProcessorFast"}, out / "preprocessor_config.json")
    write(size | {"video_processor_type": "Qwen3VLVideoProcessor"}, out / "video_preprocessor_config.json")


def build(folder):
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration
    model = Qwen3VLForConditionalGeneration(Qwen3VLConfig.from_pretrained(folder)).float()
    deep = 1 / math.sqrt(2 * 4)
    with torch.no_grad():  # transformers' 0.02 is meant for a thousand channels
        for name, w in model.named_parameters():
            if w.dim() > 1:
                last = name.endswith(("o_proj.weight", "down_proj.weight", "attn.proj.weight", "blocks.linear_fc2.weight"))
                w.normal_(std=0.1 if "embed_tokens" in name or "pos_embed" in name else w[0].numel() ** -0.5 * (deep if last else 1))
    return model


# --- What it is shown ---

def look(frames, rate):
    """The frames of a clip that are looked at, as ltxsh and transformers choose them: two a second, but four at least, from the first to the last."""
    count = min(max(4, int(frames / rate * 2)), frames)
    return [round(i * (frames - 1) / max(1, count - 1)) for i in range(count)]


def as_file(x, g):
    """What a video file makes of pictures (…, 3, frames, height, width) in -1..1: colours in half the resolution, a little noise, whole numbers."""
    y = (x * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1, 1)).sum(1, keepdim=True)
    tint = (x - y).flatten(0, 1)
    small = F.avg_pool2d(tint, 2)
    tint = F.interpolate(small, scale_factor=2, mode="bilinear" if torch.rand(1, generator=g) < 0.5 else "nearest").view_as(x)
    x = y + tint + 0.02 * torch.rand(1, generator=g) * torch.randn(x.shape, generator=g)
    if torch.rand(1, generator=g) < 0.3:  # the demonstration model's own samples are soft
        x = F.avg_pool2d(F.pad(x.flatten(0, 1), (1, 1, 1, 1), mode="replicate"), 3, 1).view_as(x)
    return (((x + 1) * 127.5).round().clamp(0, 255)) / 127.5 - 1


def patches(clips):
    """Of pictures (clips, 3, frames, height, width) what the tower takes, and the grid of one clip. An odd frame stands twice."""
    if clips.shape[2] % 2:
        clips = torch.cat([clips, clips[:, :, -1:]], 2)
    n, _, t, h, w = clips.shape
    x = clips.view(n, 3, t // 2, 2, h // PATCH // MERGE, MERGE, PATCH, w // PATCH // MERGE, MERGE, PATCH)
    return x.permute(0, 2, 4, 7, 5, 8, 1, 3, 6, 9).reshape(-1, 3 * 2 * PATCH * PATCH), (t // 2, h // PATCH, w // PATCH)


def question(words, times, grid, is_new=False):
    """The prompt. `times` are those of the pairs; none: a picture. `is_new`: with the marks that transformers 5 leaves around all pairs."""
    tokens = grid[1] * grid[2] // MERGE**2
    shown = "".join(f"<{t:.1f} seconds><|vision_start|>" + "<|video_pad|>" * tokens + "<|vision_end|>" for t in times)
    if is_new:
        shown = f"<|vision_start|>{shown}<|vision_end|>"
    if not times:
        shown = "<|vision_start|>" + "<|image_pad|>" * tokens + "<|vision_end|>"
    return f"<|im_start|>user\n{words}{shown}<|im_end|>\n<|im_start|>assistant\n"


def pair_times(chosen, rate):
    at = [i / rate for i in chosen]
    return [(at[i] + at[min(i + 1, len(at) - 1)]) / 2 for i in range(0, len(at), 2)]


def still(p, i):
    """The caption of one picture: that something moves is not to be seen."""
    things = [f"a {list(world.COLOURS)[p['colour'][i, o]]} {world.SHAPES[p['shape'][i, o]]}" for o in range(1 + int(p["two"][i]))]
    return f"{' and '.join(things)} {list(world.BACKGROUNDS)[p['back'][i]]}"


def facts(p):
    """(clips, attributes) as `ATTRIBUTES` has them; -100 where there is none."""
    two, none = p["two"], torch.full_like(p["back"], -100)
    second = [torch.where(two, p[k][:, 1], none) for k in ("colour", "shape", "motion")]
    return torch.stack([two.long(), p["colour"][:, 0], p["shape"][:, 0], p["motion"][:, 0], *second, p["back"]], 1)


def lesson(g, r, count):
    """Pictures, their prompt, captions and facts of one update."""
    p = world.sample(g, count)
    is_still = r.random() < 0.08
    frames, rate = r.choice([(9, 24)] * 6 + [(9, 200), (17, 25), (25, 24), (49, 25), (65, 24)])
    chosen = look(frames, rate)
    # Scenes are cut a frame too early or too late, and not every clip shows the whole of a motion.
    first, last = r.uniform(0, 0.12), r.uniform(0.88, 1)
    u = torch.tensor([r.uniform(0.1, 0.9)]) if is_still else first + (last - first) * torch.tensor([i / (frames - 1) for i in chosen])
    clips = as_file(world.render(p, len(u), window=u), g)
    words = QUESTIONS[0] if r.random() < 0.5 else r.choice(QUESTIONS) if r.random() < 0.5 else " ".join(text.sentence(r).capitalize() + "." for _ in range(r.choice([1, 1, 2])))
    if is_still:
        clips = clips.repeat(1, 1, 2, 1, 1)
    x, grid = patches(clips)
    prompt = question(words, [] if is_still else pair_times(chosen, rate), grid, r.random() < 0.3)
    truth = facts(p)
    if is_still:
        truth[:, [3, 6]] = -100
    return x, grid, prompt, [still(p, i) if is_still else world.caption(p, i) for i in range(count)], truth


# --- Training ---

class Heads(nn.Module):
    """Tell the attributes from the tower's tokens alone: what the tower sees is trained directly, and not by way of words only. Not kept."""

    def __init__(self, width):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(len(ATTRIBUTES), width) * 0.1)
        self.places = nn.Parameter(torch.randn(24, width) * 0.1)
        self.heads = nn.ModuleList(nn.Sequential(nn.Linear(3 * width, 64), nn.GELU(), nn.Linear(64, n)) for n in ATTRIBUTES.values())

    def forward(self, x):  # (clips, pairs, tokens, width)
        keys = F.layer_norm(x + self.places, x.shape[-1:])
        seen = (keys @ self.queries.T / x.shape[-1]**0.5).softmax(2).transpose(2, 3) @ keys  # (clips, pairs, attributes, width)
        both = torch.cat([seen[:, 0], seen[:, -1], seen[:, -1] - seen[:, 0]], -1)
        return [head(both[:, i]) for i, head in enumerate(self.heads)]


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal, for matrices; Adam has the rest."""

    def __init__(self, parameters, lr, momentum=0.95, decay=0.01):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is None:
                    continue
                m = self.state[w].setdefault("momentum", torch.zeros_like(w))
                m.lerp_(w.grad, 1 - group["momentum"])
                x = torch.lerp(w.grad, m, group["momentum"]).flatten(1)
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                x = x / (x.norm() + 1e-7)
                for _ in range(5):  # Newton and Schulz
                    a = x @ x.T
                    x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
                x = x.T if tall else x
                w.mul_(1 - group["lr"] * group["decay"]).add_(x.view_as(w), alpha=-group["lr"] * 0.2 * max(x.shape) ** 0.5)


def attend_together(model):
    """The tower's attention with all segments at once, which here are of one length: transformers goes through them one by one."""
    from types import MethodType
    from transformers.models.qwen3_vl.modeling_qwen3_vl import apply_rotary_pos_emb_vision

    def forward(self, x, cu_seqlens, position_embeddings=None, **_):
        parts = self.qkv(x).view(len(x), 3, self.num_heads, -1)
        q, k = apply_rotary_pos_emb_vision(parts[:, 0], parts[:, 1], *position_embeddings)
        q, k, v = (t.view(len(cu_seqlens) - 1, -1, *t.shape[1:]).transpose(1, 2) for t in (q, k, parts[:, 2]))
        y = (q @ k.transpose(2, 3) * self.scaling).softmax(-1) @ v
        return self.proj(y.transpose(1, 2).reshape(len(x), -1))

    for block in model.model.visual.blocks:
        block.attn.forward = MethodType(forward, block.attn)


class Writer:
    """The model on batches whose prompts are as long as each other."""

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self.end = tokenizer.convert_tokens_to_ids("<|im_end|>")

    def ids(self, x):
        return self.tokenizer(x, add_special_tokens=False).input_ids

    def see(self, x, grid, count):
        """(clips, pairs, tokens, width): all pairs as one long video, whose pairs do not see each other."""
        t, h, w = grid
        return self.model.model.visual(x, grid_thw=torch.tensor([[count * t, h, w]])).pooler_output.view(count, t, h * w // MERGE**2, -1)

    def places(self, prompt, grid):
        """Types and positions of a prompt's tokens."""
        config = self.model.config
        ids = torch.tensor([prompt])
        types = (ids == config.image_token_id).int() + 2 * (ids == config.video_token_id).int()
        shape = torch.tensor([list(grid)])
        return types, self.model.model.get_rope_index(ids, types, image_grid_thw=shape, video_grid_thw=shape)[0]

    def loss(self, x, grid, prompt, captions, heads, truth):
        """Mean over the captions' tokens, and over the attributes."""
        prompt, answers = self.ids(prompt), [self.ids(c) + [self.end] for c in captions]
        count, longest = len(captions), max(map(len, answers))
        ids = torch.tensor([prompt + a + [0] * (longest - len(a)) for a in answers])
        labels = torch.tensor([a + [-100] * (longest - len(a)) for a in answers])
        seen = self.see(x, grid, count)
        types, positions = self.places(prompt, grid)
        own = self.model.model.language_model
        embedded = own.embed_tokens(ids)
        pictures = F.pad(types[0] > 0, (0, longest))[None, :, None].expand_as(embedded)
        embedded = embedded.masked_scatter(pictures, seen)
        after = positions.max() + 1 + torch.arange(longest)
        positions = torch.cat([positions, after.expand(3, 1, -1)], 2).expand(3, count, -1)
        states = own(inputs_embeds=embedded, position_ids=positions, use_cache=False).last_hidden_state
        logits = self.model.lm_head(states[:, len(prompt) - 1:-1])
        loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten())
        told = heads(seen)
        known = [F.cross_entropy(y, truth[:, i]) for i, y in enumerate(told) if (truth[:, i] >= 0).any()]
        right = [(y.argmax(1) == truth[:, i])[truth[:, i] >= 0].float().mean().item() for i, y in enumerate(told)]
        whole = ((logits.argmax(2) == labels) | (labels < 0)).all(1).float().mean().item()
        return loss, sum(known) / len(known), right, whole

    @torch.no_grad()
    def captions(self, x, grid, prompt, count):
        """What it writes, by transformers' own way."""
        ids = torch.tensor([self.ids(prompt)]).expand(count, -1)
        types = (ids == self.model.config.image_token_id).int() + 2 * (ids == self.model.config.video_token_id).int()
        kind = "image" if types.max() == 1 else "video"
        shown = {f"{kind}_grid_thw": torch.tensor([list(grid)] * count), "pixel_values" + ("" if kind == "image" else "_videos"): x.to(self.model.dtype)}
        out = self.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=types, max_new_tokens=48, do_sample=False, **shown)
        return self.tokenizer.batch_decode(out[:, ids.shape[1]:], skip_special_tokens=True)


def train(writer, steps, batch, seed, rate):
    model = writer.model.train()
    attend_together(model)
    torch.manual_seed(seed)
    heads = Heads(model.config.text_config.hidden_size)
    named = list(model.named_parameters())
    matrix = lambda k, w: w.dim() > 1 and "embed" not in k
    optimizers = [Muon([w for k, w in named if matrix(k, w)], rate),
                  torch.optim.AdamW([w for k, w in named if not matrix(k, w)] + list(heads.parameters()), 0.4 * rate, betas=(0.9, 0.98), weight_decay=0.0)]
    rates = [rate, 0.4 * rate]
    g, r, began, sums = torch.Generator().manual_seed(seed + 1), random.Random(seed + 2), time.time(), []
    for step in range(steps):
        x, grid, prompt, captions, truth = lesson(g, r, batch)
        loss, told, right, whole = writer.loss(x, grid, prompt, captions, heads, truth)
        share = min(1, (step + 1) / 50, (steps - step) / (0.6 * steps))
        for optimizer, own in zip(optimizers, rates):
            optimizer.zero_grad()
            optimizer.param_groups[0]["lr"] = own * share
        (loss + 0.3 * told).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        sums.append(torch.tensor([loss.item(), whole, *right]))
        if (step + 1) % 100 == 0 or step == 0:
            mean = torch.stack(sums).nanmean(0).tolist()
            print(f"{step + 1} loss {mean[0]:.3f} whole {mean[1]:.2f} attributes {' '.join(f'{v:.2f}' for v in mean[2:])} {time.time() - began:.0f} s", flush=True)
            sums = []
    model.eval()


# --- How good it is ---

def parts(caption):
    """A caption's attributes, in the order of the words."""
    words = caption.split()
    known = {"colour": world.COLOURS, "shape": world.SHAPES, "motion": world.MOTIONS, "background": {b.split()[-1]: 0 for b in world.BACKGROUNDS}}
    return {k: [w for w in words if w in values] for k, values in known.items()} | {"number": ["and" in words]}


def measure(said, meant):
    """Shares of captions that are right, and whose attributes are."""
    share = lambda f: sum(map(f, said, meant)) / len(meant)
    return {"caption": share(lambda a, b: a == b)} | {k: share(lambda a, b: parts(a)[k] == parts(b)[k]) for k in ("number", "colour", "shape", "motion", "background")}


def held_out(writer, count, seed=1000, frames=9, rate=24, is_still=False, is_new=False):
    g = torch.Generator().manual_seed(seed)
    said, meant, two = [], [], []
    chosen = look(frames, rate)
    u = torch.tensor([0.5] if is_still else [i / (frames - 1) for i in chosen])
    for _ in range(0, count, 50):
        p = world.sample(g, 50)
        clips = as_file(world.render(p, len(u), window=u), g)
        x, grid = patches(clips.repeat(1, 1, 2, 1, 1) if is_still else clips)
        said += writer.captions(x, grid, question(QUESTIONS[0], [] if is_still else pair_times(chosen, rate), grid, is_new), 50)
        meant += [still(p, i) if is_still else world.caption(p, i) for i in range(50)]
        two += p["two"].tolist()
    return said, meant, two


def through_files(writer, folder, program, count, seed=3000):
    """Clips as H.264: what ltxsh writes, what transformers writes, and what they show."""
    import subprocess, tempfile
    import av, numpy
    from clips import write_video
    p, rate = world.sample(torch.Generator().manual_seed(seed), count), 24
    with tempfile.TemporaryDirectory() as place:
        paths, theirs = [Path(place) / f"{i:03}.mp4" for i in range(count)], []
        for path, clip in zip(paths, world.render(p, 9)):
            write_video(path, clip, rate)
        code = (f"local ds = Dataset.open({json.dumps(place)}) Captioner.load{{ model = {json.dumps(str(folder))} }}:caption(ds, {{ clean = false, progress = false }}) "
                "for _, clip in ipairs(ds) do print(clip.name .. '\\t' .. (clip.caption or '')) end")
        out = subprocess.run([program, "--no-init", "--device", "cpu", "-e", code], check=True, capture_output=True, text=True).stdout
        ours = dict(line.split("\t") for line in out.splitlines() if ".mp4\t" in line)
        for path in paths:
            with av.open(str(path)) as file:
                pictures = numpy.stack([f.to_ndarray(format="rgb24") for f in file.decode(video=0)])
            chosen = look(len(pictures), rate)
            x, grid = patches((torch.from_numpy(pictures[chosen]).float() / 127.5 - 1).permute(3, 0, 1, 2)[None])
            theirs += writer.captions(x, grid, question(QUESTIONS[0], pair_times(chosen, rate), grid), 1)
    return [ours[path.name] for path in paths], theirs, [world.caption(p, i) for i in range(count)]


def report(name, said, meant):
    print(f"{name}: " + ", ".join(f"{k} {v:.3f}" for k, v in measure(said, meant).items()), flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("out", type=Path)
    ap.add_argument("--steps", type=int, default=3000)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--rate", type=float, default=1e-2)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--count", type=int, default=500, help="held-out clips")
    ap.add_argument("--program", help="ltxsh, which captions 100 files, and transformers the same")
    ap.add_argument("--measure", action="store_true", help="only measures what is there")
    a = ap.parse_args()
    from transformers import AutoModelForImageTextToText, AutoTokenizer
    torch.set_num_threads(1)
    if not a.measure:
        words = make_tokenizer(a.out)
        write(configuration(words), a.out / "config.json")
        processor_files(a.out, {s: words + i for i, s in enumerate(SPECIAL)})
        torch.manual_seed(a.seed)
        model = build(a.out)
        print(f"{sum(w.numel() for w in model.parameters()):,} parameters, {words + len(SPECIAL)} tokens", flush=True)
        train(Writer(model, AutoTokenizer.from_pretrained(a.out)), a.steps, a.batch, a.seed, a.rate)
        weights = {k: w.detach().to(torch.bfloat16).contiguous() for k, w in model.state_dict().items() if k != "lm_head.weight"}  # tied to the table
        save_file(weights, a.out / "model.safetensors", metadata={"format": "pt"})
    # As it is read by others: from the folder, in bf16.
    writer = Writer(AutoModelForImageTextToText.from_pretrained(a.out, dtype=torch.bfloat16).eval(), AutoTokenizer.from_pretrained(a.out))
    said, meant, two = held_out(writer, a.count)
    report(f"{a.count} clips", said, meant)
    for kind in (False, True):
        chosen = [i for i, t in enumerate(two) if t == kind]
        report(f"of them {len(chosen)} with {'two things' if kind else 'one thing'}", [said[i] for i in chosen], [meant[i] for i in chosen])
    wrong = [(s, m) for s, m in zip(said, meant) if s != m]
    for s, m in wrong[:8]:
        print(f"  {m!r}\n  -> {s!r}")
    for name, options in {"as transformers 5 asks": dict(is_new=True), "49 frames": dict(frames=49, rate=25), "200 a second": dict(rate=200), "pictures": dict(is_still=True)}.items():
        said, meant, _ = held_out(writer, min(a.count, 200), 2000, **options)
        report(name, said, meant)
    if a.program:
        ours, theirs, meant = through_files(writer, a.out, a.program, 100)
        report("100 files, ltxsh", ours, meant), report("the same, transformers", theirs, meant)
        print(f"the same words: {sum(map(str.__eq__, ours, theirs))}")
        for s, m in [(s, m) for s, m in zip(ours, meant) if s != m][:8]:
            print(f"  {m!r}\n  -> {s!r}")
    print(f"{sum(f.stat().st_size for f in a.out.iterdir()):,} bytes")


if __name__ == "__main__":
    main()
