"""The names of the reference's tiny checkpoints, in the single file and in diffusers' folders, as pairs of tensors that have
the same content: writes checkpoint_keys.json beside this script.

    pip install torch safetensors && python Tests/Fixtures/make_checkpoint_keys.py FOLDER_OF_MODELS

FOLDER_OF_MODELS holds one folder a generation (2b-090, 2b-091, 2b-095), each with a single-file checkpoint next to diffusers'
folders transformer and vae.
"""
import json
import pathlib
import sys

import torch
from safetensors import safe_open

here = pathlib.Path(__file__).parent


def tensors(files):
    out = {}
    for file in files:
        with safe_open(file, "pt") as f:
            for key in f.keys():
                value = f.get_tensor(key).contiguous()
                out[key] = (str(value.dtype), tuple(value.shape), value.view(-1).view(dtype=torch.uint8).numpy().tobytes())
    return out


result = {}
for generation in ("2b-090", "2b-091", "2b-095"):
    folder = pathlib.Path(sys.argv[1]) / generation
    single = tensors(folder.glob("*.safetensors"))
    result[generation] = {}
    for part in ("transformer", "vae"):
        there = {content: key for key, content in tensors((folder / part).glob("*.safetensors")).items()}
        pairs = sorted([key, there.pop(content)] for key, content in single.items() if content in there)
        assert not there, "tensors with equal content cannot be told apart"
        result[generation][part] = pairs
(here / "checkpoint_keys.json").write_text(json.dumps(result, indent=0).replace("\n", "") + "\n")
print({g: {p: len(pairs) for p, pairs in v.items()} for g, v in result.items()})
