"""``vidsumm doctor``: shows what is installed, and what to do about what is missing."""

import sys
from collections.abc import Iterator

from vidsumm.cli import options
from vidsumm.cli.tables import Column, print_indented, print_table
from vidsumm.cli.terminal import console_for, print_json
from vidsumm.cli.wording import printable
from vidsumm.diagnosis import Diagnosis, diagnose
from vidsumm.errors import ResourceError

__all__ = ["doctor"]


def doctor(
    ffmpeg: options.Ffmpeg = None,
    json: options.Json = False,
) -> None:
    """Show whether this installation can summarize: what it has, what it lacks, and what to do about it.

    The exit code is 0 if `vidsumm summarize` can run with its default settings, and 4 if it cannot.
    """
    diagnosis = diagnose(ffmpeg)
    if json:
        print_json(diagnosis.as_dict(), sys.stdout)
    else:
        _print_diagnosis(diagnosis)
    if not diagnosis.can_summarize:
        raise SystemExit(ResourceError.exit_code)


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    console = console_for(sys.stdout)
    versions = diagnosis.versions
    console.print(f"vidsumm {versions['vidsumm']}, Python {versions['python']}, {versions['platform']}")
    print_table(console, (Column("part"), Column("name"), Column("found")), _rows(diagnosis))
    for problem in diagnosis.problems:
        kind = "error" if problem.is_fatal else "warning"
        console.print(f"{kind}: {problem.what}")
        print_indented(console, problem.remedy)
    console.print("ready to summarize" if diagnosis.can_summarize else "not ready to summarize")


def _rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    for package in ("torch", "torchvision", "numpy"):
        yield "package", package, diagnosis.versions.get(package, "missing")
    if diagnosis.ffmpeg is None:
        yield "ffmpeg", "", "missing"
    else:
        ffmpeg = diagnosis.ffmpeg
        yield "ffmpeg", ffmpeg.origin, f"{ffmpeg.version} with libx264, {printable(ffmpeg.path)}"
        yield "", "", f"why this one: {printable(ffmpeg.reason)}"
    decoders = {decoder.name: decoder.version for decoder in diagnosis.decoders}
    for name in ("decord", "pyav"):
        yield "decoder", name, decoders.get(name, "missing")
    for device in diagnosis.devices:
        yield "device", device.name, f"{device.description}, {device.precision}"
    for backbone in diagnosis.backbones:
        yield "backbone", backbone.name, backbone.detail if backbone.is_available else f"missing: {backbone.detail}"
    for checkpoint in diagnosis.checkpoints:
        yield "checkpoint", checkpoint.name, f"{checkpoint.feature_id}, SHA-256 {checkpoint.sha256[:12]}"
    for folder in diagnosis.folders:
        free = f"{folder.free_bytes / 2**30:.1f} GiB free"
        yield "folder", folder.purpose, f"{printable(folder.path)}, {free if folder.is_writable else 'not writable'}"
