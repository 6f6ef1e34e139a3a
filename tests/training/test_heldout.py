import numpy as np
import pytest

from tests.support.networks import small_model, video
from vidsumm.evaluation.metrics import RankCorrelation, rank_correlation
from vidsumm.model.sampling import SamplingOptions, sample_curves
from vidsumm.training.heldout import HeldOut, average, measure

OPTIONS = SamplingOptions(steps=2)
ANNOTATORS = np.array([[1, 2, 3, 4], [1, 2, 4, 3], [4, 3, 2, 1]], dtype=np.float32)


def test_annotators_are_compared_in_pairs() -> None:
    found = measure(small_model(), [(video(4), ANNOTATORS)], OPTIONS, curves=1).people
    # pairs of samples in the same order less the others, of six: 4, -6 and -4 for the three pairs of annotators
    assert found.tau == pytest.approx((4 - 6 - 4) / 6 / 3)
    assert found.rho == pytest.approx(np.mean([0.8, -1.0, -0.8]))


def test_curves_and_their_mean_are_compared_with_every_annotator() -> None:
    model, features = small_model(), video(4)
    curves = sample_curves(model, features, range(7, 10), OPTIONS)
    found = measure(model, [(features, ANNOTATORS)], OPTIONS, curves=3, seed=7)
    assert found.single.tau == pytest.approx(np.mean([rank_correlation(c, ANNOTATORS).tau for c in curves]))
    assert found.mean == rank_correlation(curves.mean(axis=0), ANNOTATORS)


def test_a_single_annotator_counts_as_full_agreement() -> None:
    assert measure(small_model(), [(video(4), ANNOTATORS[:1])], OPTIONS).people == RankCorrelation(1.0, 1.0)


def test_every_video_has_the_same_weight() -> None:
    rows = [HeldOut(*[RankCorrelation(x, 2 * x)] * 3) for x in (0.1, 0.3)]
    found = average(rows)
    assert [found.single.tau, found.mean.rho, found.people.tau] == pytest.approx([0.2, 0.4, 0.2])
