"""Makes the demonstration model's tokenizer and text encoder: text.py OUT writes OUT/tokenizer and OUT/text_encoder.

The encoder learns to fill in words that are left out, in captions of the world and in sentences of other words, and to tell the
attributes that a caption names. So words stay apart, "comet" and "striped" too, which no clip of the world shows. Preprocessing
encodes without a mask and sampling with one: here a word attends only to those before it, so padding, which comes last, is not
seen either way.
"""
import argparse, io, json, random
from pathlib import Path
import torch
from torch.nn import functional as F
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel, T5Tokenizer
import world

EXTRA = 100
WORDS = """comet striped spotted dotted shining dark bright small large tall round flat long short fast slow cat dog bird fish horse car
boat train plane house tree flower river sea lake hill cloud sun moon star stone road bridge tower window door table chair lamp
clock book letter man woman child girl boy king queen robot dragon rocket wheel wings fire water smoke snow rain wind light shadow
glass gold silver wood iron paper cloth walks runs jumps flies swims turns opens closes burns shines glows drifts crosses passes
follows waits sits stands sleeps dances sings plays reads eats drinks looks up down near far behind before under above between
through across along around inside outside the an of with and or is are was it its his her their this that one two three many
some every no very quickly slowly gently past camera shot video close wide view scene picture style painting sketch cartoon film
morning evening day winter summer city street forest field garden room kitchen park beach island mountain sky space planet
worst quality inconsistent motion blurry jittery distorted bikes rides bicycle people crowd crossing overcast handheld diagonally""".split()
ATTRIBUTES = [len(world.COLOURS), len(world.SHAPES), len(world.MOTIONS)] * 2 + [len(world.BACKGROUNDS)]


def captions(g, count):
    p = world.sample(g, count)
    two = p["two"][:, None]
    first = torch.stack([p["colour"][:, 0], p["shape"][:, 0], p["motion"][:, 0]], 1)
    second = torch.stack([p["colour"][:, 1], p["shape"][:, 1], p["motion"][:, 1]], 1).masked_fill(~two, -100)
    return [world.caption(p, i) for i in range(count)], torch.cat([first, second, p["back"][:, None]], 1)


def sentence(r):
    return " ".join(r.choice(WORDS + list(world.COLOURS)) for _ in range(r.randint(3, 9)))


def write(value, path):
    path.write_text(json.dumps(value, indent=2) + "\n")


def make_tokenizer(out):
    """T5's conventions: pad 0, end 1, unknown 2, extra ids appended in reverse order."""
    import sentencepiece as spm
    r, g, buffer = random.Random(0), torch.Generator().manual_seed(0), io.BytesIO()
    corpus = captions(g, 4000)[0] + [sentence(r) for _ in range(6000)] + [c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?'-" for _ in range(9)]
    spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_writer=buffer, model_type="unigram", vocab_size=320,
                                   pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>", eos_piece="</s>", unk_piece="<unk>",
                                   character_coverage=1.0, normalization_rule_name="nmt_nfkc", num_threads=1, minloglevel=2)
    out.mkdir(parents=True, exist_ok=True)
    (out / "spiece.model").write_bytes(buffer.getvalue())
    n = spm.SentencePieceProcessor(model_proto=buffer.getvalue()).get_piece_size()
    extra = [f"<extra_id_{i}>" for i in range(EXTRA)]
    token = lambda s: {"content": s, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    decoder = {str(i): token(s) | {"special": True} for i, s in enumerate(["<pad>", "</s>", "<unk>"])}
    decoder |= {str(n + EXTRA - 1 - i): token(s) | {"special": True, "lstrip": True, "rstrip": True} for i, s in enumerate(extra)}
    write({s: n + EXTRA - 1 - i for i, s in enumerate(extra)}, out / "added_tokens.json")
    write({"additional_special_tokens": extra, "eos_token": token("</s>"), "pad_token": token("<pad>"), "unk_token": token("<unk>")}, out / "special_tokens_map.json")
    write({"add_prefix_space": True, "added_tokens_decoder": dict(sorted(decoder.items(), key=lambda kv: int(kv[0]))),
           "additional_special_tokens": extra, "clean_up_tokenization_spaces": True, "eos_token": "</s>", "extra_ids": EXTRA, "legacy": True,
           "model_max_length": 128, "pad_token": "<pad>", "sp_model_kwargs": {}, "tokenizer_class": "T5Tokenizer", "unk_token": "<unk>"},
          out / "tokenizer_config.json")
    return n + EXTRA


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("out", type=Path)
    ap.add_argument("--steps", type=int, default=400)
    a = ap.parse_args()
    ids = make_tokenizer(a.out / "tokenizer")
    tokenizer = T5Tokenizer.from_pretrained(a.out / "tokenizer", legacy=True)
    torch.manual_seed(0)
    config = T5Config(vocab_size=-(-ids // 64) * 64, d_model=96, d_kv=24, d_ff=192, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu",
                      dropout_rate=0.1, is_encoder_decoder=False, use_cache=False, tie_word_embeddings=False, pad_token_id=0, eos_token_id=1)
    t5 = T5EncoderModel(config)
    with torch.no_grad():  # the buckets of what comes later
        t5.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight[17:] = -20
    queries = torch.nn.Parameter(torch.randn(len(ATTRIBUTES), 96) * 0.1)
    heads = torch.nn.ModuleList(torch.nn.Linear(96, n) for n in ATTRIBUTES)
    words = torch.nn.Linear(96, config.vocab_size)
    parameters = [*t5.parameters(), queries, *heads.parameters(), *words.parameters()]
    optimizer = torch.optim.AdamW(parameters, 2e-3, betas=(0.9, 0.98), weight_decay=0.01)
    r, g, mask = random.Random(1), torch.Generator().manual_seed(1), tokenizer.convert_tokens_to_ids("<extra_id_0>")
    for step in range(a.steps):
        texts, facts = captions(g, 16)
        texts += [sentence(r) for _ in range(8)]
        facts = torch.cat([facts, torch.full((8, len(ATTRIBUTES)), -100)])
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        x, seen = batch.input_ids, batch.attention_mask
        lost = (torch.rand(x.shape, generator=g) < 0.12) & (seen > 0)
        lost[:, 0] &= torch.rand(len(x), generator=g) < 0.5
        h = t5(input_ids=x.masked_fill(lost, mask), attention_mask=seen).last_hidden_state
        weight = torch.where(lost, 1.0, 0.2) * seen
        loss = (F.cross_entropy(words(h).flatten(0, 1), x.flatten(), reduction="none") * weight.flatten()).sum() / weight.sum()
        attention = (queries @ h.transpose(1, 2) / 96**0.5).masked_fill(seen[:, None] == 0, -1e9).softmax(-1) @ h
        right = []
        for i, head in enumerate(heads):
            y = head(attention[:, i])
            loss = loss + 0.3 * F.cross_entropy(y, facts[:, i])
            right.append((y.argmax(1) == facts[:, i])[facts[:, i] >= 0].float().mean().item())
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 50, (a.steps - step) / (0.5 * a.steps))
        optimizer.zero_grad(), loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step % 50 == 0 or step == a.steps - 1:
            print(f"{step} loss {loss.item():.3f} attributes {' '.join(f'{v:.2f}' for v in right)}", flush=True)
    with torch.no_grad():
        t5.eval()
        bare = t5(input_ids=F.pad(x, (0, 256 - x.shape[1]))).last_hidden_state[:, :x.shape[1]]
        apart = ((bare - t5(input_ids=x, attention_mask=seen).last_hidden_state) * seen[..., None]).abs().max().item()
    print(f"with a mask and without: at most {apart:.1e} apart")
    out = a.out / "text_encoder"
    out.mkdir(exist_ok=True)
    weights = {k: w.detach().to(torch.bfloat16).contiguous() for k, w in t5.state_dict().items() if k != "encoder.embed_tokens.weight"}
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    write({"architectures": ["T5EncoderModel"], "classifier_dropout": 0.0, "d_ff": 192, "d_kv": 24, "d_model": 96, "decoder_start_token_id": 0,
           "dense_act_fn": "gelu_new", "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0,
           "is_encoder_decoder": True, "is_gated_act": True, "layer_norm_epsilon": 1e-6, "model_type": "t5", "num_decoder_layers": 2,
           "num_heads": 4, "num_layers": 2, "output_past": True, "pad_token_id": 0, "relative_attention_max_distance": 128,
           "relative_attention_num_buckets": 32, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "use_cache": True,
           "vocab_size": config.vocab_size}, out / "config.json")


if __name__ == "__main__":
    main()
