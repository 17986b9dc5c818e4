"""Trains the demonstration model's video VAE: vae.py OUT. Pictures first, then clips; at last the decoder alone.

A log-variance stays fixed, so the posterior is a Gaussian of one width: mean-squared latents are what is left of the KL.
"""
import argparse, json, time
from pathlib import Path
import torch
from diffusers import AutoencoderKLLTXVideo
from safetensors.torch import load_file, save_file
import world

CONFIG = dict(in_channels=3, out_channels=3, latent_channels=128, patch_size=4, patch_size_t=1, resnet_norm_eps=1e-6,
              scaling_factor=1.0, encoder_causal=True, decoder_causal=False, timestep_conditioning=False,
              block_out_channels=(16, 32, 32, 64, 64), down_block_types=("LTXVideo095DownBlock3D",) * 4,
              downsample_type=("spatial", "temporal", "spatiotemporal", "spatiotemporal"),
              spatio_temporal_scaling=(True,) * 4, layers_per_block=(1, 1, 1, 1, 1),
              decoder_block_out_channels=(32, 32, 64), decoder_layers_per_block=(1, 2, 1, 1),
              decoder_spatio_temporal_scaling=(True,) * 3, decoder_inject_noise=(False,) * 4, upsample_residual=(True,) * 3,
              upsample_factor=(2, 1, 2), spatial_compression_ratio=32, temporal_compression_ratio=8)
NOISE = 0.03  # what the decoder learns to live with, in units of the latents


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal: matrices learn from far fewer clips than with Adam."""
    def __init__(self, parameters, lr):
        super().__init__(parameters, dict(lr=lr, momentum=0.95))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is None:
                    continue
                state = self.state[w]
                m = state.setdefault("m", torch.zeros_like(w))
                m.lerp_(w.grad, 1 - group["momentum"])
                x = w.grad.lerp(m, group["momentum"]).flatten(1)
                rows = len(x)
                # The eight places that an upsampler fills are eight matrices, which is also a fraction of the work.
                x = x.view(-1, 8, x.shape[1]).transpose(0, 1) if rows >= 128 and rows % 8 == 0 else x[None]
                x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
                for _ in range(4):
                    a = x @ x.mT
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                w.add_(x.transpose(0, 1).reshape(w.shape), alpha=-group["lr"])


def draw(g, count, frames):
    p = world.sample(g, count, wide=True)
    return world.render(p, frames, window=None if frames > 1 else torch.rand(1, generator=g), objects=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("out", type=Path)
    ap.add_argument("--pictures", type=int, default=2500)
    ap.add_argument("--clips", type=int, default=9000)
    ap.add_argument("--batch", type=int, default=8, help="clips of a step; pictures three times as many")
    ap.add_argument("--rate", type=float, default=0.01, help="of the matrices")
    ap.add_argument("--frozen", type=int, default=0, help="the encoder no longer learns in these last steps")
    ap.add_argument("--decay", type=int, default=8000, help="steps at the end over which the rate falls to nothing")
    ap.add_argument("--start", type=Path, help="weights to begin with")
    a = ap.parse_args()
    torch.manual_seed(0)
    g = torch.Generator().manual_seed(1)
    vae = AutoencoderKLLTXVideo(**CONFIG)
    for name, w in vae.named_parameters():  # residual branches begin as nothing
        if name.endswith("conv2.conv.weight"):
            w.data.zero_()
    with torch.no_grad():  # a latent's channels begin as the places inside its 32 x 32 pixels and 8 frames, on the way in and out
        same, last, first = torch.eye(64), vae.encoder.conv_out.conv.weight, vae.decoder.conv_in.conv.weight
        last[:64].zero_(), first[:, :64].zero_(), first.mul_(0.1)
        last[:64, :, 2, 1, 1], first[:, :64, 1, 1, 1] = same, same
    if a.start:
        vae.load_state_dict(load_file(a.start))
    a.out.mkdir(parents=True, exist_ok=True)
    print(sum(w.numel() for w in vae.encoder.parameters()), sum(w.numel() for w in vae.decoder.parameters()), flush=True)
    matrices = [w for w in vae.parameters() if w.ndim > 1]
    vectors = [w for w in vae.parameters() if w.ndim == 1]
    muon, adam = Muon(matrices, a.rate), torch.optim.Adam(vectors, 0.3 * a.rate, betas=(0.9, 0.99))
    start, mean, step, plan = time.time(), None, -1, a.out / "plan.json"
    while (step := step + 1) < (total := a.pictures + a.clips):
        if step % 10 == 0 and plan.exists():  # a person shortened or lengthened it meanwhile
            vars(a).update(json.loads(plan.read_text()))
        picture = step < a.pictures or step % 8 == 7
        x, there = draw(g, 3 * a.batch if picture else a.batch, 1 if picture else 9)
        lr = min(1, (step + 1) / 20, (total - step) / a.decay)
        muon.param_groups[0]["lr"], adam.param_groups[0]["lr"] = a.rate * lr, 0.3 * a.rate * lr
        frozen = step >= total - a.frozen
        with torch.set_grad_enabled(not frozen):
            z = vae.encoder(x)[:, :128]
        noisy = z + NOISE * torch.randn(z.shape, generator=g)
        y = vae.decoder(noisy)
        # Objects are a tenth of a picture: unweighted, and by absolute differences above all, they are left out at first.
        error, weight = (y - x).abs(), (1 + 5 * there) / (1 + 5 * there.mean())
        loss = (weight * (2 * error.square() + 0.3 * error)).mean()
        # Edges are where a picture is sharp or not: neighbours are to differ as they do in it.
        for axis in (3, 4):
            loss = loss + (y.diff(dim=axis) - x.diff(dim=axis)).abs().mean()
        (loss + 1e-3 * (z.square().mean() - 1).square()).backward()
        muon.step(), adam.step()
        muon.zero_grad(), adam.zero_grad()
        now = torch.stack([error.mean(), (error * there).sum() / (3 * there.sum() + 1)]).detach()
        mean = now if step == 0 else mean if picture and step >= a.pictures else mean.lerp(now, 0.04)
        if step % 25 == 0 or step == total - 1:
            print(f"{step} {x.shape[2]} l1 {mean[0]:.4f} of objects {mean[1]:.4f} z {z.std().item():.3f} {time.time() - start:.0f}s", flush=True)
        if step % 100 == 99 or step == total - 1:
            save_file({k: v.contiguous() for k, v in vae.state_dict().items()}, a.out / "vae.part")
            (a.out / "vae.part").rename(a.out / "vae.safetensors")


if __name__ == "__main__":
    main()
