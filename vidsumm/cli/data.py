"""``vidsumm data``: checks annotated files, declares what their features are, and invents some."""

from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options
from vidsumm.cli.exits import guarded
from vidsumm.errors import InputError

__all__ = ["commands"]

_ZEROS = "zeros"

_File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.h5",
        show_default=False,
        help="Annotations, with or without features, in the eccv16 or Mr. HiSum layout",
    ),
]

commands = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
)


@commands.callback()
def data() -> None:
    """Check annotated files, declare what their features are, or invent files to try things with."""


@commands.command()
@guarded
def check(
    file: _File,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="FILE.h5", show_default=False, help="Annotation file that the file should agree with"
        ),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show what an annotated file holds and everything that is wrong with it.

    The exit code is 0 if the file can be used (warnings only say what cannot be measured), and 3 if it cannot.
    """
    import sys

    from vidsumm.cli.data_report import print_report, report_as_object
    from vidsumm.cli.progress import reporting
    from vidsumm.cli.terminal import console_for, print_json
    from vidsumm.featurize.check import check_features

    with reporting(str(file), quiet=quiet or json, verbose=False) as reporter:
        report = check_features(file, against=against, on_event=reporter)
    if json:
        print_json(report_as_object(report), sys.stdout)
    elif not quiet:
        print_report(report, console_for(sys.stdout))
    if not report.is_usable:
        raise SystemExit(InputError.exit_code)


@commands.command()
@guarded
def declare(
    file: _File,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE.h5", show_default=False, help="File to write; may be the same file"
        ),
    ],
    feature_id: Annotated[
        str,
        typer.Option(
            "--feature-id",
            metavar="ID",
            show_default=False,
            help="What the features are, as NETWORK:DIGEST:PREPROCESSING:RATEfps; DIGEST is the first 12 hexadecimal "
            "digits of the SHA-256 of the network's weight file, or 000000000000 if it is unknown",
        ),
    ],
    null_features: Annotated[
        str,
        typer.Option(
            "--null-features",
            metavar="FILE.npy",
            show_default=False,
            help="Features of a black frame from the same network, of the shape (C,), or (N, C) for the mean of "
            f"several; '{_ZEROS}' if there are none",
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="NAME", show_default=False, help="Data set of the videos: tvsum, summe, mrhisum or other"
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Copy a feature file and add what its features are, so that it can be trained on.

    Files of other projects do not say which network their features come from. What you declare is not checked. A
    checkpoint that is trained on such a file works only with features of the same feature id.
    """
    from vidsumm.featurize.declare import declare_features

    count = declare_features(
        file,
        output,
        feature_id,
        None if null_features == _ZEROS else Path(null_features),
        kind=kind,
        overwrite=overwrite,
    )
    if not quiet:
        print(f"{output}: {count} videos, {feature_id}")


@commands.command()
@guarded
def invent(
    output: Annotated[Path, typer.Argument(metavar="FILE.h5", show_default=False, help="File to write")],
    layout: Annotated[
        str,
        typer.Option(
            "--layout",
            metavar="NAME",
            help="eccv16: 2 samples a second, 20 annotators; mrhisum: 1 sample a second, 1 annotator",
        ),
    ] = "eccv16",
    videos: Annotated[int, typer.Option("--videos", metavar="N", min=1, help="Number of videos")] = 50,
    channels: Annotated[int, typer.Option("--channels", metavar="N", min=1, help="Channels of the features")] = 64,
    agreement: Annotated[
        float,
        typer.Option(
            "--agreement",
            metavar="SHARE",
            help="eccv16: from 0, annotators like different shots, to 1, all like the same",
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed gives the same videos")] = 0,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Write synthetic annotated features, to try training and the benchmark at any size without a data set.

    As many videos as Mr. HiSum has, 31,892 of 1,024 channels, take 12.3 GiB of disk, but little memory.
    """
    from vidsumm.datasets.invent import invent_features

    invent_features(
        output, layout, videos=videos, channels=channels, agreement=agreement, seed=seed, overwrite=overwrite
    )
    if not quiet:
        print(f"{output}: {videos:,} invented videos, {channels} channels")
