"""``vidsumm convert``: a checkpoint trained with the authors' code becomes one of ours."""

from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options

__all__ = ["convert"]


def convert(
    source: Annotated[
        Path, typer.Argument(metavar="OFFICIAL.pkl", show_default=False, help="State dict saved by the official code")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.safetensors", show_default=False, help="Where to write")
    ],
    heads: Annotated[int, typer.Option("--heads", metavar="N", help="Attention heads, which no tensor tells")] = 8,
    temperature: Annotated[
        float, typer.Option("--temperature", metavar="T", help="Of the scores, sigmoid_temp in the official recipes")
    ] = 2.0,
    bins: Annotated[
        int, typer.Option("--bins", metavar="K", help="Of the codebook, where sinusoids embed the scores")
    ] = 200,
    guidance: Annotated[
        float, typer.Option("--guidance", metavar="W", help="Weight used where `summarize --guidance` is not given")
    ] = 0.0,
    null_video: Annotated[
        Path | None,
        typer.Option(
            "--null-video",
            metavar="FILE.npy",
            show_default=False,
            help="Features of a black frame, for guidance (default: zeros)",
        ),
    ] = None,
    feature_id: Annotated[
        str | None,
        typer.Option(
            "--feature-id",
            metavar="ID",
            show_default=False,
            help="What its features were made with, as `vidsumm features` prints it; without, `summarize` refuses it",
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,  # noqa: ARG001 read by whoever reports errors
) -> None:
    """Turn a checkpoint trained with the authors' code into one that runs here.

    Sizes and kind of network are read off the tensors. Nothing in the file is run: it may hold tensors only.
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
        print("null video: zeros, for no --null-video was given")
    if feature_id is None:
        print("features: unknown, for no --feature-id was given; `vidsumm summarize` will refuse them")
