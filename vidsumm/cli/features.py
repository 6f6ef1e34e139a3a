"""``vidsumm features``: annotated feature files to train on."""

from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options

__all__ = ["features"]


def features(
    videos: Annotated[
        list[Path],
        typer.Argument(metavar="VIDEO", show_default=False, help="Annotated videos, or folders whose videos are taken"),
    ],
    annotations: Annotated[
        Path, typer.Option("--annotations", "-a", metavar="FILE.h5", show_default=False, help="eccv16 layout")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.h5", help="Where to write")] = Path(
        "features.h5"
    ),
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="KEY", help="Only this video; may be given several times")
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", metavar="FPS", help="Nominal samples per second of the annotations' picks")
    ] = 2.0,
    backbone: options.Backbone = None,
    backbone_weights: options.BackboneWeights = None,
    device: options.Device = None,
    batch_size: options.BatchSize = None,
    decoder: options.Decoder = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Describe annotated videos with a feature network, to train on.

    Videos are found by name: video_7.mp4 for the key video_7, or the annotation's own video_name. A file is the video
    itself, or a clip that holds just its picked frames.
    """
    import sys

    from vidsumm.cli.inputs import video_files
    from vidsumm.cli.progress import reporter_for
    from vidsumm.cli.terminal import console_for
    from vidsumm.learning import build_features

    settings = options.settings_from(
        None,
        backbone=backbone,
        backbone_weights=backbone_weights,
        device=device,
        batch_size=batch_size,
        decoder=decoder,
        fps=rate,
    )
    reporter = reporter_for(console_for(sys.stderr), quiet=quiet, verbose=verbose)
    files = [path for given in videos for path in (video_files(given) if given.is_dir() else [given])]
    with reporter.about(str(output)):
        line = build_features(
            files, annotations, output, settings, only=only or (), overwrite=overwrite, on_event=reporter
        )
    if not quiet:
        print(line)
