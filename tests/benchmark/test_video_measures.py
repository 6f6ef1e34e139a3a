from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.annotations import FRAMES, annotation
from vidsumm.benchmark.video_measures import annotator_taus, measure_video
from vidsumm.datasets.annotation import Kind
from vidsumm.evaluation.generative import best_match, coverage, diversity, energy_distance
from vidsumm.evaluation.metrics import rank_correlation, rank_correlations
from vidsumm.evaluation.summaries import frame_scores, machine_summaries, overlap_f1

RATIO = 0.4  # of sixty frames: two shots of ten
CURVES = np.random.default_rng(9).random((3, 20)).astype(np.float32)


def summaries(curves: NDArray[np.floating] = CURVES) -> NDArray[np.bool_]:
    video = annotation("summe")
    return machine_summaries(frame_scores(curves, video.picks, FRAMES), video.shots, ratio=RATIO)


def test_tvsum_compares_curves_with_annotators() -> None:
    video = annotation("tvsum")
    found = measure_video(video, CURVES, ratio=RATIO)
    taus, rhos = rank_correlations(CURVES, video.scores)
    assert (found.tau_one, found.rho_one) == pytest.approx((taus.mean(), rhos.mean()))
    mean = rank_correlation(CURVES.mean(axis=0), video.scores)
    assert (found.tau, found.rho) == pytest.approx((mean.tau, mean.rho), abs=0.02)  # ties by rounding
    assert found.best_tau == pytest.approx(taus.mean(axis=1).max())
    assert found.best_annotator_tau == pytest.approx(best_match(taus))
    assert found.coverage == coverage(taus)
    assert found.energy == pytest.approx(energy_distance(CURVES, video.scores))


def test_summe_compares_summaries_with_the_mean_summary() -> None:
    video = annotation("summe")
    found = measure_video(video, CURVES, ratio=RATIO)
    tau, rho = rank_correlations(summaries(), video.user_summary.mean(axis=0)[None])
    assert (found.tau_one, found.rho_one) == pytest.approx((tau.mean(), rho.mean()))
    of_mean = rank_correlation(summaries(CURVES.mean(axis=0)[None])[0], video.user_summary.mean(axis=0)[None])
    assert found.tau == pytest.approx(of_mean.tau)
    assert found.best_tau == pytest.approx(tau.max())
    per_user = rank_correlations(summaries(), video.user_summary)[0]
    assert found.coverage == coverage(per_user)
    taus = annotator_taus(video, CURVES, ratio=RATIO)
    assert taus is not None
    np.testing.assert_array_equal(taus, per_user)


def test_summaries_are_measured_alike_for_all() -> None:
    kinds: tuple[Kind, ...] = ("tvsum", "summe")
    for kind in kinds:
        video = annotation(kind)
        found = measure_video(video, CURVES, ratio=RATIO)
        f1 = overlap_f1(summaries(), video.user_summary)
        assert found.f1_avg == pytest.approx(f1.mean())
        assert found.f1_max == pytest.approx(f1.max(axis=1).mean())
        assert found.diversity == diversity(summaries())


def test_the_truth_is_the_best_there_is() -> None:
    video = annotation("mrhisum", picks=np.arange(FRAMES), gtscore=np.linspace(0, 1, FRAMES, dtype=np.float32))
    video_scores = annotation("mrhisum", picks=np.arange(FRAMES), gtscore=video.gtscore, scores=video.gtscore[None])
    found = measure_video(video_scores, video.gtscore[None])
    assert (found.tau_one, found.rho_one, found.coverage, found.energy) == pytest.approx((1, 1, 1, 0), abs=1e-6)
    assert (found.map50, found.map15, found.wir, found.ir, found.wse) == pytest.approx((1, 1, 1, 1, 0))
    assert found.cis is not None
    assert found.cis <= 0


def test_curves_are_averaged() -> None:
    video = annotation("tvsum")
    alone = [asdict(measure_video(video, curve[None], ratio=RATIO)) for curve in CURVES]
    together = asdict(measure_video(video, CURVES, ratio=RATIO))
    for name in ("tau_one", "rho_one", "f1_avg", "f1_max", "map50", "map15", "cis", "wir", "ir", "wse"):
        assert together[name] == pytest.approx(np.mean([row[name] for row in alone])), name
    for row in alone:
        assert row["diversity"] is None
        assert row["best_tau"] == row["tau_one"] == pytest.approx(row["tau"])


def test_the_conventions_differ() -> None:
    video = annotation("tvsum")
    official = measure_video(video, CURVES, ratio=RATIO)
    paper = measure_video(video, CURVES, ratio=RATIO, convention="paper")
    assert official.wse is not None
    assert paper.wse is not None
    assert paper.wse > official.wse
    assert paper.cis == pytest.approx(official.cis, abs=1e-5)


@pytest.mark.parametrize("kind", ["tvsum", "summe", "mrhisum", "other"])
def test_what_is_missing_is_not_measured(kind: Kind) -> None:
    bare = annotation(kind, shots=np.zeros((0, 2), np.int64), user_summary=np.zeros((0, FRAMES), np.bool_))
    found = asdict(measure_video(bare, CURVES))
    missing = {"f1_avg", "f1_max", "cis", "wir", "ir", "wse", "diversity"}
    if kind == "summe":
        missing |= {"tau", "rho", "tau_one", "rho_one", "best_tau", "best_annotator_tau", "coverage"}
    assert {name for name, value in found.items() if value is None} == missing
    assert (annotator_taus(bare, CURVES) is None) == (kind == "summe")


def test_curves_must_fit_the_samples() -> None:
    with pytest.raises(ValueError, match="curves of shape"):
        measure_video(annotation("tvsum"), CURVES[:, 1:])
    with pytest.raises(ValueError, match="curves of shape"):
        measure_video(annotation("tvsum"), CURVES[:0])
