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
from vidsumm.training.loader import epoch_batches
from vidsumm.training.objective import denoising_loss
from vidsumm.training.recipe import Recipe
from vidsumm.training.runlog import EpochReport, RunLog
from vidsumm.training.state import TrainingState, load_state, save_state
from vidsumm.training.videos import TrainingVideo, VideoList, VideoSource

__all__ = ["Keep", "Scores", "Trained", "fit", "rate_factor"]


class Scores(Protocol):
    """The result of a validation."""

    @property
    def tau(self) -> float:
        """Kendall's tau, by which epochs are compared."""

    @property
    def rho(self) -> float:
        """Spearman's rho."""


Keep = Callable[[Literal["last", "best"], SummDiff, EpochReport], None]
"""Stores a network: which one it is, the network, and the report of its epoch."""


@dataclass(frozen=True)
class Trained:
    """The result of training; both networks are moving averages of the weights, in evaluation mode."""

    last: SummDiff
    """Network of the last epoch."""
    best: SummDiff
    """Network of the epoch with the highest validation tau; without validation, of the last epoch."""
    best_epoch: int
    history: tuple[EpochReport, ...]
    """One report for each epoch."""


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
        folder: receives the logs, and after every epoch the state, from which an interrupted run goes on as if nothing
            had happened; None writes nothing.
        validate: measures the moving average every `recipe.validate_every` epochs and after the last one.
        on_epoch: called after every epoch.
        keep: called after each validation and after the last epoch, to store checkpoints.

    Raises:
        ConfigError: `folder` holds a run of another recipe or of other data.
        ResourceError: the state in `folder` is damaged.
    """
    source = VideoList(videos) if isinstance(videos, Sequence) else videos
    state = _initial_state(source, null_features, recipe, device)
    if folder is not None:
        load_state(folder, state, recipe, source)
    with RunLog(folder, state.history) as log:
        for epoch in range(state.epoch + 1, recipe.epochs + 1):
            begin = time.perf_counter()
            loss = _train_epoch(state, source, recipe, epoch)
            report = _validate(state, recipe, EpochReport(epoch, loss, time.perf_counter() - begin), validate)
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


def _initial_state(
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
    """Returns the factor on the learning rate: a linear rise over the warm-up steps, then the schedule.

    Args:
        step: number of the step, from 0.
        steps_per_epoch: steps of each epoch.
        recipe: epochs, warm-up and schedule.
    """
    steps = recipe.epochs * steps_per_epoch
    warm = math.ceil(recipe.warmup * steps)
    if step < warm:
        return (step + 1) / warm
    if recipe.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
    epoch = step // steps_per_epoch
    return float(recipe.decay**epoch) if recipe.schedule == "exponential" else 1.0


def _train_epoch(state: TrainingState, videos: VideoSource, recipe: Recipe, epoch: int) -> float:
    """Trains on every video once; returns the mean loss."""
    device = state.model.null_features.device
    schedule = cosine_schedule().to(device)
    # each epoch has a seed of its own, so that a resumed run draws the same random numbers
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
        _update_average(state.average, state.model, recipe.ema)
        losses.append(loss.detach())  # read after the epoch, because reading waits for the device
    return float(torch.stack(losses).mean())


def _update_average(average: SummDiff, model: SummDiff, decay: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def _validate(
    state: TrainingState, recipe: Recipe, report: EpochReport, validate: Callable[[SummDiff], Scores] | None
) -> EpochReport:
    """Validates if it is time to, keeps the best network, and returns the report with the results."""
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
