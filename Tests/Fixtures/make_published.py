#!/usr/bin/env python3
"""The configurations of published models, and what the reference's classes take for a key that is left out -> published.json.

make_published.py FOLDER_OF_PUBLISHED [FOLDER_OF_FIXTURES]     needs diffusers, transformers

FOLDER_OF_PUBLISHED holds their config.json files as vae-0.9.0.json, transformer-2b.json and so on.
"""
import inspect, json, sys
from pathlib import Path
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from transformers import T5Config

OWN = {"architectures", "transformers_version", "torch_dtype", "dtype", "_name_or_path", "tokenizer_class", "is_encoder_decoder", "initializer_factor"}


def signature(cls):
    return {k: p.default for k, p in inspect.signature(cls.__init__).parameters.items() if p.default is not inspect.Parameter.empty}


def main():
    source, root = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent)
    t5 = T5Config()
    keys = ("vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads", "relative_attention_num_buckets", "relative_attention_max_distance",
            "layer_norm_epsilon", "feed_forward_proj")
    groups = {"vae": (AutoencoderKLLTXVideo, ["vae-0.9.0", "vae-0.9.1", "vae-0.9.5"], None),
              "transformer": (LTXVideoTransformer3DModel, ["transformer-2b", "transformer-13b"], None),
              "t5": (None, ["text-encoder", "t5-v1_1-xxl"], {k: getattr(t5, k) for k in keys})}
    out = {}
    for part, (cls, names, defaults) in groups.items():
        configs = {}
        for name in names:
            config = json.loads((source / f"{name}.json").read_text())
            configs[name] = {k: v for k, v in sorted(config.items()) if k not in OWN}
        out[part] = {"defaults": defaults or signature(cls), "configs": configs}
    (root / "published.json").write_text(json.dumps(out, indent=1, default=list) + "\n")
    print({part: {name: len(c) for name, c in x["configs"].items()} for part, x in out.items()})


main()
