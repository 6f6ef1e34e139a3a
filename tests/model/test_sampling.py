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
from vidsumm.model.encoded import EncodedVideos
from vidsumm.model.fused import FusedLatentMLP
from vidsumm.model.sampling import CurveSampler, SamplingOptions, sample_curves
from vidsumm.model.summdiff import SummDiff

pytestmark = pytest.mark.slow

ENDS: tuple[tuple[Final, bool], ...] = (("paper", True), ("official", False))
GUIDED = SamplingOptions(steps=4, guidance=0.5)


@each_denoiser
def test_curves_are_scores_between_zero_and_one(denoiser: DenoiserName) -> None:
    curves = sample_curves(small_model(denoiser), video(30), range(3), GUIDED)
    assert curves.shape == (3, 30)
    assert curves.dtype == np.float32
    assert ((curves > 0) & (curves < 1)).all()
    assert np.abs(np.diff(curves, axis=0)).max() > 1e-3  # seeds differ


@each_denoiser
def test_curves_repeat_bit_by_bit(denoiser: DenoiserName) -> None:
    model, features = small_model(denoiser), video(30)
    sampler = CurveSampler(model, features, GUIDED)
    first = sampler.sample(range(5))
    assert np.array_equal(sampler.sample(range(5)), first)
    assert np.array_equal(sample_curves(model, features, range(5), GUIDED), first)


@each_denoiser
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(("length", "most"), [(7, 70), (100, 70), (700, 6)])
def test_more_curves_leave_the_first_as_they_are(denoiser: DenoiserName, batch: int, length: int, most: int) -> None:
    options = SamplingOptions(steps=2, guidance=0.5)
    sampler = CurveSampler(small_model(denoiser, width=64, feedforward=256), video(length), options, batch=batch)
    curves = sampler.sample(range(most))
    for count in {1, 2, 5, min(20, most)}:
        assert np.array_equal(sampler.sample(range(count)), curves[:count])


@pytest.mark.parametrize("length", [7, 100])
def test_a_seed_gives_the_same_curve_in_any_company(length: int) -> None:
    sampler = CurveSampler(small_model(), video(length), GUIDED, batch=1)
    forward, backward = sampler.sample([0, 1, 2]), sampler.sample([2, 1, 0])
    assert np.array_equal(forward, backward[::-1])


@pytest.mark.parametrize("length", [1, 2, 700])
def test_videos_may_have_any_length(length: int) -> None:
    curves = sample_curves(small_model(), video(length), [0], GUIDED)
    assert curves.shape == (1, length)
    assert np.isfinite(curves).all()


@each_denoiser
def test_no_guidance_is_the_conditional_branch(denoiser: DenoiserName) -> None:
    model, features = small_model(denoiser), video(20)
    plain = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=0.0))
    # almost zero: the unconditional branch is computed, and its weight vanishes
    nearly = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=1e-12))
    np.testing.assert_allclose(nearly, plain, rtol=0, atol=1e-5)
    strong = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=2.0))
    assert np.abs(strong - plain).max() > 1e-3


def test_without_guidance_only_the_conditional_branch_is_encoded() -> None:
    model = small_model()
    assert len(CurveSampler(model, video(5), SamplingOptions(guidance=0.0)).encoded.memory) == 1
    assert len(CurveSampler(model, video(5), SamplingOptions(guidance=0.1)).encoded.memory) == 2


def test_guidance_does_not_change_the_curve_of_the_null_video() -> None:
    # both branches see the same video, so they agree and the weight does not matter
    model = small_model()
    black = model.null_features.expand(9, -1).numpy().copy()
    curves = [sample_curves(model, black, [3], SamplingOptions(steps=3, guidance=w)) for w in (0.0, 5.0)]
    np.testing.assert_allclose(curves[0], curves[1], rtol=0, atol=1e-5)


def test_guidance_can_leave_out_the_last_prediction() -> None:
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
def test_the_fused_network_is_asked_once_in_each_step(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    original = FusedLatentMLP.denoise
    asked: list[int] = []

    def count(self: FusedLatentMLP, u: Tensor, t: int, branches: int) -> Tensor:
        asked.append(t)
        return original(self, u, t, branches)

    monkeypatch.setattr(FusedLatentMLP, "denoise", count)
    CurveSampler(small_model(), video(6), SamplingOptions(steps=steps, guidance=0.5)).sample([0])
    assert len(asked) == steps  # both branches at once
    assert asked == sorted(asked, reverse=True)


@pytest.mark.parametrize("steps", [1, 2, 25])
def test_a_network_that_cannot_be_fused_is_asked_once_in_each_step(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, original = small_model("dit"), SummDiff.denoise
    asked: list[int] = []

    def count(self: SummDiff, u: Tensor, t: Tensor, videos: EncodedVideos) -> Tensor:
        asked.append(int(t[0, 0]))
        return original(self, u, t, videos)

    monkeypatch.setattr(SummDiff, "denoise", count)
    CurveSampler(model, video(6), SamplingOptions(steps=steps, guidance=0.5)).sample([0])
    assert len(asked) == steps  # both branches at once
    assert asked == sorted(asked, reverse=True)


def test_the_network_is_put_into_evaluation_mode() -> None:
    model = small_model().train()
    CurveSampler(model, video(6), GUIDED)
    assert not model.training


def test_features_may_be_read_only() -> None:
    features = video(6)
    features.setflags(write=False)
    assert sample_curves(small_model(), features, [0], GUIDED).shape == (1, 6)


def test_the_global_random_generator_is_not_used() -> None:
    model = small_model()
    before = torch.get_rng_state()
    sample_curves(model, video(6), [0, 1], GUIDED)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_temperature_of_the_network_is_used() -> None:
    # the temperature matters twice: for the noised scores that go in, and for the scores that come out
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
    def test_a_weight_of_zero_changes_no_bit(self, denoiser: DenoiserName, guidance: float) -> None:
        model, features = small_model(denoiser), video(30)
        without = sample_curves(model, features, [1, 2], SamplingOptions(steps=3, guidance=guidance))
        off = SamplingOptions(steps=3, guidance=guidance, attention_guidance=0.0, attention_blur=5.0)
        assert np.array_equal(sample_curves(model, features, [1, 2], off), without)

    @each_denoiser
    @pytest.mark.parametrize("guidance", [0.0, 0.5])
    def test_a_weight_changes_the_curve(self, denoiser: DenoiserName, guidance: float) -> None:
        model, features = small_model(denoiser), video(30)
        plain = SamplingOptions(steps=3, guidance=guidance)
        curves = [
            sample_curves(model, features, [1, 2], options)
            for options in (plain, dataclasses.replace(plain, attention_guidance=2.0))
        ]
        assert np.abs(curves[0] - curves[1]).max() > 1e-3

    def test_it_does_not_change_a_network_without_a_denoiser(self) -> None:
        # its answer does not depend on the curve that is degraded
        model, features = small_model("none"), video(30)
        plain = sample_curves(model, features, [0], SamplingOptions(steps=2))
        guided = sample_curves(model, features, [0], SamplingOptions(steps=2, attention_guidance=2.0))
        assert np.array_equal(plain, guided)

    @each_denoiser
    def test_it_changes_nothing_where_no_attention_exceeds_the_threshold(self, denoiser: DenoiserName) -> None:
        model, features = small_model(denoiser), video(30)
        plain = sample_curves(model, features, [0], dataclasses.replace(self.OPTIONS, attention_guidance=0.0))
        high = sample_curves(model, features, [0], dataclasses.replace(self.OPTIONS, attention_threshold=31.0))
        np.testing.assert_allclose(high, plain, rtol=0, atol=1e-5)

    @each_denoiser
    def test_curves_repeat_and_more_of_them_leave_the_first_as_they_are(self, denoiser: DenoiserName) -> None:
        sampler = CurveSampler(small_model(denoiser, width=64), video(100), self.OPTIONS, batch=3)
        curves = sampler.sample(range(8))
        assert np.array_equal(sampler.sample(range(8)), curves)
        for count in (1, 2, 4):
            assert np.array_equal(sampler.sample(range(count)), curves[:count])

    def test_it_can_leave_out_the_last_prediction(self) -> None:
        model, features = small_model("dit"), video(10)
        guided, plain = (
            sample_curves(model, features, [0], SamplingOptions(steps=2, attention_guidance=2.0, guide_final=flag))
            for flag in (True, False)
        )
        # blurring the prediction does not change pure noise, so the first of two steps is never guided
        unguided = sample_curves(model, features, [0], SamplingOptions(steps=2))
        assert np.array_equal(plain, unguided)
        assert np.abs(guided - plain).max() > 1e-4

    @pytest.mark.parametrize("length", [1, 2, 600])
    def test_videos_may_have_any_length(self, length: int) -> None:
        curves = sample_curves(small_model("decoder"), video(length), [0], self.OPTIONS)
        assert curves.shape == (1, length)
        assert np.isfinite(curves).all()
