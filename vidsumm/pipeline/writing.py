"""Writes what was chosen: video files, the record and the picture, all of them or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vidsumm.errors import ConfigError
from vidsumm.export.page import count_of
from vidsumm.export.picture import draw
from vidsumm.export.record import SummaryRecord, write_record
from vidsumm.pipeline.record import file_tags, summary_record
from vidsumm.pipeline.staging import publish, staging_folder
from vidsumm.progress import Progress, join_logs
from vidsumm.video.render import RenderedFile, render

if TYPE_CHECKING:
    from vidsumm.pipeline.choice import Choice

__all__ = ["Summary", "require_writable", "write_choice"]


@dataclass(frozen=True)
class Summary:
    """The result of a run on one video, or on several together."""

    sources: tuple[Path, ...]
    """The videos."""
    output: Path | None
    """The folder with the results; None after a dry run."""
    record: SummaryRecord
    """The content of ``summary.json``."""
    files: tuple[Path, ...]
    """All files written: the summaries by rank, then ``summary.json`` and ``summary.png``."""


def write_choice(
    choice: "Choice", folder: Path, *, ranks: Sequence[int] | None, overwrite: bool, progress: Progress
) -> Summary:
    """Cuts candidates and writes the results to `folder`, all of them or none.

    Args:
        choice: what was chosen.
        folder: the output folder.
        ranks: the candidates to cut; None cuts all.
        overwrite: whether earlier results in the folder may be replaced.
        progress: the run.

    Raises:
        ConfigError: there is no candidate of a rank.
        InputError: a video has changed since it was analysed, or is missing.
        EncodeError: the video cannot be cut.
        OutputError: the results cannot be written.
        ResourceError: no ffmpeg was found, or it cannot be started.
    """
    wanted = _require_ranks(ranks, len(choice.candidates))
    for analysis in choice.reel.analyses:
        analysis.source.require_unchanged()
    with staging_folder(folder, overwrite=overwrite) as staging:
        written = _cut(choice, wanted, staging, progress)
        record = summary_record(choice, written, join_logs([choice.log, progress.log()]))
        with progress.stage("write"):
            write_record(record, staging / "summary.json")
            draw(record, choice.reel.thumbnails, staging / "summary.png")
        progress.check()
        names = [*(file.path.name for file in written.values()), "summary.json", "summary.png"]
        files = publish(staging, folder, names, overwrite=overwrite)
    return Summary(choice.reel.paths, folder, record, files)


def _require_ranks(ranks: Sequence[int] | None, count: int) -> list[int]:
    known = range(1, count + 1)
    wanted = list(known if ranks is None else ranks) if ranks is None or isinstance(ranks, Sequence) else [ranks]
    if not wanted or not all(isinstance(rank, int) and rank in known for rank in wanted):
        raise ConfigError(f"`ranks`: {wanted} is not allowed", remedy=f"give ranks from 1 to {count}")
    return sorted(set(wanted))


def _cut(choice: "Choice", ranks: Sequence[int], staging: Path, progress: Progress) -> dict[int, RenderedFile]:
    """Cuts the candidates of some ranks; returns their files by rank."""
    candidates = [choice.candidates[rank - 1] for rank in ranks]
    config = choice.config.cut
    tags = file_tags(choice)
    with progress.stage("cut", 1.0) as done:
        written = render(
            choice.reel.infos,
            [candidate.timeline for candidate in candidates],
            [staging / f"summary-{rank}.mp4" for rank in ranks],
            config=config,
            metadata=[tags[rank - 1] for rank in ranks],
            on_progress=lambda share: progress.advance("cut", share),
            on_notice=lambda text, number: progress.notice(text, (choice.reel.paths[number],)),
            work_dir=staging,
        )
        done(f"{count_of(len(written), 'file')}, {sum(file.size_bytes for file in written) / 1e6:.1f} MB")
    if config.mode == "copy":
        planned_s = [float(candidate.timeline.duration) for candidate in candidates]
        _notice_about_copies(written, planned_s, progress)
    return dict(zip(ranks, written, strict=True))


def _notice_about_copies(written: Sequence[RenderedFile], planned_s: Sequence[float], progress: Progress) -> None:
    extra_s = max(file.duration_s - planned for file, planned in zip(written, planned_s, strict=True))
    progress.notice(f"copied clips start and end on key frames: up to {extra_s:.1f} s longer than selected")
    for file in written:
        if file.undecodable:
            progress.notice(f"{file.path.name}: {file.undecodable} of {file.frames} copied frames do not play")


def require_writable(folder: Path, *, overwrite: bool) -> None:
    """Checks that results can be written to a folder, before the long work begins.

    Raises:
        OutputError: they cannot.
    """
    with staging_folder(folder, overwrite=overwrite):
        pass
