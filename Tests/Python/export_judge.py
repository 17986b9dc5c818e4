"""diffusers and peft as the judges of our exports: each file that we write is loaded by the program that it is for, fused there, and
held against the model that Exporter.merge writes.

export_judge.py LTXSH: needs Python with torch, diffusers, peft and safetensors; ends with 0 and a word when they are not there.
"""
import json, os, subprocess, sys, tempfile

try:
    import diffusers, peft, torch
    from diffusers import LTXPipeline, LTXVideoTransformer3DModel
    from safetensors.torch import load_file, save_file
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(0)

folder = tempfile.mkdtemp()
ltxsh = os.path.abspath(sys.argv[1])


def shell(code):
    done = subprocess.run([ltxsh, "--no-init", "-e", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


shell("Models.make_tiny('tiny')")
weights = load_file(f"{folder}/tiny/transformer/diffusion_pytorch_model.safetensors")
layers = sorted(name[:-7] for name, value in weights.items() if value.ndim == 2 and name.endswith(".weight"))
torch.manual_seed(0)
for name, alpha in (("plain", None), ("scaled", 6.0)):
    tensors = {}
    for layer in layers:
        rows, columns = weights[f"{layer}.weight"].shape
        tensors[f"transformer.{layer}.lora_A.weight"] = torch.randn(4, columns) / 10
        tensors[f"transformer.{layer}.lora_B.weight"] = torch.randn(rows, 4) / 10
        if alpha:
            tensors[f"transformer.{layer}.alpha"] = torch.tensor(alpha)
    save_file(tensors, f"{folder}/{name}.safetensors", metadata={"format": "pt"})
    merged = load_file(shell(
        f"print(Exporter.merge{{ base = 'tiny', lora = '{name}.safetensors', output = 'merged-{name}' }})")
        and f"{folder}/merged-{name}/transformer/diffusion_pytorch_model.safetensors")
    loaded = LTXVideoTransformer3DModel.from_pretrained(f"{folder}/merged-{name}", subfolder="transformer")

    def base():
        return LTXVideoTransformer3DModel.from_pretrained(f"{folder}/tiny", subfolder="transformer")

    def compare(judge, found, layers=layers):
        worst = max((found[f"{layer}.weight"] - merged[f"{layer}.weight"]).abs().max().item() for layer in layers)
        assert worst < 1e-5, (judge, name, worst)
        print(f"{judge}, {name}: {len(layers)} layers, largest difference {worst:.1e}")

    def plain(model):
        return {key.replace("base_model.model.", "").replace(".base_layer", ""): value for key, value in model.state_dict().items()}

    for format in ("diffusers", "comfyui"):
        path = shell(f"print(Exporter.{format}('{name}.safetensors', 'out-{name}/'))")
        state = LTXPipeline.lora_state_dict(os.path.join(folder, path))
        state = state[0] if isinstance(state, tuple) else state
        model = base()
        LTXPipeline.load_lora_into_transformer(state, transformer=model)
        model.fuse_lora()
        model.unload_lora()
        # ComfyUI calls two modules otherwise, which diffusers does not turn back: it leaves them out with a warning.
        known = [layer for layer in layers if format == "diffusers" or not layer.startswith(("proj_in", "time_embed"))]
        compare(f"diffusers reads {format}", plain(model), known)
    path = shell(f"print(Exporter.peft('{name}.safetensors', 'peft-{name}'))")
    compare("peft", plain(peft.PeftModel.from_pretrained(base(), os.path.join(folder, path)).merge_and_unload()))
    kohya = load_file(os.path.join(folder, shell(f"print(Exporter.kohya('{name}.safetensors', 'out-{name}/'))")))
    found = {}
    for layer in layers:
        stem = "lora_unet_" + layer.replace("proj_in", "patchify_proj").replace("time_embed", "adaln_single").replace(".", "_")
        up, down, scale = kohya[f"{stem}.lora_up.weight"], kohya[f"{stem}.lora_down.weight"], kohya[f"{stem}.alpha"].item() / 4
        found[f"{layer}.weight"] = weights[f"{layer}.weight"] + scale * up @ down
    compare("kohya", found)
print(f"diffusers {diffusers.__version__} and peft {peft.__version__} agree")
