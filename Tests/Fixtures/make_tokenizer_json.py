#!/usr/bin/env python3
"""A tokenizer folder as transformers 5 saves it (tokenizer.json, no spiece.model), and what it makes of texts -> tokenizer-json/.

make_tokenizer_json.py [FOLDER_OF_FIXTURES]     needs transformers 5, sentencepiece

The SentencePiece model behind it is small and has a small table of characters, so that the file stays small, too.
Not among the texts: one that holds SentencePiece's ▁ itself, which transformers takes for a space and SentencePiece for a letter.
"""
import json, sys, tempfile
from pathlib import Path
import sentencepiece
from transformers import T5Tokenizer

SENTENCES = """a red car drives along a wet street at night
the camera pans slowly to the left while people walk past
a close up of hands that knead dough, flour on the table
two dogs run through shallow water; the sun is low
she turns her head, smiles and looks into the camera
an aerial shot of a forest in autumn (orange and brown)
rain falls on a window, lights behind it are out of focus""".split("\n")
RULES = {"ﬁ": "fi", "Ａ": "A", "，": ",", "\u00a0": " ", "\t": " ", "\n": " ", "½": "1/2"}
TEXTS = ["", " ", "a red car", "  two   spaces  ", "A ﬁne Ａ，½ day", "tabs\tand\nlines", "unknown 猫 and é", "no\u00a0break", "<extra_id_0> a <extra_id_99>car",
         "a</s> b", "<pad>x<unk>", "the end</s>", "x" * 40, "a,b;c (d)"]


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent) / "tokenizer-json"
    with tempfile.TemporaryDirectory() as scratch:
        rules = Path(scratch) / "rules.tsv"
        rules.write_text("".join(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in RULES.items()))
        sentencepiece.SentencePieceTrainer.Train(sentence_iterator=iter(SENTENCES * 20), model_prefix=f"{scratch}/spiece", vocab_size=150, hard_vocab_limit=False,
                                                 pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>", eos_piece="</s>", unk_piece="<unk>",
                                                 character_coverage=1.0, normalization_rule_tsv=str(rules), num_threads=1, minloglevel=2)
        tokenizer = T5Tokenizer.from_pretrained(scratch, vocab_file=f"{scratch}/spiece.model")
        tokenizer.save_pretrained(out)
    tokenizer = T5Tokenizer.from_pretrained(out)
    assert json.load(open(out / "tokenizer.json"))["normalizer"]["type"] == "Precompiled"
    rows = [{"text": text, "ids": tokenizer(text).input_ids} for text in TEXTS]
    (out / "cases.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    print(len(tokenizer), "tokens", {path.name: path.stat().st_size for path in out.iterdir()})


main()
