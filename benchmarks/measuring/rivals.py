"""The rivals: what the field's scripts do, written down plainly."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.diffusion.guidance import guide
from vidsumm.diffusion.sampler import Draws, ddim_sample, draw_noise
from vidsumm.diffusion.schedule import cosine_schedule, to_score
from vidsumm.model.encoded import EncodedVideos
from vidsumm.model.sampling import SamplingOptions
from vidsumm.model.summdiff import SummDiff
from vidsumm.selection.knapsack import solve
from vidsumm.shots.penalty import charges

__all__ = ["knapsack_per_shot", "one_curve_at_a_time", "table_knapsack", "table_kts"]


def table_kts(features: NDArray[np.floating], most: int, penalty: float = 1.0) -> NDArray[np.int64]:
    """Solves KTS by a table of the least scatter for each end and number of segments, and chooses the best number.

    The inner loop is left to NumPy.

    Args:
        features: (N, D).
        most: greatest number of change points in the table; the scripts take N - 1.
        penalty: called `vmax` in the scripts.

    Returns:
        (m,) int64 change points.
    """
    n = len(features)
    scatter = _scatter_by_end(features.astype(np.float64))
    best = np.append(np.inf, scatter[:, 0])  # (N + 1,) of the first samples, in one segment
    begins = np.zeros((most + 1, n + 1), dtype=np.int32)
    least = [best[n]]
    for count in range(1, most + 1):
        following = np.full(n + 1, np.inf)
        for end in range(count + 1, n + 1):
            values = best[count:end] + scatter[end - 1, count:end]
            place = values.argmin()
            begins[count, end], following[end] = count + place, values[place]
        best = following
        least.append(best[n])
    count, end = int(np.argmin(np.array(least) / n + charges(n, penalty)[: most + 1] / n)), n
    found = []
    for left in range(count, 0, -1):
        end = int(begins[left, end])
        found.append(end)
    return np.array(found[::-1], dtype=np.int64)


def _scatter_by_end(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns (N, N) with the scatter of samples s..t at [t, s]."""
    n = len(features)
    gram = features @ features.T
    sums = np.zeros((n + 1, n + 1))
    sums[1:, 1:] = gram.cumsum(axis=0).cumsum(axis=1)
    own = np.append(0.0, np.diag(gram).cumsum())
    diagonal = np.diag(sums)
    scatter = np.full((n, n), np.inf)
    for end in range(n):
        s = np.arange(end + 1)
        mutual = diagonal[end + 1] + diagonal[s] - 2 * sums[end + 1, s]
        scatter[end, : end + 1] = own[end + 1] - own[s] - mutual / (end + 1 - s)
    return scatter


def table_knapsack(values: Sequence[float], weights: Sequence[int], capacity: int) -> list[bool]:
    """Solves the 0/1 knapsack by a table of Python numbers, as most of the field's scripts do."""
    table = [[0.0] * (capacity + 1) for _ in range(len(values) + 1)]
    for i, (value, weight) in enumerate(zip(values, weights, strict=True), 1):
        for room in range(capacity + 1):
            if weight <= room:
                table[i][room] = max(value + table[i - 1][room - weight], table[i - 1][room])
            else:
                table[i][room] = table[i - 1][room]
    chosen, room = [False] * len(values), capacity
    for i in range(len(values), 0, -1):
        if table[i][room] != table[i - 1][room]:
            chosen[i - 1] = True
            room -= weights[i - 1]
    return chosen


def knapsack_per_shot(
    values: NDArray[np.float64], weights: NDArray[np.int64], capacity: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns what `leave_one_out_values` returns, from two knapsacks without each shot, each by our own solver."""
    full, reduced = np.zeros(len(values)), np.full(len(values), -np.inf)
    for i in range(len(values)):
        others, lengths = np.delete(values, i), np.delete(weights, i)
        full[i] = others[solve(others, lengths, capacity)].sum()
        if weights[i] <= capacity:
            reduced[i] = others[solve(others, lengths, capacity - int(weights[i]))].sum()
    return full, reduced


def one_curve_at_a_time(
    model: SummDiff, features: NDArray[np.float32], seeds: Sequence[int], options: SamplingOptions
) -> NDArray[np.float32]:
    """Draws curves as the official code does: for each, both videos are encoded and both are denoised in every step.

    The second video is the null video, from which guidance leads away.

    Args:
        model: the network, in evaluation mode.
        features: (N, C).
        seeds: (S,).
        options: sampling options, with guidance.

    Returns:
        (S, N) float32 in (0, 1).
    """
    video = torch.tensor(features, device=model.null_features.device)[None]
    curves = []
    with torch.inference_mode():
        for seed in seeds:
            branches = (model.encode(video), model.encode(model.null_like(video)))
            curves.append(_one_curve(model, branches, draw_noise([seed], options.steps, len(features)), options))
    return np.concatenate(curves)


def _read_again(model: SummDiff, video: EncodedVideos) -> EncodedVideos:
    """Returns the video with its contexts computed again, as each pass of a plain decoder computes them."""
    return video if model.denoiser is None else replace(video, contexts=tuple(model.denoiser.contexts(video.memory)))


def _one_curve(
    model: SummDiff, branches: tuple[EncodedVideos, EncodedVideos], draws: Draws, options: SamplingOptions
) -> NDArray[np.float32]:
    device = model.null_features.device

    def denoise(u_t: Tensor, t: int) -> Tensor:
        times = torch.full((1, 1), t, device=device)
        conditional, null = (model.denoise(u_t[None], times, _read_again(model, branch))[0] for branch in branches)
        return guide(conditional, null, options.guidance)

    logits = ddim_sample(denoise, cosine_schedule(), draws.to(device), steps=options.steps, final=options.final)
    curve: NDArray[np.float32] = to_score(logits, model.config.temperature).cpu().numpy()
    return curve
