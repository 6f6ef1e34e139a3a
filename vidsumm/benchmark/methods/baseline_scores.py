"""The scores of simple methods, which a trained network has to beat (method section 11)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.linalg import LinearOperator, cg
from scipy.stats import rankdata

__all__ = ["Ridge", "centre_scores", "fit_ridge", "random_scores", "training_free_scores"]

_TOLERANCE = 1e-6  # relative tolerance of the conjugate gradients
_NEAR_SHARE = 0.1  # share of the samples to which the novelty of a sample is relative


def random_scores(length: int, seed: int) -> NDArray[np.float32]:
    """Returns (length,) scores, uniform in [0, 1)."""
    return np.random.default_rng(seed).random(length, dtype=np.float32)


def centre_scores(length: int) -> NDArray[np.float32]:
    """Returns (length,) scores by closeness to the middle of the video: 0 at both ends, 1 in the middle."""
    if length < 2:
        return np.ones(length, dtype=np.float32)
    return (1 - np.abs(np.linspace(-1, 1, length))).astype(np.float32)


def training_free_scores(features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Returns the mean of three ranks that need no annotation.

    These are the three criteria of Pang et al. ("Contrastive losses are natural criteria for unsupervised video
    summarization"), on plain features and with clusters in place of their filter across videos:

    - novelty: the mean distance to the most similar tenth of all samples (local dissimilarity);
    - centrality: the similarity to the video's mean (global consistency);
    - rarity: the share of samples outside the sample's own cluster (uniqueness), by Ward's clustering into
      sqrt(N / 2) clusters, the usual rule of thumb.

    Nothing is fitted, but the design has seen labels: two earlier ones that favoured typical samples (large clusters,
    cluster means) had a tau below zero on TVSum.

    Takes O(N^2 C) time and 16 N^2 bytes.

    Args:
        features: (N, C).

    Returns:
        (N,) float32 in [0, 1].
    """
    unit = _unit_rows(features)
    parts = np.stack([_novelty(unit), unit @ unit.mean(axis=0), _rarity(unit)])
    ranks = rankdata(np.round(parts, 9), axis=1) / parts.shape[1]
    scores: NDArray[np.float32] = ranks.mean(axis=0).astype(np.float32)
    return scores


@dataclass(frozen=True)
class Ridge:
    """Linear regression on a sample's features and those of its neighbours."""

    weights: NDArray[np.float64]
    """(2 neighbours + 1, C), from the earliest neighbour to the latest."""
    offset: float

    def predict(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Returns scores (N,) for features (N, C), on the scale of the standardised targets and not limited to it."""
        around = _neighbour_rows([len(features)], len(self.weights) // 2)
        found = _gather(features.astype(np.float64) @ self.weights.T, around) + self.offset
        scores: NDArray[np.float32] = found.astype(np.float32)
        return scores


def fit_ridge(
    features: Sequence[NDArray[np.floating]],
    scores: Sequence[NDArray[np.floating]],
    neighbours: int = 3,
    penalty: float = 30.0,
) -> Ridge:
    """Fits mean scores, standardised for each video, by least squares with a penalty on the squared weights.

    The penalty leaves the offset out. Beyond either end of a video, its first or last sample is repeated. The problem
    is solved by conjugate gradients without building the matrix of all neighbours, so it takes little more memory than
    the features: 8 C bytes for each sample, whatever the number of neighbours.

    Args:
        features: (N, C) of each video.
        scores: (U, N) of each video.
        neighbours: samples on each side whose features are used too.
        penalty: factor of the squared weights in the sum with the squared errors of all samples; the default suits
            features of length one.
    """
    x = np.concatenate([values.astype(np.float64) for values in features])
    y = np.concatenate([_standardise(annotators.mean(axis=0, dtype=np.float64)) for annotators in scores])
    around = _neighbour_rows([len(values) for values in features], neighbours)
    shape = around.shape[1], x.shape[1]

    def forward(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return _gather(x @ weights.reshape(shape).T, around)

    def adjoint(residual: NDArray[np.float64]) -> NDArray[np.float64]:
        spread = [np.bincount(column, weights=residual, minlength=len(x)) for column in around.T]
        product: NDArray[np.float64] = (np.stack(spread) @ x).ravel()
        return product

    def normal(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return adjoint(_centre(forward(weights))) + penalty * weights

    size = shape[0] * shape[1]
    operator = LinearOperator((size, size), matvec=normal, dtype=np.float64)
    weights, _ = cg(operator, adjoint(_centre(y)), rtol=_TOLERANCE)
    return Ridge(weights.reshape(shape), float((y - forward(weights)).mean()))


def _neighbour_rows(lengths: Sequence[int], neighbours: int) -> NDArray[np.int64]:
    """Returns (all samples, 2 neighbours + 1) the rows of each sample's neighbours, all of the same video."""
    rows, start = [], 0
    steps = np.arange(-neighbours, neighbours + 1)
    for length in lengths:
        rows.append(start + np.clip(np.arange(length)[:, None] + steps, 0, length - 1))
        start += length
    return np.concatenate(rows)


def _gather(products: NDArray[np.float64], around: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums, for each sample, the products (rows, K) of its K neighbours: column k in the row of the k-th neighbour."""
    total: NDArray[np.float64] = products[around, np.arange(around.shape[1])].sum(axis=1)
    return total


def _centre(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = values - values.mean()
    return centred


def _standardise(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shifts and scales to mean 0 and standard deviation 1; a constant curve becomes 0."""
    centred = _centre(curve)
    spread = float(centred.std())
    return centred / spread if spread > 0 else centred


def _unit_rows(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns features (N, C) scaled to length 1; rows of zeros stay."""
    rows = features.astype(np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(norms > 0, norms, 1.0)
    return unit


def _novelty(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns (N,) the mean cosine distance of each sample to the most similar others."""
    near = max(1, round(_NEAR_SHARE * len(unit)))
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.partition(similarity, -near, axis=1)[:, -near:]
    distance: NDArray[np.float64] = 1 - np.where(np.isfinite(nearest), nearest, 1.0).mean(axis=1)
    return distance


def _rarity(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns (N,) the share of samples that are not in the same cluster as each sample."""
    if len(unit) < 2:
        return np.zeros(len(unit))
    count = max(1, round((len(unit) / 2) ** 0.5))
    label = fcluster(linkage(unit, method="ward"), count, criterion="maxclust")
    rarity: NDArray[np.float64] = 1 - np.bincount(label)[label] / len(unit)
    return rarity
