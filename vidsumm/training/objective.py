"""The loss that a training step minimises (paper section 3.2, "Training")."""

import torch
from torch import Tensor

from vidsumm.devices import fast_precision
from vidsumm.diffusion.schedule import Schedule, q_sample, to_logit, to_score
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.loader import Batch
from vidsumm.training.recipe import Recipe

__all__ = ["denoising_loss"]


def denoising_loss(model: SummDiff, batch: Batch, schedule: Schedule, recipe: Recipe) -> Tensor:
    """Returns the mean squared error of the predicted scores from the targets s0 over valid samples, a scalar.

    Symbols: s0 the target scores, u0 their logits, t the time, u_t the noised logits, u0_hat the prediction.

    1. u0 = logit(s0) / temperature, s0 clamped to [clamp, 1 - clamp]
    2. u_t = sqrt(abar_t) u0 + sqrt(1 - abar_t) noise
    3. u0_hat = prediction from (u_t, t, video); the video is the null video with probability `recipe.p_uncond`,
       which trains the unconditional branch of classifier-free guidance
    4. loss = mean of (sigmoid(temperature * u0_hat) - s0)^2

    Each video is encoded once for its R draws of annotator, time and noise, which differ only in the query.
    """
    device, temperature = batch.scores.device, model.config.temperature
    target = batch.scores.clamp(recipe.clamp, 1 - recipe.clamp)  # (V, R, N)
    t = torch.randint(0, schedule.steps, target.shape[:2], device=device)  # (V, R)
    noise = torch.randn(target.shape, device=device)
    logit = to_logit(target, temperature)
    u_t = q_sample(schedule, logit.flatten(0, 1), t.flatten(), noise.flatten(0, 1))  # (V * R, N)
    is_null = torch.rand(len(target), 1, 1, device=device) < recipe.p_uncond  # (V, 1, 1)
    features = torch.where(is_null, model.null_like(batch.features), batch.features)
    half = recipe.precision == "auto" and fast_precision(device) == "bfloat16"
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
        predicted = model.denoise(u_t.view_as(target), t, model.encode(features, batch.mask))
    error = (to_score(predicted.float(), temperature) - target) ** 2
    valid = batch.mask[:, None].expand_as(error)
    return error[valid].mean()
