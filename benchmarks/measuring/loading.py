"""Measures how fast training reads videos from disk, and the memory it takes."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from vidsumm.datasets.store import FeatureStore
from vidsumm.training.loader import epoch_batches
from vidsumm.training.recipe import Recipe
from vidsumm.training.videos import StoredVideos

__all__ = ["LoadingReport", "measure_loading"]

_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class LoadingReport:
    """One pass over a file as training makes it, but without a network."""

    videos: int
    """Videos in the file."""
    size_gib: float
    """Size of the file."""
    feature_dim: int
    steps: int
    """Batches that were made."""
    index_s: float
    """Seconds until the lengths of all videos are known, which a training needs once."""
    videos_per_s: float
    frames_per_s: float
    cpu_videos_per_s: float
    """Videos per second of processor time, which is what one core that does nothing else reaches."""
    mib_per_s: float
    """Features of the batches, float32 and without padding."""
    batch_mib: float
    """Size of the largest batch, with padding."""
    start_rss_mib: float
    """Resident memory before the file was opened."""
    peak_rss_mib: float
    """Largest resident memory at the end of any step."""

    @property
    def growth_mib(self) -> float:
        """Memory that loading took: batches that are held ready, and the index of the file."""
        return self.peak_rss_mib - self.start_rss_mib


def measure_loading(
    path: Path, *, videos_per_step: int = 256, curves_per_video: int = 2, max_steps: int | None = None, seed: int = 0
) -> LoadingReport:
    """Makes the batches of one epoch from an annotated feature file and drops them.

    The operating system may hold the file in its cache, which does not count as memory of this process.

    Args:
        path: a file of either layout.
        videos_per_step: videos in a batch.
        curves_per_video: annotators drawn for each video as targets.
        max_steps: number of batches; None for the whole epoch.
        seed: seed of the order of the videos.

    Raises:
        InputError: the file cannot be used.
    """
    recipe = Recipe(videos_per_step=videos_per_step, curves_per_video=curves_per_video, seed=seed)
    start_mib = peak_mib = _resident_mib()
    batch_mib, videos, frames, steps = 0.0, 0, 0, 0
    with FeatureStore([path]) as store:
        begin = time.perf_counter()
        source = StoredVideos(store, store.keys)
        index_s = time.perf_counter() - begin
        begin, begin_cpu = time.perf_counter(), time.process_time()
        for batch in epoch_batches(source, recipe, epoch=1):
            videos += len(batch.features)
            frames += int(batch.mask.sum())
            batch_mib = max(batch_mib, batch.features.nbytes / 2**20)
            peak_mib = max(peak_mib, _resident_mib())
            steps += 1
            if steps == max_steps:
                break
        seconds, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
        dim, total = store.feature_dim, len(store.keys)
    return LoadingReport(
        videos=total,
        size_gib=path.stat().st_size / 2**30,
        feature_dim=dim,
        steps=steps,
        index_s=index_s,
        videos_per_s=videos / seconds,
        frames_per_s=frames / seconds,
        cpu_videos_per_s=videos / cpu_s,
        mib_per_s=frames * dim * 4 / 2**20 / seconds,
        batch_mib=batch_mib,
        start_rss_mib=start_mib,
        peak_rss_mib=peak_mib,
    )


def _resident_mib() -> float:
    """Returns the resident memory of this process; 0 where the system does not have /proc."""
    if not _STATM.exists():
        return 0.0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
