"""Small files as PyTorch and safetensors write them: writes into files/ beside this script.

    pip install torch==2.13.0 safetensors==0.8.0 && python Tests/Fixtures/make_torch_files.py
"""
import collections
import io
import os
import pathlib
import zipfile

import torch
from safetensors.torch import save_file

out = pathlib.Path(__file__).parent / "files"
out.mkdir(exist_ok=True)


def ramp(n, dtype=torch.float32):
    return torch.arange(n, dtype=torch.float32).to(dtype)


DTYPES = {
    name: getattr(torch, name)
    for name in """float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool
    float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz""".split()
}

# What upstream's preprocessing writes.
latents = {"latents": ramp(24, torch.bfloat16).reshape(6, 4), "num_frames": 1, "height": 2, "width": 3, "fps": 24.0}
torch.save(latents, out / "latents.pt")
torch.save({"prompt_embeds": ramp(8, torch.bfloat16).reshape(2, 4), "prompt_attention_mask": torch.tensor([True, False])},
           out / "condition.pt")
torch.save({name: ramp(6).to(dtype) for name, dtype in DTYPES.items()}, out / "dtypes.pt")
base = ramp(24).reshape(2, 3, 4)
torch.save({"transposed": base.permute(2, 0, 1), "sliced": base[1, 1:, ::2], "shared": base[1], "expanded": ramp(3)[:, None].expand(3, 2),
            "empty": torch.zeros(0, 3), "scalar": torch.tensor(2.5), "flipped": base[0].t()[1:]}, out / "strides.pt")
module = torch.nn.Linear(2, 3)
with torch.no_grad():
    module.weight.copy_(ramp(6).reshape(3, 2))
    module.bias.copy_(ramp(3))
torch.save(module.state_dict(), out / "state_dict.pt")
torch.save(module.weight, out / "parameter.pt")
nested = {"list": [1, -1, 300, 70000, -(2**31), 2**40, -(2**40), [None, True, False]], "tuple": (1.5, "é中🎬", ()), 3: {"x": torch.Size([2, 3])},
          "again": None}
nested["again"] = nested["list"]
torch.save(nested, out / "nested.pt")
torch.save(latents, out / "protocol4.pt", pickle_protocol=4)
torch.save(latents, out / "legacy.pt", _use_new_zipfile_serialization=False)

# The records that PyTorch 1.6 wrote, under the name it used for buffers.
data = io.BytesIO()
torch.save(latents, data)
with zipfile.ZipFile(data) as new, zipfile.ZipFile(out / "torch16.pt", "w", zipfile.ZIP_STORED) as old:
    for info in new.infolist():
        name = info.filename.split("/", 1)[1]
        if name in ("data.pkl", "version") or name.startswith("data/"):
            old.writestr(zipfile.ZipInfo("archive/" + name), new.read(info))
with zipfile.ZipFile(data) as new, zipfile.ZipFile(out / "compressed.pt", "w", zipfile.ZIP_DEFLATED) as old:
    for info in new.infolist():
        old.writestr(info.filename, new.read(info), zipfile.ZIP_DEFLATED)


# Pickles that run code when Python opens them without weights_only.
class Run:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


for name, value in {
    "os_system": Run(os.system, ("touch ran_code",)),
    "eval": Run(eval, ("1 + 1",)),
    "getattr": Run(getattr, ("text", "upper")),
    "hidden": {"latents": ramp(2), "more": [collections.OrderedDict(), Run(os.remove, ("x",))]},
}.items():
    torch.save(value, out / f"attack_{name}.pt")
assert not os.path.exists("ran_code")

save_file({f"{name}_{rows}": ramp(6).to(dtype).reshape(rows, -1) for name, dtype in DTYPES.items() for rows in (2, 3)} |
          {"scalar": torch.tensor(1.5), "empty": torch.zeros(0, 4), "é\"\\\b\f\n\x01": ramp(1)},
          out / "mixed.safetensors", metadata={"format": "pt"})
save_file({}, out / "none.safetensors")
print({p.name: p.stat().st_size for p in sorted(out.iterdir())})
