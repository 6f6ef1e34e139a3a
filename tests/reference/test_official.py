"""With the authors' weights and random numbers, networks here give the authors' numbers."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.support.reference.differences import differences
from tests.support.reference.replay import sampling_difference, train_scores
from tests.support.reference.vectors import for_each_recording, read_recording
from vidsumm.diffusion.schedule import cosine_schedule
from vidsumm.errors import ResourceError
from vidsumm.model.official import from_official

TOLERANCE = 1e-5

each_recording = for_each_recording()
each_guided = for_each_recording(lambda recording: recording.guidance > 0)
each_convolution = for_each_recording(lambda recording: recording.config["denoiser"] == "latentmlp")


@each_recording
def test_the_noise_schedule_is_the_recorded_one(path: Path) -> None:
    recorded = read_recording(path).tensor("state/transformer.alphas_cumprod")  # float64
    torch.testing.assert_close(cosine_schedule().alphas_cumprod, recorded, rtol=1e-12, atol=0)


@each_recording
def test_the_configuration_is_read_from_the_tensors(path: Path) -> None:
    recording = read_recording(path)
    found, c = recording.model_config, recording.config
    assert (found.feature_dim, found.width, found.feedforward) == (
        c["v_feat_dim"],
        c["hidden_dim"],
        c["dim_feedforward"],
    )
    assert (found.encoder_layers, found.input_layers, found.bins) == (c["enc_layers"], c["n_input_proj"], c["K"])
    assert found.score_embedding == c["scores_embed"]
    # the official DiT has two blocks, whatever its configuration says
    assert found.denoiser_layers == (2 if c["denoiser"] == "DiT" else c["dec_layers"])


@each_recording
def test_every_part_is_reproduced(path: Path, record_property: Callable[[str, object], None]) -> None:
    parts = differences(read_recording(path))
    for part, value in parts.items():
        record_property(part, value)
    assert {"training forward, padded batch", "training loss"} < set(parts)
    wrong = {part: value for part, value in parts.items() if not value < TOLERANCE}
    assert not wrong


@each_recording
def test_a_padded_batch_equals_each_video_alone(path: Path) -> None:
    recording = read_recording(path)
    model = recording.model()
    together = train_scores(model, recording)
    for video, length in enumerate(recording.lengths):
        alone = train_scores(model, recording, video)
        torch.testing.assert_close(together[video : video + 1, :length], alone, rtol=0, atol=TOLERANCE)


@each_convolution
def test_official_convolutions_read_padding(path: Path) -> None:
    # masked convolutions do not, so they must not reproduce the recorded numbers of the shorter videos
    recording = read_recording(path)
    mask = recording.tensor("mask")
    apart = (train_scores(recording.model(), recording) - recording.tensor("train/pred_scores"))[mask].abs().max()
    assert apart > 10 * TOLERANCE


@each_guided
def test_guided_recordings_need_guidance(path: Path) -> None:
    # if they were reproduced without guidance, they would prove nothing about it
    assert sampling_difference(read_recording(path), 0, 0.0) > 10 * TOLERANCE


@each_recording
def test_unknown_and_missing_tensors_are_refused(path: Path) -> None:
    recording = read_recording(path)
    null = torch.zeros(recording.config["v_feat_dim"])
    config = recording.model_config
    with pytest.raises(ResourceError, match=r"unknown tensor 'surprise.weight'"):
        from_official(recording.state | {"surprise.weight": torch.zeros(1)}, config, null)
    state = recording.state
    del state["global_rep_token"]
    with pytest.raises(ResourceError, match=r"does not fit: .*global_token") as caught:
        from_official(state, config, null)
    assert "\n" not in str(caught.value)
