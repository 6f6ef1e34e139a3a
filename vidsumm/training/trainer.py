"""The training loop (paper section 3.2, "Training"; supplement E).

One encoding of a video serves several (annotator, time, noise) draws, which differ in the query alone.
Shapes: V videos of a step, R curves of each, N frames of the longest, C channels.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.diffusion.schedule import Schedule, cosine_schedule, q_sample, to_logit, to_score
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.recipe import Recipe

__all__ = ["TrainingVideo", "fit"]


@dataclass(frozen=True)
class TrainingVideo:
    """Features and targets of one video."""

    features: NDArray[np.float32]
    """(N, C)."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1], one curve for each annotator."""


@dataclass(frozen=True)
class _Batch:
    features: Tensor  # (V, N, C)
    scores: Tensor  # (V, R, N)
    mask: Tensor  # (V, N) bool


def fit(
    videos: Sequence[TrainingVideo],
    null_features: NDArray[np.float32],
    recipe: Recipe,
    *,
    device: torch.device | str = "cpu",
    on_epoch: Callable[[int, float], None] | None = None,
) -> SummDiff:
    """Trains a network and returns the moving average of its weights, in evaluation mode.

    Args:
        videos: at least one.
        null_features: (C,) features of a black frame.
        recipe: everything else; its seed makes the run repeatable on one machine.
        device: where to train.
        on_epoch: told after each epoch its number, from 1, and its mean loss.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model = SummDiff(recipe.model_config(videos[0].features.shape[1]), torch.from_numpy(null_features)).to(device)
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    steps = recipe.epochs * math.ceil(len(videos) / recipe.videos_per_step)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_cosine(step, steps))
    schedule = cosine_schedule().to(torch.device(device))
    model.train()
    for epoch in range(recipe.epochs):
        losses = []
        for batch in _batches(videos, recipe, rng, device):
            loss = _loss(model, batch, schedule, recipe)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
            optimizer.step()
            rate.step()
            _average(average, model, recipe.ema)
            losses.append(float(loss.detach()))
        if on_epoch:
            on_epoch(epoch + 1, float(np.mean(losses)))
    return average.eval()


def _warm_cosine(step: int, steps: int) -> float:
    """Linear rise over the first twentieth, then a cosine down to zero (AdamW with cosine annealing, supplement E)."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _batches(
    videos: Sequence[TrainingVideo], recipe: Recipe, rng: np.random.Generator, device: torch.device | str
) -> Iterator[_Batch]:
    """One epoch: videos of similar length share a step, so that little is padded."""
    length = np.array([len(video.features) for video in videos])
    jitter = rng.uniform(0.8, 1.25, len(videos))  # so that the company changes from epoch to epoch
    order = np.argsort(length * jitter)
    parts = np.array_split(order, math.ceil(len(videos) / recipe.videos_per_step))
    for i in rng.permutation(len(parts)):
        yield _collate([videos[k] for k in parts[i]], recipe, rng, device)


def _collate(
    videos: Sequence[TrainingVideo], recipe: Recipe, rng: np.random.Generator, device: torch.device | str
) -> _Batch:
    count, longest = len(videos), max(len(video.features) for video in videos)
    features = np.zeros((count, longest, videos[0].features.shape[1]), np.float32)
    scores = np.full((count, recipe.curves_per_video, longest), 0.5, np.float32)
    mask = np.zeros((count, longest), bool)
    for v, video in enumerate(videos):
        n = len(video.features)
        features[v, :n], mask[v, :n] = video.features, True
        scores[v, :, :n] = _targets(video, recipe, rng)
    return _Batch(*(torch.from_numpy(x).to(device) for x in (features, scores, mask)))


def _targets(video: TrainingVideo, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.float32]:
    """(R, N): curves of different annotators as long as there are enough, or the mean of all."""
    if recipe.annotators == "aggregated":
        return np.broadcast_to(video.scores.mean(axis=0), (recipe.curves_per_video, len(video.features)))
    people, wanted = len(video.scores), recipe.curves_per_video
    chosen = rng.choice(people, wanted, replace=wanted > people)
    return video.scores[chosen]


def _loss(model: SummDiff, batch: _Batch, schedule: Schedule, recipe: Recipe) -> Tensor:
    """Mean squared error between sigmoid(temperature * u0_hat) and s0 over valid frames."""
    device, temperature = batch.scores.device, recipe.temperature
    target = batch.scores.clamp(recipe.clamp, 1 - recipe.clamp)
    t = torch.randint(0, schedule.steps, target.shape[:2], device=device)
    noise = torch.randn(target.shape, device=device)
    u_t = q_sample(schedule, to_logit(target, temperature).flatten(0, 1), t.flatten(), noise.flatten(0, 1))
    unconditional = torch.rand(len(target), 1, 1, device=device) < recipe.p_uncond
    features = torch.where(unconditional, model.null_like(batch.features), batch.features)
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=_has_fast_bfloat16(device)):
        predicted = model.denoise(u_t.view_as(target), t, model.encode(features, batch.mask))
    error = (to_score(predicted.float(), temperature) - target) ** 2
    valid = batch.mask[:, None].expand_as(error)
    return error[valid].mean()


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def _average(average: SummDiff, model: SummDiff, decay: float) -> None:
    with torch.no_grad():
        for mean, value in zip(average.parameters(), model.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
