"""Invented videos of which all good summaries are known.

A video is a row of shots. Each shot shows one kind of content, plain or one of Q interesting kinds, more or less
strongly; both can be read off its features. A viewer likes one kind: mode q scores every shot of kind q by its strength
and all others low. No frame is liked in two modes, so the mean of viewers with different tastes is the summary of none
of them. The kinds look the same in all videos of a configuration, so tastes can be learned from other videos.
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.layout import Annotation
from vidsumm.datasets.store import Description
from vidsumm.datasets.writing import write_videos
from vidsumm.errors import ConfigError

__all__ = ["SyntheticConfig", "SyntheticVideo", "feature_id", "synthetic_videos", "write_synthetic"]

_FRAMES_PER_SAMPLE = 15  # as in the public files
_SHOT_SAMPLES = (4, 12)
_DULL = 0.1  # score of what a viewer does not like
_STRENGTH = (0.5, 1.0)
_SHOT_LOOK = 0.5  # length of what only one shot shows, beside its kind
_FRAME_LOOK = 0.15  # length of what only one frame shows
_BUDGET = 0.15
_WORLD, _VIDEO = 0, 1  # streams of random numbers


@dataclass(frozen=True)
class SyntheticConfig:
    """What to invent."""

    videos: int = 50
    frames: tuple[int, int] = (120, 240)
    """Fewest and most samples of a video."""
    annotators: int = 20
    modes: int = 3
    """Q: kinds of content that somebody likes."""
    agreement: float = 0.0
    """1: all annotators like the first kind; 0: as many like each kind; between, the share beyond an even spread."""
    feature_dim: int = 64
    noise: float = 0.1
    """Standard deviation of what an annotator adds to the mode's score of a shot."""
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
                remedy=f"agreement lies in 0..1, {self.modes} modes need {least} frames and more than "
                f"{self.modes + 1} features, nothing is below zero",
            )


@dataclass(frozen=True)
class SyntheticVideo:
    """An invented video."""

    key: str
    features: NDArray[np.float32]
    """(N, C), rows of length 1."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1], each annotator's maximum 1."""
    modes: NDArray[np.float32]
    """(Q, N) in [0, 1]: what annotators of each mode score but for their noise."""
    annotator_mode: NDArray[np.int64]
    """(U,) the mode that each annotator follows."""
    shots: NDArray[np.int64]
    """(M, 2) first and last sample of each shot."""

    @property
    def followed_modes(self) -> NDArray[np.float32]:
        """(F, N) the modes that any annotator follows: what there is to be learned."""
        return self.modes[np.unique(self.annotator_mode)]


def synthetic_videos(config: SyntheticConfig) -> list[SyntheticVideo]:
    """Invents `config.videos` videos; the first ones stay the same when more are asked for."""
    kinds = _kinds(config)
    return [_invent(config, kinds, number) for number in range(1, config.videos + 1)]


def feature_id(config: SyntheticConfig) -> str:
    """Names the feature space, the kinds of content and what they look like, in the form of other feature ids."""
    digest = hashlib.sha256(f"{config.seed} {config.modes} {config.feature_dim}".encode()).hexdigest()
    return f"synthetic:{digest[:12]}:{config.modes}-kinds-{config.feature_dim}:2fps"


def write_synthetic(path: Path, config: SyntheticConfig) -> None:
    """Writes the videos as an annotated feature file of the eccv16 layout, whole or not at all.

    The modes are not in the file: `provenance` holds the configuration, from which `synthetic_videos` makes them again.

    Raises:
        OutputError: the file cannot be written.
    """
    description = Description(feature_id(config), _kinds(config)[-1], {"synthetic": asdict(config)})
    write_videos(path, ((_annotation(video), video.features) for video in synthetic_videos(config)), description)


def _kinds(config: SyntheticConfig) -> NDArray[np.float32]:
    """(Q + 2, C) orthonormal looks: the interesting kinds, the plain one and a black frame."""
    rng = np.random.default_rng([config.seed, _WORLD])
    basis, _ = np.linalg.qr(rng.standard_normal((config.feature_dim, config.modes + 2)))
    return basis.T.astype(np.float32)


def _invent(config: SyntheticConfig, kinds: NDArray[np.float32], number: int) -> SyntheticVideo:
    rng = np.random.default_rng([config.seed, _VIDEO, number])
    lengths = _shot_lengths(rng, int(rng.integers(*config.frames, endpoint=True)))
    count = len(lengths)
    # every kind appears, and all about equally often
    kind = rng.permutation(np.arange(count) % (config.modes + 1))
    strength = rng.uniform(*_STRENGTH, count)
    liked = kind == np.arange(config.modes)[:, None]  # (Q, M)
    modes = np.where(liked, strength, _DULL)
    annotator_mode = rng.permutation(_mode_counts(config))
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
    """(M,) summing to `samples`; what is left at the end, shorter than a shot, joins the last one."""
    shortest, longest = _SHOT_SAMPLES
    lengths: list[int] = []
    while samples - sum(lengths) >= shortest:
        lengths.append(int(rng.integers(shortest, longest, endpoint=True)))
    lengths[-1] += samples - sum(lengths)
    return np.asarray(lengths, dtype=np.int64)


def _mode_counts(config: SyntheticConfig) -> NDArray[np.int64]:
    """(U,) modes in order, in the shares that the agreement asks for, to the nearest annotator."""
    shares = np.full(config.modes, (1 - config.agreement) / config.modes)
    shares[0] += config.agreement
    bounds = np.rint(np.cumsum(shares) * config.annotators).astype(np.int64)
    return np.searchsorted(bounds, np.arange(config.annotators), side="right").astype(np.int64)


def _features(rng: np.random.Generator, looks: NDArray[np.floating], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    """(N, C) unit vectors about the looks (M, C) of the shots."""
    count, dim = looks.shape
    shots = looks + _SHOT_LOOK * rng.standard_normal((count, dim)) / np.sqrt(dim)
    frames = np.repeat(shots, lengths, axis=0)
    frames = frames + _FRAME_LOOK * rng.standard_normal(frames.shape) / np.sqrt(dim)
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
    """(N,) the best shots, taken in order of their score as far as they fit the budget."""
    chosen = np.zeros(len(scores), dtype=np.bool_)
    room = int(_BUDGET * len(scores))
    for first, last in shots[np.argsort(-scores[shots[:, 0]], kind="stable")]:
        if last - first + 1 <= room:
            chosen[first : last + 1] = True
            room -= last - first + 1
    return chosen
