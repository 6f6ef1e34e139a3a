"""The costly stages of one video, answered from the cache where it can and kept there where it cannot."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vidsumm.cache import Cache, Entry
from vidsumm.pipeline.analysis import FrameDescription, Shots
from vidsumm.pipeline.choice import Sampler
from vidsumm.pipeline.source import Source
from vidsumm.progress import Progress

__all__ = ["RecalledCurves", "recall_frames", "recall_shots"]


def recall_frames(
    cache: Cache, key: str, source: Source, progress: Progress, describe: Callable[[], FrameDescription]
) -> FrameDescription:
    """The description of a video's frames; what was noticed while they were decoded is told again.

    They are kept as soon as they are complete, so a job that is stopped later need not repeat them.

    Args:
        cache: of the run.
        key: see `vidsumm.pipeline.keys.features_key`.
        source: the video.
        job: in its stage "decode"; all that it notices within `describe` belongs to the frames.
        describe: decodes and describes the frames.

    Raises:
        DecodeError: the frames cannot be decoded.
    """
    name = source.info.path.name
    entry = cache.get("features", key, progress.notice)
    if entry is not None:
        progress.cached.append("decode")
        for text in entry.facts["notices"]:
            progress.notice(_renamed(text, entry.facts["name"], name))
        arrays = entry.arrays
        return FrameDescription(
            arrays["features"],
            arrays["thumbnails"],
            arrays["thumbnail_times_s"],
            entry.facts["decoder"],
            arrays["off_s"],
        )
    before = len(progress.notices)
    found = describe()
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


def recall_shots(cache: Cache, key: str, progress: Progress, find: Callable[[], Shots]) -> Shots:
    """The shots of a video.

    Args:
        cache: of the run.
        key: see `vidsumm.pipeline.keys.shots_key`.
        job: in its stage "shots".
        find: finds them.
    """
    entry = cache.get("shots", key, progress.notice)
    if entry is not None:
        progress.cached.append("shots")
        return Shots(entry.arrays["samples"], entry.arrays["frames"], entry.arrays["times_s"])
    found = find()
    arrays = {"samples": found.samples, "frames": found.frames, "times_s": found.times_s}
    cache.put("shots", {key: Entry(arrays)}, progress.notice)
    return found


class RecalledCurves:
    """Curves of one video by seed; the network is asked for those that nobody drew before.

    Args:
        cache: of the run.
        key_of_seed: see `vidsumm.pipeline.keys.curve_key`.
        sampler: gives the sampler of the network when it is first needed.
        batch: curves that it draws at a time.
        on_notice: told what is wrong with the cache.
    """

    def __init__(
        self,
        cache: Cache,
        key_of_seed: Callable[[int], str],
        sampler: Callable[[], Sampler],
        on_notice: Callable[[str], None],
        *,
        batch: int,
    ) -> None:
        self._cache = cache
        self._key_of_seed = key_of_seed
        self._make_sampler = sampler
        self._on_notice = on_notice
        self.batch = batch
        self._sampler: Sampler | None = None

    @property
    def has_drawn(self) -> bool:
        """Whether the network was asked."""
        return self._sampler is not None

    def sample(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """One curve for each seed, (S, N) float32 in (0, 1)."""
        return np.concatenate([self._batch(seeds[i : i + self.batch]) for i in range(0, len(seeds), self.batch)])

    def _batch(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """The curves of one batch, found all or drawn all: a curve's place in a batch decides how it is rounded."""
        keys = [self._key_of_seed(seed) for seed in seeds]
        found: list[NDArray[np.float32]] = []
        for key in keys:
            entry = self._cache.get("curves", key, self._on_notice)
            if entry is None:
                return self._drawn(seeds, keys)
            found.append(entry.arrays["scores"])
        return np.stack(found)

    def _drawn(self, seeds: Sequence[int], keys: Sequence[str]) -> NDArray[np.float32]:
        if self._sampler is None:
            self._sampler = self._make_sampler()
        curves = self._sampler(seeds)
        entries = {key: Entry({"scores": curve}) for key, curve in zip(keys, curves, strict=True)}
        self._cache.put("curves", entries, self._on_notice)
        return curves


def _renamed(text: str, old: str, new: str) -> str:
    """A notice about the file called `old`, which is called `new` today."""
    return f"{new}: {text.removeprefix(f'{old}: ')}" if text.startswith(f"{old}: ") else text
