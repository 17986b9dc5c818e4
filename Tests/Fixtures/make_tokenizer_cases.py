#!/usr/bin/env python3
"""Token IDs and decoded texts of the reference tokenizer for hard texts -> tokenizer-cases.json.

make_tokenizer_cases.py [FOLDER_OF_FIXTURES]     needs transformers 4.52 (the last with the slow T5Tokenizer) and sentencepiece
"""
import json, random, shutil, sys, tempfile
from pathlib import Path
from transformers import T5Tokenizer

HERE = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
TEXTS = [
    "", " ", "\n", "A cat walks slowly in the garden.", "  two   spaces\tand\n\nnewlines  ", "</s>", "a</s>", "</s> a", "a </s></s>",
    "a <extra_id_0> b <extra_id_99> </s> <pad> x<unk>y", "<extra_id_0><extra_id_1>", "<extra_id_1", "<extra_id_100> <extra_id_10>",
    "<pad>", " <pad> ", "<unk>", "x <unk> y", "▁under▁line", "▁", "▁<pad>a", "Hello <extra_id_0>.", "<extra_id_0> .",
    "Café naïve — “quotes” ﬁne ½ ™ Ａ１ 🐱🔥 ß Ωmega e\u0301 \u200bzero\u00adwidth\u3000wide", "一只猫在花园里慢慢走，镜头向左移动。", "🐱🐱🐱 cat 🐱",
    "e\u0301", "\u0301start", " \u0301x", "a\u0000b", "\u001c\u001d<extra_id_3>\u001e\u001f", "\u0085<extra_id_3>\u00a0\u2003", "\ufeffbom", "tab\tend\t",
    "don't do n't it 's we 've . , ! ? x ' y", "Ａ１" * 5, "ﷺ", "\u1100\u1161\u11a8 한국어 ไทย العربية עברית", "a" * 400, "word " * 300,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\ud7a3 \ue000 \U0010ffff", "x</s", "<<pad>>", "<extra_id_0>" * 3 + "</s>",
]


def noise(r):
    alphabet = ["a", "the", " ", "  ", "cat", "walks", "</s>", "<pad>", "<unk>", "<extra_id_7>", "<extra_id_", "▁", "é", "e\u0301", "猫", "🐱", "\n", "\t", ".", ",", "1", "Ａ", "\u00a0", "<", ">"]
    return "".join(r.choice(alphabet) for _ in range(r.randint(1, 14)))


def tokenizer(change=None, drop=()):
    """The fixture's tokenizer with its configuration changed or files left out."""
    with tempfile.TemporaryDirectory() as d:
        for f in (HERE / "tokenizer").iterdir():
            if f.name not in drop:
                shutil.copy(f, d)
        if change is not None:
            p = Path(d) / "tokenizer_config.json"
            c = json.loads(p.read_text())
            for k, v in change.items():
                c.pop(k, None) if v is None else c.__setitem__(k, v)
            p.write_text(json.dumps(c))
        return T5Tokenizer.from_pretrained(d)


def main():
    r = random.Random(0)
    texts = TEXTS + [noise(r) for _ in range(120)]
    out = []
    for name, change, drop in (("as published", None, ()), ("not legacy", {"legacy": False}, ()), ("not legacy, no prefix space", {"legacy": False, "add_prefix_space": False}, ()),
                               ("older files", {"added_tokens_decoder": None, "clean_up_tokenization_spaces": None}, ()), ("model alone", None, ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"))):
        t = tokenizer(change, drop)
        rows = []
        for x in texts if name == "as published" else texts[:len(TEXTS) + 40]:
            ids = t(x).input_ids
            cut = t(x, padding="max_length", max_length=12, truncation=True)
            rows.append({"text": x, "ids": ids, "cut": cut.input_ids, "kept": sum(cut.attention_mask), "decoded": t.decode(ids), "plain": t.decode(ids, skip_special_tokens=True)})
        out.append({"name": name, "change": change, "dropped": list(drop), "rows": rows})
    (HERE / "tokenizer-cases.json").write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


main()
