"""Synthetic annotated videos of which all good summaries are known.

A video is a sequence of shots. Each shot shows one kind of content, either the plain kind or one of Q interesting
kinds, more or less strongly; its features show the kind and the strength. Each annotator likes one interesting kind: in
mode q, shots of kind q are scored by their strength and all others low. No sample is liked in two modes, so the mean of
annotators who follow different modes is a good summary for none of them. The kinds look the same in all videos of a
configuration, so a network can learn them from other videos.
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.feature_info import FeatureInfo
from vidsumm.datasets.writing import write_videos
from vidsumm.errors import ConfigError

__all__ = ["SyntheticConfig", "SyntheticVideo", "feature_id", "synthetic_videos", "write_synthetic"]

_FRAMES_PER_SAMPLE = 15  # as in the public files
_SHOT_SAMPLES = (4, 12)  # shortest and longest shot
_DULL = 0.1  # score of a shot that the annotator does not like
_STRENGTH = (0.5, 1.0)
_SHOT_NOISE = 0.5  # length of the random part that all feature vectors of a shot share
_SAMPLE_NOISE = 0.15  # length of the random part that belongs to one sample
_BUDGET = 0.15
_KINDS_STREAM, _VIDEO_STREAM = 0, 1  # numbers of the random streams


@dataclass(frozen=True)
class SyntheticConfig:
    """What `synthetic_videos` makes."""

    videos: int = 50
    frames: tuple[int, int] = (120, 240)
    """Fewest and most samples of a video."""
    annotators: int = 20
    modes: int = 3
    """Q, the number of interesting kinds of content, each with the mode that likes it."""
    agreement: float = 0.0
    """0: each mode has the same number of annotators; 1: all of them follow the first mode; a number in between moves
    this share of the annotators to the first mode and spreads the others over all modes."""
    feature_dim: int = 64
    noise: float = 0.1
    """Standard deviation of the noise that an annotator adds to the mode's score of a shot."""
    seed: int = 0

    def __post_init__(self) -> None:
        least = _SHOT_SAMPLES[1] * (self.modes + 1)
        allowed = {
            "videos": self.videos >= 1,
            "frames": least <= self.frames[0] <= self.frames[1],
            "annotators": self.annotators >= 1,
            "modes": self.modes >= 1,
            "agreement": 0 <= self.agreement <= 1,
            "feature_dim": self.feature_dim > self.modes + 1,
            "noise": 0 <= self.noise < np.inf,
            "seed": self.seed >= 0,
        }
        wrong = [name for name, holds in allowed.items() if not holds]
        if wrong:
            raise ConfigError(
                f"synthetic videos cannot have {wrong[0]} = {getattr(self, wrong[0])}",
                remedy=f"agreement lies within 0 and 1, {self.modes} modes need at least {least} frames and "
                f"{self.modes + 2} feature channels, and no number may be negative",
            )


@dataclass(frozen=True)
class SyntheticVideo:
    """A synthetic video. N samples, C channels, U annotators, Q modes, M shots."""

    key: str
    features: NDArray[np.float32]
    """(N, C), each row of length 1."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1]; each annotator's maximum is 1."""
    modes: NDArray[np.float32]
    """(Q, N) in [0, 1]: the scores of each mode, which its annotators give with noise."""
    annotator_mode: NDArray[np.int64]
    """(U,) the mode that each annotator follows."""
    shots: NDArray[np.int64]
    """(M, 2) first and last sample of each shot."""

    @property
    def followed_modes(self) -> NDArray[np.float32]:
        """(F, N) the scores of the F modes that at least one annotator follows."""
        return self.modes[np.unique(self.annotator_mode)]


def synthetic_videos(config: SyntheticConfig) -> list[SyntheticVideo]:
    """Makes `config.videos` videos; more videos leave the first ones the same."""
    kinds = _kinds(config)
    return [_make_video(config, kinds, number) for number in range(1, config.videos + 1)]


def feature_id(config: SyntheticConfig) -> str:
    """Returns the feature id of the videos; it is the same where the kinds of content have the same feature vectors."""
    digest = hashlib.sha256(f"{config.seed} {config.modes} {config.feature_dim}".encode()).hexdigest()
    return f"synthetic:{digest[:12]}:{config.modes}-kinds-{config.feature_dim}:2fps"


def write_synthetic(path: Path, config: SyntheticConfig) -> None:
    """Writes the videos as an annotated feature file of the eccv16 layout, whole or not at all.

    The file does not hold the modes: `provenance` holds the configuration, from which `synthetic_videos` makes them
    again.

    Raises:
        OutputError: the file cannot be written.
    """
    info = FeatureInfo(feature_id(config), _kinds(config)[-1], {"synthetic": asdict(config)})
    write_videos(path, ((_annotation(video), video.features) for video in synthetic_videos(config)), info)


def _kinds(config: SyntheticConfig) -> NDArray[np.float32]:
    """Returns (Q + 2, C) orthonormal feature vectors: of the interesting kinds, the plain kind and a black frame."""
    rng = np.random.default_rng([config.seed, _KINDS_STREAM])
    basis, _ = np.linalg.qr(rng.standard_normal((config.feature_dim, config.modes + 2)))
    return basis.T.astype(np.float32)


def _make_video(config: SyntheticConfig, kinds: NDArray[np.float32], number: int) -> SyntheticVideo:
    rng = np.random.default_rng([config.seed, _VIDEO_STREAM, number])
    lengths = _shot_lengths(rng, int(rng.integers(*config.frames, endpoint=True)))
    count = len(lengths)
    # every kind appears, all about equally often
    kind = rng.permutation(np.arange(count) % (config.modes + 1))
    strength = rng.uniform(*_STRENGTH, count)
    liked = kind == np.arange(config.modes)[:, None]  # (Q, M)
    modes = np.where(liked, strength, _DULL)
    annotator_mode = rng.permutation(_annotator_modes(config))
    scores = np.clip(modes[annotator_mode] + config.noise * rng.standard_normal((config.annotators, count)), 0, 1)
    scores /= np.maximum(scores.max(axis=1, keepdims=True), 1e-6)
    ends = np.cumsum(lengths)
    return SyntheticVideo(
        key=f"video_{number}",
        features=_features(rng, kinds[kind] * strength[:, None], lengths),
        scores=np.repeat(scores, lengths, axis=1).astype(np.float32),
        modes=np.repeat(modes, lengths, axis=1).astype(np.float32),
        annotator_mode=annotator_mode,
        shots=np.stack([ends - lengths, ends - 1], axis=1),
    )


def _shot_lengths(rng: np.random.Generator, samples: int) -> NDArray[np.int64]:
    """Returns (M,) samples of each shot, `samples` in all; a rest shorter than a shot joins the last one."""
    shortest, longest = _SHOT_SAMPLES
    lengths: list[int] = []
    while samples - sum(lengths) >= shortest:
        lengths.append(int(rng.integers(shortest, longest, endpoint=True)))
    lengths[-1] += samples - sum(lengths)
    return np.asarray(lengths, dtype=np.int64)


def _annotator_modes(config: SyntheticConfig) -> NDArray[np.int64]:
    """Returns (U,) the mode of each annotator, ascending, in the shares that `agreement` asks for."""
    shares = np.full(config.modes, (1 - config.agreement) / config.modes)
    shares[0] += config.agreement
    bounds = np.rint(np.cumsum(shares) * config.annotators).astype(np.int64)
    return np.searchsorted(bounds, np.arange(config.annotators), side="right").astype(np.int64)


def _features(
    rng: np.random.Generator, contents: NDArray[np.floating], lengths: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Returns (N, C) unit vectors: `contents` (M, C) of the shots, with noise."""
    count, dim = contents.shape
    shots = contents + _SHOT_NOISE * rng.standard_normal((count, dim)) / np.sqrt(dim)
    frames = np.repeat(shots, lengths, axis=0)
    frames = frames + _SAMPLE_NOISE * rng.standard_normal(frames.shape) / np.sqrt(dim)
    unit: NDArray[np.float32] = (frames / np.linalg.norm(frames, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _annotation(video: SyntheticVideo) -> Annotation:
    samples, ends = len(video.features), np.array([0, 1])
    summaries = np.stack([_summary(scores, video.shots) for scores in video.scores])
    return Annotation(
        key=video.key,
        name=video.key,
        n_frames=samples * _FRAMES_PER_SAMPLE,
        picks=np.arange(samples) * _FRAMES_PER_SAMPLE,
        scores=video.scores,
        shots=(video.shots + ends) * _FRAMES_PER_SAMPLE - ends,
        user_summary=np.repeat(summaries, _FRAMES_PER_SAMPLE, axis=1),
        gtscore=video.scores.mean(axis=0),
        raw_scores=video.scores,
    )


def _summary(scores: NDArray[np.float32], shots: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Returns (N,) the samples of the best shots, taken in order of their score as far as they fit the budget."""
    chosen = np.zeros(len(scores), dtype=np.bool_)
    room = int(_BUDGET * len(scores))
    for first, last in shots[np.argsort(-scores[shots[:, 0]], kind="stable")]:
        if last - first + 1 <= room:
            chosen[first : last + 1] = True
            room -= last - first + 1
    return chosen
