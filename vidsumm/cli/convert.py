"""``vidsumm convert``: turns a checkpoint trained with the authors' code into one of vidsumm."""

from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options

__all__ = ["convert"]


def convert(
    source: Annotated[
        Path, typer.Argument(metavar="OFFICIAL.pkl", show_default=False, help="State dict saved by the authors' code")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.safetensors", show_default=False, help="Where to write")
    ],
    heads: Annotated[
        int, typer.Option("--heads", metavar="N", help="Number of attention heads, which the tensors do not show")
    ] = 8,
    temperature: Annotated[
        float,
        typer.Option(
            "--temperature", metavar="T", help="Temperature of the scores, sigmoid_temp in the authors' recipes"
        ),
    ] = 2.0,
    bins: Annotated[
        int,
        typer.Option("--bins", metavar="K", help="Size of the codebook; only needed where sinusoids embed the scores"),
    ] = 200,
    guidance: Annotated[
        float,
        typer.Option(
            "--guidance", metavar="W", help="Guidance weight that `summarize` uses unless --guidance is given"
        ),
    ] = 0.0,
    null_video: Annotated[
        Path | None,
        typer.Option(
            "--null-video",
            metavar="FILE.npy",
            show_default=False,
            help="Features of a black frame, (C,), used by guidance (default: zeros)",
        ),
    ] = None,
    feature_id: Annotated[
        str | None,
        typer.Option(
            "--feature-id",
            metavar="ID",
            show_default=False,
            help="Features that it was trained on, as `vidsumm features` prints it; `summarize` refuses a checkpoint "
            "without it",
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,  # noqa: ARG001 `guarded` reads it
) -> None:
    """Turn a checkpoint trained with the authors' code into one that vidsumm can use.

    Kind and sizes of the network are read from the shapes of the tensors. No code in the file is run: files that hold
    anything but tensors are refused.
    """
    from vidsumm.cli.wording import printable
    from vidsumm.errors import ConfigError, ResourceError
    from vidsumm.features.feature_id import parse_feature_id
    from vidsumm.model.conversion import UNKNOWN_FEATURES, Conversion, convert_official

    if feature_id is not None:
        try:
            parse_feature_id(feature_id)
        except ResourceError as error:
            raise ConfigError(f"--feature-id: {error.what}", remedy=error.remedy) from error
    choices = Conversion(
        heads=heads,
        temperature=temperature,
        bins=bins,
        guidance=guidance,
        null_video=null_video,
        feature_id=feature_id or UNKNOWN_FEATURES,
    )
    config = convert_official(source, output, choices, overwrite=overwrite)
    if quiet:
        return
    print(f"{printable(output)}: {config.summary}")
    if null_video is None:
        print("null video: zeros, because --null-video was not given")
    if feature_id is None:
        print("features: unknown, because --feature-id was not given; `vidsumm summarize` will refuse this checkpoint")
