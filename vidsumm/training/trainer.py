"""The training loop (paper section 3.2, "Training"; supplement E)."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from vidsumm.diffusion.schedule import cosine_schedule
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.loader import TrainingVideo, VideoList, VideoSource, epoch_batches
from vidsumm.training.objective import denoising_loss
from vidsumm.training.recipe import Recipe
from vidsumm.training.runlog import EpochReport, RunLog
from vidsumm.training.state import TrainingState, load_state, save_state

__all__ = ["EpochReport", "Keep", "Scores", "Trained", "TrainingVideo", "VideoSource", "fit"]


class Scores(Protocol):
    """What a validation says."""

    @property
    def tau(self) -> float:
        """Kendall's tau, by which epochs are compared."""

    @property
    def rho(self) -> float:
        """Spearman's rho."""


Keep = Callable[[Literal["last", "best"], SummDiff, EpochReport], None]
"""Told whenever there is a newer or a better network."""


@dataclass(frozen=True)
class Trained:
    """What a run leaves; both networks are moving averages of the weights, in evaluation mode."""

    last: SummDiff
    best: SummDiff
    """Of the epoch with the highest validation tau; the last one where nothing validates."""
    best_epoch: int
    history: tuple[EpochReport, ...]


def fit(
    videos: VideoSource | Sequence[TrainingVideo],
    null_features: NDArray[np.float32],
    recipe: Recipe,
    *,
    device: torch.device | str = "cpu",
    folder: Path | None = None,
    validate: Callable[[SummDiff], Scores] | None = None,
    on_epoch: Callable[[EpochReport], None] | None = None,
    keep: Keep | None = None,
) -> Trained:
    """Trains a network.

    Args:
        videos: at least one.
        null_features: (C,) features of a black frame.
        recipe: everything else; its seed makes the run repeatable on one machine.
        device: where to train.
        folder: keeps the state after every epoch, from which an interrupted run goes on as if nothing had happened,
            and the logs; nothing is kept where None.
        validate: measures the moving average every `recipe.validate_every` epochs and after the last one.
        on_epoch: told about every epoch.
        keep: told at each validation and at the end, to store checkpoints.

    Raises:
        ConfigError: `folder` holds a run of another recipe or of other data.
        ResourceError: the state in `folder` is damaged.
    """
    source = VideoList(videos) if isinstance(videos, Sequence) else videos
    state = _begin(source, null_features, recipe, device)
    if folder is not None:
        load_state(folder, state, recipe, source)
    log = RunLog(folder, state.history)
    with log:
        for epoch in range(state.epoch + 1, recipe.epochs + 1):
            begin = time.perf_counter()
            loss = _one_epoch(state, source, recipe, epoch)
            report = _validated(state, recipe, EpochReport(epoch, loss, time.perf_counter() - begin), validate)
            state.epoch = epoch
            state.history.append(report)
            if folder is not None:
                save_state(folder, state, recipe, source)
            log.write(report)
            if keep and (report.tau is not None or epoch == recipe.epochs):
                keep("last", state.average, report)
                if report.best:
                    keep("best", state.best, report)
            if on_epoch:
                on_epoch(report)
    return Trained(state.average.eval(), state.best.eval(), state.best_epoch, tuple(state.history))


def _begin(
    videos: VideoSource, null_features: NDArray[np.float32], recipe: Recipe, device: torch.device | str
) -> TrainingState:
    torch.manual_seed(recipe.seed)
    config = recipe.model_config(videos[0].features.shape[1])
    model = SummDiff(config, torch.from_numpy(null_features)).to(device)
    optimizer = _optimizer(model, recipe)
    steps_per_epoch = math.ceil(len(videos) / recipe.videos_per_step)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, steps_per_epoch, recipe))
    average = copy.deepcopy(model).eval()
    return TrainingState(model, average, copy.deepcopy(average), optimizer, rate)


def _optimizer(model: SummDiff, recipe: Recipe) -> torch.optim.Optimizer:
    kinds: dict[str, type[torch.optim.Adam]] = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}
    kind = kinds[recipe.optimizer]
    return kind(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)


def rate_factor(step: int, steps_per_epoch: int, recipe: Recipe) -> float:
    """Factor of the learning rate at a step, from 0: the linear rise at the beginning, then the schedule."""
    steps = recipe.epochs * steps_per_epoch
    warm = math.ceil(recipe.warmup * steps)
    if step < warm:
        return (step + 1) / warm
    if recipe.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
    epoch = step // steps_per_epoch
    return float(recipe.decay**epoch) if recipe.schedule == "exponential" else 1.0


def _one_epoch(state: TrainingState, videos: VideoSource, recipe: Recipe, epoch: int) -> float:
    """Trains on every video once; returns the mean loss."""
    device = state.model.null_features.device
    schedule = cosine_schedule().to(device)
    # each epoch has its own random numbers, so that one that is resumed draws what it would have drawn
    torch.manual_seed(int(np.random.SeedSequence([recipe.seed, epoch]).generate_state(1, np.uint64)[0]))
    state.model.train()
    losses = []
    for batch in epoch_batches(videos, recipe, epoch, pin=device.type == "cuda"):
        loss = denoising_loss(state.model, batch.to(device), schedule, recipe)
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if recipe.gradient_clip:
            torch.nn.utils.clip_grad_norm_(state.model.parameters(), recipe.gradient_clip)
        state.optimizer.step()
        state.rate.step()
        _average(state.average, state.model, recipe.ema)
        losses.append(loss.detach())  # read at the end: reading waits for the device
    return float(torch.stack(losses).mean())


def _average(average: SummDiff, model: SummDiff, decay: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def _validated(
    state: TrainingState, recipe: Recipe, report: EpochReport, validate: Callable[[SummDiff], Scores] | None
) -> EpochReport:
    """The report with what validation says, and the best network kept."""
    last = report.epoch == recipe.epochs
    if validate is None:
        if last:
            _keep_best(state, report.epoch)
        return report
    if report.epoch % recipe.validate_every and not last:
        return report
    scores = validate(state.average.eval())
    best = scores.tau > max((r.tau for r in state.history if r.tau is not None), default=-math.inf)
    if best:
        _keep_best(state, report.epoch)
    return EpochReport(report.epoch, report.loss, report.seconds, scores.tau, scores.rho, best)


def _keep_best(state: TrainingState, epoch: int) -> None:
    state.best.load_state_dict(state.average.state_dict())
    state.best_epoch = epoch
