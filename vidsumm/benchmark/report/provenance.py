"""Where numbers come from: versions, machine and date of a measurement."""

import platform
from datetime import UTC, datetime
from pathlib import Path

from vidsumm.benchmark.report.tables import Meta
from vidsumm.versions import result_versions

__all__ = ["machine", "measured_now"]


def measured_now(
    *,
    protocol: str,
    dataset: str,
    command: str,
    seeds: tuple[int, ...] = (),
    source: str = "",
    ffmpeg: str | None = None,
) -> Meta:
    """Returns the `Meta` of a table that was measured just now on this machine; `ffmpeg` is a version."""
    return Meta(
        protocol=protocol,
        dataset=dataset,
        seeds=seeds,
        versions=result_versions(ffmpeg) | {"machine": machine()},
        command=command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        source=source,
    )


def machine() -> str:
    """Returns system and processor in a few words."""
    return f"{platform.system()} {platform.machine()}, {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "processor not known"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor() or "processor not known"
