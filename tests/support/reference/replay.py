"""Runs networks of vidsumm on the recorded inputs and random numbers."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.support.reference.vectors import Recording
from vidsumm.diffusion.sampler import Draws
from vidsumm.diffusion.schedule import cosine_schedule, q_sample, to_logit, to_score
from vidsumm.model.sampling import CurveSampler, SamplingOptions
from vidsumm.model.summdiff import SummDiff


def train_scores(model: SummDiff, recording: Recording, video: int | None = None) -> Tensor:
    """The scores that the network predicts in the recorded training step.

    Args:
        model: the network.
        recording: inputs and random numbers.
        video: number of the only video to use; None for the whole padded batch.

    Returns:
        (V, N) of the padded batch, or (1, N) of one video.
    """
    rows = slice(None) if video is None else slice(video, video + 1)
    length = None if video is None else recording.lengths[video]
    scores, noise = (recording.tensor(key)[rows, :length] for key in ("scores", "train/noise"))
    t = recording.tensor("train/timesteps")[rows]
    u_t = q_sample(cosine_schedule(), to_logit(scores, model.config.temperature), t, noise)
    features, mask = recording.tensor("features")[rows, :length], recording.tensor("mask")[rows, :length]
    with torch.inference_mode():
        u0 = model.denoise(u_t[:, None], t[:, None], model.encode(features, mask))[:, 0]
    return to_score(u0, model.config.temperature)


def train_loss(scores: Tensor, recording: Recording) -> float:
    """Mean squared error of the `train_scores` of the batch over its valid samples."""
    mask = recording.tensor("mask")
    return float(((scores - recording.tensor("scores")) ** 2)[mask].mean())


def draw_curve(recording: Recording, video: int, guidance: float) -> NDArray[np.float32]:
    """The curve (N,) of the recorded random numbers, drawn as the official code does."""
    noise = recording.tensor(f"sample/{video}/step_noise")  # (steps, N)
    options = SamplingOptions(steps=len(noise), guidance=guidance, final="official", guide_final=False)
    features = recording.arrays["features"][video, : recording.lengths[video]]
    sampler = CurveSampler(recording.model(), features, options)
    curves = sampler.replay(Draws(recording.tensor(f"sample/{video}/x_T")[None], noise[:, None]))
    first: NDArray[np.float32] = curves[0]
    return first


def sampling_difference(recording: Recording, video: int, guidance: float) -> float:
    """The largest absolute difference between the scores of a drawn curve and of the recorded one."""
    return float(np.abs(draw_curve(recording, video, guidance) - recording.arrays[f"sample/{video}/scores"]).max())
