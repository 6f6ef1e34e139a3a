"""Makes many summaries in one process and measures whether memory, files or threads grow, and whether all are alike.

``python -m benchmarks.endurance`` makes 200 in a row and 200 by eight threads, and writes results/endurance.md.
"""

import ctypes
import gc
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from numpy.typing import NDArray

from tests.support.media import write_clip
from tests.support.tiny import tiny_networks
from tests.support.torture.trial import CONFIG
from vidsumm.benchmark.report.provenance import machine
from vidsumm.pipeline.summarizer import Summarizer
from vidsumm.versions import result_versions

__all__ = ["Endurance", "endure"]

_TABLE = Path(__file__).resolve().parents[1] / "results" / "endurance.md"


@dataclass(frozen=True)
class Endurance:
    """What the process held after each of R rounds of summaries."""

    summaries: int
    """Number of summaries in all rounds."""
    at_once: int
    """Number of threads."""
    mib: NDArray[np.float64]
    """(R,) resident memory."""
    handles: NDArray[np.int64]
    """(R,) open files."""
    threads: NDArray[np.int64]
    """(R,)"""
    alike: bool
    """Whether every summary has the same files and curves as that of a run by itself, byte by byte."""

    @property
    def growth_mib(self) -> float:
        """Growth of the memory from round to round: the slope over the second half of the rounds."""
        later = self.mib[len(self.mib) // 2 :]
        return float(np.polyfit(np.arange(len(later)), later, 1)[0]) if len(later) > 1 else 0.0


def endure(folder: Path, *, rounds: int, each: int, at_once: int) -> Endurance:
    """Makes `rounds` times `each` summaries of one clip.

    Args:
        folder: an empty folder.
        rounds: number of rounds; what the process holds is measured after each.
        each: summaries in a round.
        at_once: threads that work at the same time.
    """
    clip = write_clip(folder / "clip.mp4", seconds=4, size=(64, 48), fps=10, scenes=4).path
    process, held = psutil.Process(), list[tuple[float, int, int]]()
    with tiny_networks():
        lone = _fingerprint(clip, folder / "lone")
        alike = True
        for turn in range(rounds):
            outputs = [folder / f"{turn}-{number}" for number in range(each)]
            with ThreadPoolExecutor(at_once) as pool:
                alike &= set(pool.map(partial(_fingerprint, clip), outputs)) == {lone}
            _free_memory()
            held.append((process.memory_info().rss / 2**20, process.num_fds(), process.num_threads()))
    mib, handles, threads = (np.array(column) for column in zip(*held, strict=True))
    return Endurance(rounds * each, at_once, mib, handles, threads, alike)


def _fingerprint(clip: Path, output: Path) -> str:
    """Summarizes the clip, removes the summary, and returns a digest of everything in it except times and dates."""
    with Summarizer(CONFIG) as summarizer:
        summary = summarizer.summarize(clip, output)
    found = hashlib.sha256()
    for curve in summary.record.curves:
        found.update(np.array(curve.scores).tobytes())
    for candidate in summary.record.candidates:
        found.update(np.array(candidate.shots).tobytes())
        found.update((output / str(candidate.file)).read_bytes())
    for path in output.iterdir():
        path.unlink()
    output.rmdir()
    return found.hexdigest()


def _free_memory() -> None:
    """Collects garbage and gives back the free memory that the allocator keeps for each thread."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # exists in the GNU C library
    if trim is not None:
        trim(0)


def main() -> None:
    """Measures and writes the table."""
    about = (
        "Summaries of one small clip in a single process, by `python -m benchmarks.endurance`, with a stand-in for "
        "the feature network. Held after the first and the last of 20 rounds, once the allocator has given "
        "free memory back; growth: the slope over the second half."
    )
    header = "| summaries | at once | memory, MiB | growth, MiB a round | open files | threads | all as a lone run |"
    lines = ["# Endurance", "", about, "", header, "| --: | --: | --: | --: | --: | --: | :-- |"]
    for at_once in (1, 8):
        with TemporaryDirectory() as folder:
            found = endure(Path(folder), rounds=20, each=10, at_once=at_once)
        ends = [f"{column[0]:.0f} to {column[-1]:.0f}" for column in (found.mib, found.handles, found.threads)]
        cells = [str(found.summaries), str(at_once), ends[0], f"{found.growth_mib:.2f}", *ends[1:]]
        lines.append(f"| {' | '.join(cells)} | {'yes' if found.alike else 'no'} |")
    versions = ", ".join(f"{name} {version}" for name, version in result_versions().items())
    lines += ["", f"{versions}; {machine()}"]
    _TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
