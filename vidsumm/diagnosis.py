"""What this installation has and lacks for the main job, as data."""

# ruff: noqa: PLC0415  each part is imported where it is examined, so that one that does not load is a finding

import contextlib
import dataclasses
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from vidsumm.config import BACKBONES, FeatureConfig
from vidsumm.errors import VidsummError
from vidsumm.versions import installed, result_versions, unsupported

__all__ = [
    "BackboneState",
    "CheckpointState",
    "Decoder",
    "Device",
    "Diagnosis",
    "Ffmpeg",
    "Folder",
    "Problem",
    "diagnose",
]

_BREAKDOWNS = (ImportError, OSError, RuntimeError, VidsummError)
"""What loading a package with native parts may raise."""


@dataclass(frozen=True)
class Problem:
    """Something missing or broken."""

    what: str
    remedy: str
    is_fatal: bool
    """Whether the main job with default settings cannot run because of it."""


@dataclass(frozen=True)
class Ffmpeg:
    """The ffmpeg that cuts; it has libx264, others are passed over."""

    path: Path
    version: str
    origin: str
    """Where it was found: --ffmpeg, VIDSUMM_FFMPEG, imageio-ffmpeg or system."""
    reason: str
    """Why it is this one."""


@dataclass(frozen=True)
class Decoder:
    """A decoder of frames that loads."""

    name: str
    """As --decoder names it."""
    version: str


@dataclass(frozen=True)
class Device:
    """Where networks can run."""

    name: str
    """cpu, or cuda and a number."""
    description: str
    precision: str
    """Number format in which feature networks run there."""


@dataclass(frozen=True)
class BackboneState:
    """A feature network and its weights."""

    name: str
    is_available: bool
    """Whether it loads without a download."""
    detail: str
    """Where the weights are, or why they are not at hand."""


@dataclass(frozen=True)
class CheckpointState:
    """A trained model that came with this installation."""

    name: str
    path: Path
    feature_id: str
    sha256: str


@dataclass(frozen=True)
class Folder:
    """A folder that the job writes to beside its output."""

    purpose: str
    path: Path
    is_writable: bool
    free_bytes: int


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was found."""

    versions: dict[str, str]
    """Version by package, those that are installed; Python and the platform as well."""
    ffmpeg: Ffmpeg | None
    decoders: tuple[Decoder, ...]
    devices: tuple[Device, ...]
    backbones: tuple[BackboneState, ...]
    checkpoints: tuple[CheckpointState, ...]
    folders: tuple[Folder, ...]
    problems: tuple[Problem, ...]

    @property
    def can_summarize(self) -> bool:
        """Whether the main job can run with default settings."""
        return not any(problem.is_fatal for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """Plain nested values, ready for JSON."""

        def plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
            return {name: str(value) if isinstance(value, Path) else value for name, value in items}

        return {"can_summarize": self.can_summarize, **dataclasses.asdict(self, dict_factory=plain)}


def diagnose(ffmpeg: str | None = None) -> Diagnosis:
    """Looks at everything the main job uses. Nothing is downloaded; what is broken becomes a `Problem`.

    Args:
        ffmpeg: the ffmpeg program to look at, see `vidsumm.video.ffmpeg_binary.find_ffmpeg`.
    """
    misfits = unsupported().items()
    problems = [Problem(fault, f"run: pip install '{wanted}'", is_fatal=True) for wanted, fault in misfits]
    return Diagnosis(
        versions=_versions(),
        ffmpeg=_ffmpeg(problems, ffmpeg),
        decoders=_decoders(problems),
        devices=_devices(problems),
        backbones=_backbones(problems),
        checkpoints=_checkpoints(problems),
        folders=_folders(problems),
        problems=tuple(problems),
    )


@contextlib.contextmanager
def _examining(problems: list[Problem], part: str, remedy: str, *, is_fatal: bool) -> Iterator[None]:
    """Turns whatever keeps `part` from loading into a problem."""
    try:
        yield
    except _BREAKDOWNS as error:
        if isinstance(error, VidsummError):
            problems.append(Problem(error.what, error.remedy or remedy, is_fatal))
        else:
            problems.append(Problem(f"{part} does not load: {' '.join(str(error).split())}", remedy, is_fatal))


def _versions() -> dict[str, str]:
    return {"platform": platform.platform()} | result_versions() | installed(["imageio-ffmpeg"])


def _ffmpeg(problems: list[Problem], named: str | None) -> Ffmpeg | None:
    with _examining(problems, "ffmpeg", "run `pip install imageio-ffmpeg ffmpeg-python`", is_fatal=True):
        from vidsumm.video.ffmpeg_binary import find_ffmpeg

        found = find_ffmpeg(named)
        return Ffmpeg(found.path, found.version, found.origin, found.reason)
    return None


def _decoders(problems: list[Problem]) -> tuple[Decoder, ...]:
    found = []
    for name, package, is_fatal in (("decord", "decord", False), ("pyav", "av", True)):
        remedy = f"run `pip install {package}`" + ("" if is_fatal else "; until then PyAV decodes")
        with _examining(problems, package, remedy, is_fatal=is_fatal):
            import_module(package)
            found.append(Decoder(name, metadata.version(package)))
    return tuple(found)


def _devices(problems: list[Problem]) -> tuple[Device, ...]:
    devices = []
    with _examining(problems, "torch", "install PyTorch again: see https://pytorch.org", is_fatal=True):
        import torch

        from vidsumm.features.backbones import fast_precision

        cpu = torch.device("cpu")
        devices.append(Device("cpu", f"{torch.get_num_threads()} threads", fast_precision(cpu)))
        for index in range(torch.cuda.device_count()):
            gpu = torch.device("cuda", index)
            about = torch.cuda.get_device_properties(gpu)
            description = f"{about.name}, {about.total_memory / 2**30:.0f} GiB"
            devices.append(Device(str(gpu), description, fast_precision(gpu)))
    return tuple(devices)


def _backbones(problems: list[Problem]) -> tuple[BackboneState, ...]:
    default = FeatureConfig().backbone
    with _examining(problems, "torchvision", "run `pip install torchvision`", is_fatal=True):
        from vidsumm.features.backbones import backbone_available

        states = tuple(BackboneState(name, *backbone_available(name, None)) for name in BACKBONES)
        problems += [
            Problem(f"the weights of {state.name}, the default backbone, are not usable", state.detail, is_fatal=True)
            for state in states
            if state.name == default and not state.is_available
        ]
        return states
    return ()


def _checkpoints(problems: list[Problem]) -> tuple[CheckpointState, ...]:
    with _examining(problems, "the model", "install vidsumm again", is_fatal=True):
        from vidsumm.model.checkpoint import shipped_checkpoint, shipped_checkpoints

        shipped_checkpoint(FeatureConfig().backbone)
        return tuple(
            CheckpointState(info.name, info.path, info.feature_id, info.sha256) for info in shipped_checkpoints()
        )
    return ()


def _folders(problems: list[Problem]) -> tuple[Folder, ...]:
    with _examining(problems, "the folder for temporary files", "set TMPDIR to a writable folder", is_fatal=True):
        folder = Path(tempfile.gettempdir())
        return (Folder("temporary files", folder, os.access(folder, os.W_OK), shutil.disk_usage(folder).free),)
    return ()
