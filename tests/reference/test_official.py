"""Our networks with the authors' weights give the authors' numbers, draw for draw."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.reference.vectors import Recording, for_each_recording, read_recording
from vidsumm.diffusion.sampler import Draws
from vidsumm.diffusion.schedule import cosine_schedule, q_sample, to_logit, to_score
from vidsumm.errors import ResourceError
from vidsumm.model.official import from_official
from vidsumm.model.sampling import CurveSampler, SamplingOptions
from vidsumm.model.summdiff import SummDiff

TOLERANCE = 1e-5

# the sinusoidal embedding of scores and the plain decoder, ablations of the paper, are not built here
each_recording = for_each_recording(lambda recording: not recording.unsupported)
# the official convolutions of the latent MLP read what stands at padded frames, ours never do
each_padded = for_each_recording(lambda r: not r.unsupported and r.denoiser == "dit")
each_guided = for_each_recording(lambda r: not r.unsupported and r.guidance > 0)


def noised(recording: Recording) -> Tensor:
    """(3, N) the noised logits of the recorded training step."""
    u0 = to_logit(recording.tensor("scores"), recording.config["sigmoid_temp"])
    return q_sample(cosine_schedule(), u0, recording.tensor("train/timesteps"), recording.tensor("train/noise"))


def predicted(model: SummDiff, features: Tensor, mask: Tensor | None, u_t: Tensor, t: Tensor) -> Tensor:
    """(B, N) scores predicted from one noised curve of each video."""
    with torch.inference_mode():
        u0 = model.denoise(u_t[:, None], t[:, None], model.encode(features, mask))[:, 0]
    return to_score(u0, model.config.temperature)


@for_each_recording()
def test_schedule(path: Path) -> None:
    recorded = read_recording(path).tensor("state/transformer.alphas_cumprod")  # float64
    torch.testing.assert_close(cosine_schedule().alphas_cumprod.double(), recorded, rtol=1e-6, atol=0)


@each_padded
def test_training_forward_of_a_padded_batch(path: Path) -> None:
    recording = read_recording(path)
    mask, target, t = recording.tensor("mask"), recording.tensor("scores"), recording.tensor("train/timesteps")
    scores = predicted(recording.model(), recording.tensor("features"), mask, noised(recording), t)
    assert (scores - recording.tensor("train/pred_scores"))[mask].abs().max() < TOLERANCE
    loss = ((scores - target) ** 2)[mask].mean()
    assert float(loss) == pytest.approx(float(recording.arrays["train/loss"]), abs=1e-6)


@each_recording
def test_training_forward_of_the_longest_video_alone(path: Path) -> None:
    # nothing pads the longest video, so here the official convolutions had no padded frame to read either
    recording = read_recording(path)
    longest = int(np.argmax(recording.lengths))
    row = slice(longest, longest + 1)
    scores = predicted(
        recording.model(),
        recording.tensor("features")[row],
        None,
        noised(recording)[row],
        recording.tensor("train/timesteps")[row],
    )
    assert recording.lengths[longest] == scores.shape[1]
    assert (scores - recording.tensor("train/pred_scores")[row]).abs().max() < TOLERANCE


@each_recording
@pytest.mark.parametrize("video", range(3))
def test_sampling(path: Path, video: int) -> None:
    recording = read_recording(path)
    noise = recording.tensor(f"sample/{video}/step_noise")
    options = SamplingOptions(steps=len(noise), guidance=recording.guidance, final="official", guide_final=False)
    features = recording.arrays["features"][video, : recording.lengths[video]]
    sampler = CurveSampler(recording.model(), features, options)
    scores = sampler.replay(Draws(recording.tensor(f"sample/{video}/x_T")[None], noise[:, None]))
    assert scores.shape == (1, recording.lengths[video])
    assert np.abs(scores[0] - recording.arrays[f"sample/{video}/scores"]).max() < TOLERANCE


@each_guided
def test_guidance_was_recorded_where_it_applies(path: Path) -> None:
    # without it the guided recordings must not come out, else the test above would prove nothing about guidance
    recording = read_recording(path)
    options = SamplingOptions(steps=10, guidance=0.0, final="official")
    sampler = CurveSampler(recording.model(), recording.arrays["features"][0, : recording.lengths[0]], options)
    noise = recording.tensor("sample/0/step_noise")
    scores = sampler.replay(Draws(recording.tensor("sample/0/x_T")[None], noise[:, None]))
    assert np.abs(scores[0] - recording.arrays["sample/0/scores"]).max() > 10 * TOLERANCE


@each_recording
def test_foreign_and_missing_tensors_are_refused(path: Path) -> None:
    recording = read_recording(path)
    null = torch.zeros(recording.config["v_feat_dim"])
    config = recording.model().config
    with pytest.raises(ResourceError, match=r"unknown tensor 'surprise.weight'"):
        from_official(recording.state | {"surprise.weight": torch.zeros(1)}, config, null)
    state = recording.state
    del state["global_rep_token"]
    with pytest.raises(ResourceError, match=r"does not fit: .*global_token") as caught:
        from_official(state, config, null)
    assert "\n" not in str(caught.value)
