"""What a training step minimises (paper section 3.2, "Training")."""

import torch
from torch import Tensor

from vidsumm.diffusion.schedule import Schedule, q_sample, to_logit, to_score
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.loader import Batch
from vidsumm.training.recipe import Recipe

__all__ = ["denoising_loss"]


def denoising_loss(model: SummDiff, batch: Batch, schedule: Schedule, recipe: Recipe) -> Tensor:
    """Mean squared error between sigmoid(temperature * u0_hat) and s0 over valid frames, a scalar.

    One encoding of a video serves its R (annotator, time, noise) draws, which differ in the query alone.
    Classifier-free guidance: a video becomes the null video with probability `recipe.p_uncond`.
    """
    device, temperature = batch.scores.device, model.config.temperature
    target = batch.scores.clamp(recipe.clamp, 1 - recipe.clamp)
    t = torch.randint(0, schedule.steps, target.shape[:2], device=device)
    noise = torch.randn(target.shape, device=device)
    u_t = q_sample(schedule, to_logit(target, temperature).flatten(0, 1), t.flatten(), noise.flatten(0, 1))
    unconditional = torch.rand(len(target), 1, 1, device=device) < recipe.p_uncond
    features = torch.where(unconditional, model.null_like(batch.features), batch.features)
    half = recipe.precision == "auto" and has_fast_bfloat16(device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
        predicted = model.denoise(u_t.view_as(target), t, model.encode(features, batch.mask))
    error = (to_score(predicted.float(), temperature) - target) ** 2
    valid = batch.mask[:, None].expand_as(error)
    return error[valid].mean()


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 faster than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # older versions of torch cannot tell
    flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(flags.get("avx512_bf16", False))
