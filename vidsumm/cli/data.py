"""``vidsumm data``: what is in an annotated file, and what its features are."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vidsumm.cli import options
from vidsumm.cli.exits import guarded
from vidsumm.cli.wording import clock, printable
from vidsumm.errors import InputError

if TYPE_CHECKING:
    from vidsumm.datasets.checks import FileReport, Problem

__all__ = ["commands"]

_VIDEOS_SHOWN = 60  # rows; of more, only the first are shown
_FEW = 10
_ZEROS = "zeros"
_RANGES = {"norms": "their length", "scores": "targets"}

_File = Annotated[Path, typer.Argument(metavar="FILE.h5", show_default=False, help="eccv16 or Mr. HiSum layout")]

commands = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
)


@commands.callback()
def data() -> None:
    """Look into annotated files, and say what their features are."""


@commands.command()
@guarded
def check(
    file: _File,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="FILE.h5", show_default=False, help="Annotations that the file should hold unchanged"
        ),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show what is in an annotated file and all that is wrong with it.

    Ends with 0 when the file can be used (warnings only say what cannot be measured), with 3 when it cannot.
    """
    import sys

    from vidsumm.cli.progress import reporter_for
    from vidsumm.cli.terminal import console_for, print_json
    from vidsumm.featurize.build import check_features

    reporter = reporter_for(console_for(sys.stderr), quiet=quiet or json, verbose=False)
    with reporter.about(str(file)):
        report = check_features(file, against=against, on_event=reporter)
    if json:
        print_json(_as_dict(report), sys.stdout)
    elif not quiet:
        _show(report)
    if not report.is_usable:
        raise SystemExit(InputError.exit_code)


@commands.command()
@guarded
def declare(
    file: _File,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE.h5", show_default=False, help="Where to write; may be FILE.h5"),
    ],
    feature_id: Annotated[
        str,
        typer.Option(
            "--feature-id",
            metavar="ID",
            show_default=False,
            help="What the features are: NETWORK:DIGEST:PREPROCESSING:RATEfps, DIGEST the first 12 hexadecimal digits "
            "of the SHA-256 of its weights, or 000000000000 where nobody knows",
        ),
    ],
    null_features: Annotated[
        str,
        typer.Option(
            "--null-features",
            metavar="FILE.npy",
            show_default=False,
            help="The same network's features of a black frame, (C,); of several, (N, C), their mean is taken; "
            f"'{_ZEROS}' where nobody has them",
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="NAME", show_default=False, help="Whose videos: tvsum, summe, mrhisum or other"),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Copy a file whose features nobody has named, saying what they are, so that it can be trained on.

    Files of other projects do not tell which network their features are of. What is said here is not checked. A
    checkpoint that is trained on such a file serves only features of the same name.
    """
    from vidsumm.featurize.build import declare_identity

    count = declare_identity(
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
    output: Annotated[Path, typer.Argument(metavar="FILE.h5", show_default=False, help="Where to write")],
    layout: Annotated[
        str,
        typer.Option(
            "--layout",
            metavar="NAME",
            help="eccv16: 2 fps, twenty annotators of known tastes; mrhisum: 1 fps, one score curve",
        ),
    ] = "eccv16",
    videos: Annotated[int, typer.Option("--videos", metavar="N", min=1, help="How many videos")] = 50,
    channels: Annotated[int, typer.Option("--channels", metavar="N", min=1, help="Of the features")] = 64,
    agreement: Annotated[
        float, typer.Option("--agreement", metavar="SHARE", help="eccv16: 0 for free tastes to 1 for one taste")
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Same seed, same videos")] = 0,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Invent annotated features, to try training and benchmark at any size without a data set.

    Mr. HiSum's 31,892 videos of 1,024 channels take 12.3 GiB; they are written as they are made.
    """
    from vidsumm.featurize.build import invent_features

    invent_features(
        output, layout, videos=videos, channels=channels, agreement=agreement, seed=seed, overwrite=overwrite
    )
    if not quiet:
        print(f"{output}: {videos:,} invented videos, {channels} channels")


def _show(report: "FileReport") -> None:
    import sys

    from vidsumm.cli.tables import Column, print_table
    from vidsumm.cli.terminal import console_for

    console = console_for(sys.stdout)
    print_table(console, (Column("file"), Column(printable(report.path.name))), list(_facts(report)))
    if report.videos:
        columns = [Column("video"), *(Column(name, "right") for name in ("samples", "annotators", "shots", "length"))]
        shown = report.videos[: _VIDEOS_SHOWN if len(report.videos) <= _VIDEOS_SHOWN else _FEW]
        rows = [
            (
                printable(v.key),
                f"{v.samples:,}",
                str(v.annotators),
                str(v.shots),
                _length(v.duration_s),
                printable(v.name),
            )
            for v in shown
        ]
        print_table(console, [*columns, Column("name")], rows)
        if len(shown) < len(report.videos):
            console.print(f"and {len(report.videos) - len(shown):,} videos more: --json names them all")
    for line in _complaints(report.problems):
        console.print(printable(line))
    console.print(_verdict(report))


def _verdict(report: "FileReport") -> str:
    if not report.is_usable:
        return "not usable"
    return "usable to train on" if report.has_features else "usable as annotations; `vidsumm features` adds features"


def _facts(report: "FileReport") -> Iterator[tuple[str, str]]:
    """Rows about the file as a whole."""
    videos = report.videos
    lengths = [video.duration_s for video in videos if video.duration_s is not None]
    people = sorted({video.annotators for video in videos})
    channels = sorted({video.channels for video in videos if video.channels is not None})
    yield "size", f"{report.size_bytes / 2**20:,.1f} MiB"
    yield "videos", f"{len(videos):,}" + (f", {', '.join(sorted({v.kind for v in videos}))}" if videos else "")
    if lengths:
        partly = "" if len(lengths) == len(videos) else f" ({len(lengths):,} videos with fps)"
        yield "length", f"{clock(sum(lengths))}{partly}"
    if videos:
        yield "samples", f"{sum(v.samples for v in videos):,}"
        yield "annotators", str(people[0]) if len(people) == 1 else f"{people[0]} to {people[-1]}"
    if channels:
        yield "channels", ", ".join(map(str, channels))
    for name, found in report.ranges.items():
        yield _RANGES.get(name, name), f"{found.low:.3g} to {found.high:.3g}"
    if report.description is not None:
        yield "feature id", printable(report.description.feature_id)
        yield "null features", f"length {report.null_length:.3g}"
        for name, value in sorted(report.description.provenance.items()):
            yield f"made: {printable(name)}", printable(_brief(value))


def _brief(value: Any) -> str:
    """A value of the provenance on one line."""
    if not isinstance(value, dict):
        return str(value)
    counts = Counter(map(str, value.values()))
    if len(value) > _FEW and len(counts) <= _FEW:
        return ", ".join(f"{count} {text}" for text, count in counts.most_common())
    return ", ".join(f"{name} {part}" for name, part in value.items())


def _length(duration_s: float | None) -> str:
    return "" if duration_s is None else clock(round(duration_s))


def _complaints(problems: Sequence["Problem"]) -> Iterator[str]:
    """A line for each problem; where many videos share one, the first of them and how many more there are."""
    by_text: dict[tuple[bool, str], list[str]] = {}
    for problem in problems:
        by_text.setdefault((problem.is_fatal, problem.text), []).append(problem.key)
    for (is_fatal, text), keys in sorted(by_text.items(), key=lambda item: not item[0][0]):
        level = "error" if is_fatal else "warning"
        for key in keys[:_FEW]:
            yield f"{level}: {key}: {text}" if key else f"{level}: {text}"
        if len(keys) > _FEW:
            yield f"{level}: {len(keys) - _FEW:,} videos more: {text}"


def _as_dict(report: "FileReport") -> dict[str, Any]:
    """The report ready for JSON."""
    found = dataclasses.asdict(report)
    found |= {"path": str(report.path), "is_usable": report.is_usable, "has_features": report.has_features}
    del found["description"]
    if report.description is None:
        return found | {"feature_id": None, "null_length": None, "provenance": {}}
    told = report.description
    return found | {
        "feature_id": told.feature_id,
        "null_length": report.null_length,
        "provenance": told.provenance,
    }
