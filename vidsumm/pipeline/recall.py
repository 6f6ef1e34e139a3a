"""The costly stages of one video: results are read from the cache, or computed and stored there."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vidsumm.cache import Cache, Entry
from vidsumm.pipeline.analysis import FrameFeatures, Shots
from vidsumm.pipeline.choice import Sampler
from vidsumm.pipeline.source import Source
from vidsumm.progress import Progress

__all__ = ["CachedSampler", "recall_frames", "recall_shots"]


def recall_frames(
    cache: Cache, key: str, source: Source, progress: Progress, extract: Callable[[], FrameFeatures]
) -> FrameFeatures:
    """Returns the features of a video's sampled frames.

    They are stored as soon as they are complete, so that a run that is interrupted later need not compute them again.
    Notices from decoding are stored with them and repeated when they are read.

    Args:
        cache: the cache of the run.
        key: see `vidsumm.pipeline.keys.features_key`.
        source: the video; the features of one that changed meanwhile are not stored.
        progress: the run, in its stage "decode".
        extract: computes the features.

    Raises:
        DecodeError: the frames cannot be decoded.
    """
    name = source.info.path.name
    entry = cache.get("features", key, progress.notice)
    if entry is not None:
        progress.cached.append("decode")
        for text in entry.facts["notices"]:
            progress.notice(_rename_source(text, entry.facts["name"], name))
        arrays = entry.arrays
        return FrameFeatures(
            arrays["features"],
            arrays["thumbnails"],
            arrays["thumbnail_times_s"],
            entry.facts["decoder"],
            arrays["off_s"],
        )
    before = len(progress.notices)
    frames = extract()
    if source.is_unchanged():
        arrays = {
            "features": frames.features,
            "thumbnails": frames.thumbnails,
            "thumbnail_times_s": frames.thumbnail_times_s,
            "off_s": frames.off_s,
        }
        facts = {"decoder": frames.decoder, "name": name, "notices": progress.notices[before:]}
        cache.put("features", {key: Entry(arrays, facts)}, progress.notice)
    return frames


def recall_shots(cache: Cache, key: str, progress: Progress, find: Callable[[], Shots]) -> Shots:
    """Returns the shots of a video.

    Args:
        cache: the cache of the run.
        key: see `vidsumm.pipeline.keys.shots_key`.
        progress: the run, in its stage "shots".
        find: finds the shots.
    """
    entry = cache.get("shots", key, progress.notice)
    if entry is not None:
        progress.cached.append("shots")
        return Shots(entry.arrays["samples"], entry.arrays["frames"], entry.arrays["times_s"])
    shots = find()
    arrays = {"samples": shots.samples, "frames": shots.frames, "times_s": shots.times_s}
    cache.put("shots", {key: Entry(arrays)}, progress.notice)
    return shots


class CachedSampler:
    """Draws the curves of one video; those drawn in an earlier run are read from the cache.

    Args:
        cache: the cache of the run.
        key_of_seed: returns the cache key of a seed, see `vidsumm.pipeline.keys.curve_key`.
        make_sampler: returns the sampler of the model; called when a curve must be drawn for the first time.
        on_notice: called when something is wrong with the cache.
        batch: curves to draw at a time.
    """

    def __init__(
        self,
        cache: Cache,
        key_of_seed: Callable[[int], str],
        make_sampler: Callable[[], Sampler],
        on_notice: Callable[[str], None],
        *,
        batch: int,
    ) -> None:
        self._cache = cache
        self._key_of_seed = key_of_seed
        self._make_sampler = make_sampler
        self._on_notice = on_notice
        self.batch = batch
        self._sampler: Sampler | None = None

    @property
    def has_drawn(self) -> bool:
        """Whether any curve was drawn by the model, not read from the cache."""
        return self._sampler is not None

    def sample(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """Returns one curve for each seed, (S, N) float32 in (0, 1)."""
        return np.concatenate([self._sample_batch(seeds[i : i + self.batch]) for i in range(0, len(seeds), self.batch)])

    def _sample_batch(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """Reads all curves of a batch, or draws all of them: how a curve is rounded depends on its batch."""
        keys = [self._key_of_seed(seed) for seed in seeds]
        curves: list[NDArray[np.float32]] = []
        for key in keys:
            entry = self._cache.get("curves", key, self._on_notice)
            if entry is None:
                return self._draw_batch(seeds, keys)
            curves.append(entry.arrays["scores"])
        return np.stack(curves)

    def _draw_batch(self, seeds: Sequence[int], keys: Sequence[str]) -> NDArray[np.float32]:
        if self._sampler is None:
            self._sampler = self._make_sampler()
        curves = self._sampler(seeds)
        entries = {key: Entry({"scores": curve}) for key, curve in zip(keys, curves, strict=True)}
        self._cache.put("curves", entries, self._on_notice)
        return curves


def _rename_source(text: str, old: str, new: str) -> str:
    """Replaces the file name at the start of a notice: the file may have been renamed since it was stored."""
    return f"{new}: {text.removeprefix(f'{old}: ')}" if text.startswith(f"{old}: ") else text
