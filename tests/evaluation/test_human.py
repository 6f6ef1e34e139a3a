from pathlib import Path

import numpy as np
import pytest

from tests.support.annotations import annotation
from vidsumm.benchmark.video_measures import human_agreement
from vidsumm.datasets.reading import read_annotations
from vidsumm.evaluation.human import pairwise_agreement

ANNOTATORS = np.array([[1, 2, 3, 4], [1, 2, 4, 3], [4, 3, 2, 1]], dtype=np.float32)


def test_annotators_are_compared_in_pairs() -> None:
    found = pairwise_agreement(ANNOTATORS)
    assert found is not None
    # agreeing pairs of samples minus the others, of six: 4, -6 and -4 for the three pairs of annotators
    assert found.tau == pytest.approx((4 - 6 - 4) / 6 / 3)
    assert found.rho == pytest.approx(np.mean([0.8, -1.0, -0.8]))


def test_a_single_annotator_has_no_agreement() -> None:
    assert pairwise_agreement(ANNOTATORS[:1]) is None


def test_summe_compares_the_raw_scores_of_every_frame() -> None:
    raw = np.array([[0, 0, 1, 2, 2, 3], [0, 1, 1, 2, 3, 3]], dtype=np.float32)
    found = human_agreement(annotation("summe", raw_scores=raw))
    assert found == pairwise_agreement(raw)
    assert found != human_agreement(annotation("tvsum", raw_scores=raw))


@pytest.mark.parametrize(("name", "tau", "rho"), [("tvsum", 0.177, 0.204), ("summe", 0.205, 0.213)])
def test_the_published_rows_are_reproduced(data: Path, name: str, tau: float, rho: float) -> None:
    rows = [human_agreement(a) for a in read_annotations(data / "annotations" / f"{name}_annotations.h5").values()]
    assert np.mean([row.tau for row in rows if row]) == pytest.approx(tau, abs=5e-4)
    assert np.mean([row.rho for row in rows if row]) == pytest.approx(rho, abs=5e-4)
    assert None not in rows
