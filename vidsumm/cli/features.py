"""``vidsumm features``: builds annotated feature files to train on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError

__all__ = ["features"]


@options.with_settings(
    *("backbone", "backbone_weights", "device", "batch_size", "decoder"),
    *("max_pixels", "max_hours", "max_streams", "max_memory_gb"),
)
def features(
    annotations: Annotated[
        Path,
        typer.Option(
            "--annotations", "-a", metavar="FILE.h5", show_default=False, help="Annotations in the eccv16 layout"
        ),
    ],
    videos: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="VIDEO", show_default=False, help="Annotated videos, or folders: all video files in them"
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.h5", help="File to write")] = Path(
        "features.h5"
    ),
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--video",
            metavar="KEY=FILE",
            show_default=False,
            help="FILE is the video of this key, whatever its name; may be given several times",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="KEY", help="Key of the only video wanted; may be given several times"),
    ] = None,
    fps: Annotated[
        float,
        typer.Option(
            "--rate",
            metavar="FPS",
            help="Samples per second that the annotations were made with; part of the feature id",
        ),
    ] = 2.0,
    *,
    settings: SummarizeConfig,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Compute the features of annotated videos, to train on.

    Videos are found by name: the key in the annotations (video_7.mp4 for video_7), or the video_name there; give files
    of other names with --video. A file may be the annotated video itself, a file that holds just the annotated samples,
    or the video at another frame rate.
    """
    from vidsumm.cli.inputs import video_files
    from vidsumm.cli.progress import reporting
    from vidsumm.featurize.build import build_features

    settings = settings.replace(fps=fps)
    files = [path for item in videos or () for path in (video_files(item) if item.is_dir() else [item])]
    with reporting(str(output), quiet=quiet, verbose=verbose) as reporter:
        line = build_features(
            files,
            annotations,
            output,
            settings,
            given=_files_by_key(given or ()),
            only=only or (),
            overwrite=overwrite,
            on_event=reporter,
        )
    if not quiet:
        print(line)


def _files_by_key(pairs: Iterable[str]) -> dict[str, Path]:
    """Returns the files named by ``KEY=FILE`` pairs."""
    found: dict[str, Path] = {}
    for pair in pairs:
        key, equals, name = pair.partition("=")
        if not (key and equals and name):
            raise ConfigError(f"--video {pair}: not KEY=FILE", remedy="for example --video video_4=Cooking.mp4")
        if key in found:
            raise ConfigError(f"--video {key}: given twice", remedy="give one file for each video")
        found[key] = Path(name)
    return found
