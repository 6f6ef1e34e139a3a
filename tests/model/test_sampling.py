import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.support.networks import each_denoiser, each_network, small_model, video
from vidsumm.diffusion.sampler import Final, draw_noise
from vidsumm.errors import ConfigError
from vidsumm.model.config import DenoiserName
from vidsumm.model.fused import FusedLatentMLP
from vidsumm.model.sampling import CurveSampler, SamplingOptions, sample_curves
from vidsumm.model.summdiff import EncodedVideos, SummDiff

ENDS: tuple[tuple[Final, bool], ...] = (("paper", True), ("official", False))
GUIDED = SamplingOptions(steps=4, guidance=0.5)


@each_denoiser
def test_curves_are_scores(denoiser: DenoiserName) -> None:
    curves = sample_curves(small_model(denoiser), video(30), range(3), GUIDED)
    assert curves.shape == (3, 30)
    assert curves.dtype == np.float32
    assert ((curves > 0) & (curves < 1)).all()
    assert np.abs(np.diff(curves, axis=0)).max() > 1e-3  # seeds differ


@each_denoiser
def test_a_run_repeats_bit_for_bit(denoiser: DenoiserName) -> None:
    model, features = small_model(denoiser), video(30)
    sampler = CurveSampler(model, features, GUIDED)
    first = sampler.sample(range(5))
    assert np.array_equal(sampler.sample(range(5)), first)
    assert np.array_equal(sample_curves(model, features, range(5), GUIDED), first)


@each_denoiser
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(("length", "most"), [(7, 70), (100, 70), (700, 6)])
def test_more_samples_leave_the_first_as_they_are(denoiser: DenoiserName, batch: int, length: int, most: int) -> None:
    options = SamplingOptions(steps=2, guidance=0.5)
    sampler = CurveSampler(small_model(denoiser, width=64, feedforward=256), video(length), options, batch=batch)
    curves = sampler.sample(range(most))
    for count in {1, 2, 5, min(20, most)}:
        assert np.array_equal(sampler.sample(range(count)), curves[:count])


@pytest.mark.parametrize("length", [7, 100])
def test_alone_a_seed_gives_the_same_curve_whatever_its_neighbours(length: int) -> None:
    sampler = CurveSampler(small_model(), video(length), GUIDED, batch=1)
    forward, backward = sampler.sample([0, 1, 2]), sampler.sample([2, 1, 0])
    assert np.array_equal(forward, backward[::-1])


@pytest.mark.parametrize("length", [1, 2, 700])
def test_any_length(length: int) -> None:
    curves = sample_curves(small_model(), video(length), [0], GUIDED)
    assert curves.shape == (1, length)
    assert np.isfinite(curves).all()


@each_denoiser
def test_no_guidance_is_the_conditional_branch(denoiser: DenoiserName) -> None:
    model, features = small_model(denoiser), video(20)
    plain = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=0.0))
    # all but zero: the unconditional branch is asked, and its weight vanishes
    nearly = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=1e-12))
    np.testing.assert_allclose(nearly, plain, rtol=0, atol=1e-5)
    strong = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=2.0))
    assert np.abs(strong - plain).max() > 1e-3


def test_no_guidance_asks_the_conditional_branch_only() -> None:
    model = small_model()
    assert len(CurveSampler(model, video(5), SamplingOptions(guidance=0.0)).encoded.memory) == 1
    assert len(CurveSampler(model, video(5), SamplingOptions(guidance=0.1)).encoded.memory) == 2


def test_the_null_video_guides_nothing() -> None:
    # both branches see the same video, so they agree and the weight does not matter
    model = small_model()
    black = model.null_features.expand(9, -1).numpy().copy()
    curves = [sample_curves(model, black, [3], SamplingOptions(steps=3, guidance=w)) for w in (0.0, 5.0)]
    np.testing.assert_allclose(curves[0], curves[1], rtol=0, atol=1e-5)


def test_guidance_may_leave_out_the_returned_prediction() -> None:
    model, features = small_model(), video(10)
    guided, plain = (
        sample_curves(model, features, [0], SamplingOptions(steps=1, guidance=3.0, guide_final=flag))
        for flag in (True, False)
    )
    unguided = sample_curves(model, features, [0], SamplingOptions(steps=1, guidance=0.0))
    np.testing.assert_allclose(plain, unguided, rtol=0, atol=1e-6)
    assert np.abs(guided - plain).max() > 1e-3


def test_replayed_draws_give_the_sampled_curves() -> None:
    sampler = CurveSampler(small_model(), video(12), GUIDED)
    np.testing.assert_allclose(sampler.replay(draw_noise([4, 2], 4, 12)), sampler.sample([4, 2]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 25])
def test_steps_are_questions_to_the_network(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = FusedLatentMLP.denoise
    asked: list[int] = []

    def counted(self: FusedLatentMLP, u: Tensor, t: int, branches: int) -> Tensor:
        asked.append(t)
        return honest(self, u, t, branches)

    monkeypatch.setattr(FusedLatentMLP, "denoise", counted)
    CurveSampler(small_model(), video(6), SamplingOptions(steps=steps, guidance=0.5)).sample([0])
    assert len(asked) == steps  # both branches in one question
    assert asked == sorted(asked, reverse=True)


@pytest.mark.parametrize("steps", [1, 2, 25])
def test_steps_are_questions_to_a_network_as_written(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, honest = small_model("dit"), SummDiff.denoise
    asked: list[int] = []

    def counted(self: SummDiff, u: Tensor, t: Tensor, videos: EncodedVideos) -> Tensor:
        asked.append(int(t[0, 0]))
        return honest(self, u, t, videos)

    monkeypatch.setattr(SummDiff, "denoise", counted)
    CurveSampler(model, video(6), SamplingOptions(steps=steps, guidance=0.5)).sample([0])
    assert len(asked) == steps  # both branches in one question
    assert asked == sorted(asked, reverse=True)


def test_the_network_is_put_into_evaluation_mode() -> None:
    model = small_model().train()
    CurveSampler(model, video(6), GUIDED)
    assert not model.training


def test_features_that_may_not_be_written_to_are_taken() -> None:
    features = video(6)
    features.setflags(write=False)
    assert sample_curves(small_model(), features, [0], GUIDED).shape == (1, 6)


def test_the_global_generator_is_left_alone() -> None:
    model = small_model()
    before = torch.get_rng_state()
    sample_curves(model, video(6), [0, 1], GUIDED)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_temperature_of_the_network_is_used() -> None:
    # temperature joins at the two ends: scores to queries on the way in, logits to scores on the way out
    state = small_model().state_dict()
    curves = []
    for temperature in (1.0, 2.0):
        model = small_model(temperature=temperature)
        model.load_state_dict(state)
        curves.append(sample_curves(model, video(20), [0], SamplingOptions(steps=1)))
        u_t = draw_noise([0], 1, 20).x_T[None]
        with torch.inference_mode():
            u0 = model.denoise(u_t, torch.full((1, 1), 999), model.encode(torch.tensor(video(20))[None]))
        np.testing.assert_allclose(curves[-1], torch.sigmoid(temperature * u0)[0], rtol=0, atol=1e-6)
    assert np.abs(curves[0] - curves[1]).max() > 1e-3


def test_the_papers_last_step_and_the_official_one_differ() -> None:
    model, features = small_model(), video(20)
    paper, official = (
        sample_curves(model, features, [0], SamplingOptions(steps=4, guidance=0.5, final=final, guide_final=guided))
        for final, guided in ENDS
    )
    assert np.abs(paper - official).max() > 1e-3


@pytest.mark.parametrize(
    "values",
    [
        {"steps": 0},
        {"guidance": -0.1},
        {"final": "last"},
        {"attention_guidance": -1.0},
        {"attention_guidance": float("nan")},
        {"attention_blur": 0.0},
        {"attention_threshold": -1.0},
    ],
    ids=str,
)
def test_impossible_options_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"sampling option {next(iter(values))}"):
        SamplingOptions(**values)


class TestAttentionGuidance:
    OPTIONS = SamplingOptions(steps=3, guidance=0.5, attention_guidance=2.0)

    @each_network
    @pytest.mark.parametrize("guidance", [0.0, 0.5])
    def test_no_weight_is_bit_by_bit_as_without(self, denoiser: DenoiserName, guidance: float) -> None:
        model, features = small_model(denoiser), video(30)
        without = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=guidance))
        off = SamplingOptions(steps=3, guidance=guidance, attention_guidance=0.0, attention_blur=5.0)
        assert np.array_equal(sample_curves(model, features, [1, 2], off), without)

    @each_denoiser
    @pytest.mark.parametrize("guidance", [0.0, 0.5])
    def test_it_has_an_effect(self, denoiser: DenoiserName, guidance: float) -> None:
        model, features = small_model(denoiser), video(30)
        plain = SamplingOptions(steps=3, guidance=guidance)
        curves = [
            sample_curves(model, features, [1, 2], options)
            for options in (plain, dataclasses.replace(plain, attention_guidance=2.0))
        ]
        assert np.abs(curves[0] - curves[1]).max() > 1e-3

    def test_the_encoder_alone_is_left_as_it_is(self) -> None:
        # its answer does not depend on the curve that is degraded
        model, features = small_model("none"), video(30)
        plain = sample_curves(model, features, [0], SamplingOptions(steps=2))
        guided = sample_curves(model, features, [0], SamplingOptions(steps=2, attention_guidance=2.0))
        assert np.array_equal(plain, guided)

    @each_denoiser
    def test_nothing_attended_leaves_the_prediction(self, denoiser: DenoiserName) -> None:
        model, features = small_model(denoiser), video(30)
        plain = sample_curves(model, features, [0], dataclasses.replace(self.OPTIONS, attention_guidance=0.0))
        high = sample_curves(model, features, [0], dataclasses.replace(self.OPTIONS, attention_threshold=31.0))
        np.testing.assert_allclose(high, plain, rtol=0, atol=1e-5)

    @each_denoiser
    def test_a_run_repeats_and_more_samples_leave_the_first(self, denoiser: DenoiserName) -> None:
        sampler = CurveSampler(small_model(denoiser, width=64), video(100), self.OPTIONS, batch=3)
        curves = sampler.sample(range(8))
        assert np.array_equal(sampler.sample(range(8)), curves)
        for count in (1, 2, 4):
            assert np.array_equal(sampler.sample(range(count)), curves[:count])

    def test_the_returned_prediction_may_go_without(self) -> None:
        model, features = small_model("dit"), video(10)
        guided, plain = (
            sample_curves(model, features, [0], SamplingOptions(steps=2, attention_guidance=2.0, guide_final=flag))
            for flag in (True, False)
        )
        # pure noise stays what it is however its prediction is blurred: the first of two steps is never guided
        unguided = sample_curves(model, features, [0], SamplingOptions(steps=2))
        assert np.array_equal(plain, unguided)
        assert np.abs(guided - plain).max() > 1e-4

    @pytest.mark.parametrize("length", [1, 2, 600])
    def test_any_length(self, length: int) -> None:
        curves = sample_curves(small_model("decoder"), video(length), [0], self.OPTIONS)
        assert curves.shape == (1, length)
        assert np.isfinite(curves).all()
