"""The costly stages of one video: results are read from the cache, or computed and stored there."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vidsumm.array_file import Entry
from vidsumm.cache import Cache
from vidsumm.pipeline.draws import Sampler
from vidsumm.pipeline.features import SampleFeatures
from vidsumm.pipeline.source import Source
from vidsumm.progress import Progress

__all__ = ["CachedSampler", "recall_change_points", "recall_features"]

_MEMORY_BYTES = 1 << 28
"""Most memory for curves that were drawn or read before."""


def recall_features(
    cache: Cache, key: str, source: Source, progress: Progress, extract: Callable[[], SampleFeatures]
) -> SampleFeatures:
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
        return SampleFeatures(
            arrays["features"],
            arrays["thumbnails"],
            arrays["thumbnail_times_s"],
            entry.facts["decoder"],
            arrays["off_s"],
        )
    before = len(progress.notices)
    found = extract()
    if source.is_unchanged():
        arrays = {
            "features": found.features,
            "thumbnails": found.thumbnails,
            "thumbnail_times_s": found.thumbnail_times_s,
            "off_s": found.off_s,
        }
        facts = {"decoder": found.decoder, "name": name, "notices": progress.notices[before:]}
        cache.put("features", {key: Entry(arrays, facts)}, progress.notice)
    return found


def recall_change_points(
    cache: Cache, key: str, progress: Progress, find: Callable[[], NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Returns the changes of scene of a video.

    Args:
        cache: the cache of the run.
        key: see `vidsumm.pipeline.keys.shots_key`.
        progress: the run, in its stage "shots".
        find: finds them.
    """
    entry = cache.get("shots", key, progress.notice)
    if entry is not None:
        progress.cached.append("shots")
        return entry.arrays["change_points"]
    found = find()
    cache.put("shots", {key: Entry({"change_points": found})}, progress.notice)
    return found


class CachedSampler:
    """Draws the curves of a reel; those drawn before are taken from memory, or from the cache.

    Args:
        cache: the cache of the run.
        key_of_seed: returns the cache key of a seed, see `vidsumm.pipeline.keys.curve_key`.
        sampler: draws curves with the model.
        memory: curves by key, kept from one choice to the next.
        progress: the run.
        batch: curves to draw at a time.
    """

    def __init__(
        self,
        cache: Cache,
        key_of_seed: Callable[[int], str],
        sampler: Sampler,
        memory: dict[str, NDArray[np.float32]],
        *,
        progress: Progress,
        batch: int,
    ) -> None:
        self._cache = cache
        self._key_of_seed = key_of_seed
        self._sampler = sampler
        self._memory = memory
        self._progress = progress
        self.batch = batch
        self.has_drawn = False
        """Whether any curve was drawn by the model."""

    def sample(self, seeds: Sequence[int], on_curves: Callable[[int], None] = lambda _: None) -> NDArray[np.float32]:
        """Returns one curve for each seed, (S, N) float32 in (0, 1).

        Args:
            seeds: the seeds.
            on_curves: called with the number of curves so far.
        """
        curves: list[NDArray[np.float32]] = []
        for first in range(0, len(seeds), self.batch):
            curves.extend(self._sample_batch(seeds[first : first + self.batch]))
            on_curves(len(curves))
        return np.stack(curves)

    def _sample_batch(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """Finds all curves of a batch, or draws all of them, which takes no longer than drawing one."""
        self._progress.check()
        keys = [self._key_of_seed(seed) for seed in seeds]
        curves: list[NDArray[np.float32]] = []
        for key in keys:
            curve = self._find(key)
            if curve is None:
                return self._draw_batch(seeds, keys)
            curves.append(curve)
        return np.stack(curves)

    def _find(self, key: str) -> NDArray[np.float32] | None:
        if key not in self._memory:
            entry = self._cache.get("curves", key, self._progress.notice)
            if entry is None:
                return None
            self._remember(key, entry.arrays["scores"])
            return entry.arrays["scores"]
        return self._memory[key]

    def _draw_batch(self, seeds: Sequence[int], keys: Sequence[str]) -> NDArray[np.float32]:
        self.has_drawn = True
        curves = self._sampler(seeds)
        entries = {key: Entry({"scores": curve}) for key, curve in zip(keys, curves, strict=True)}
        self._cache.put("curves", entries, self._progress.notice)
        for key, curve in zip(keys, curves, strict=True):
            self._remember(key, curve)
        return curves

    def _remember(self, key: str, curve: NDArray[np.float32]) -> None:
        if (len(self._memory) + 1) * curve.nbytes <= _MEMORY_BYTES:
            self._memory[key] = curve


def _rename_source(text: str, old: str, new: str) -> str:
    """Replaces the file name at the start of a notice: the file may have been renamed since it was stored."""
    return f"{new}: {text.removeprefix(f'{old}: ')}" if text.startswith(f"{old}: ") else text
