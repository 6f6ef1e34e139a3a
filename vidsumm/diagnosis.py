"""Examines what this installation has and lacks for the main job."""

# ruff: noqa: PLC0415  each part is imported where it is examined, so that one that does not load is reported

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
from vidsumm.versions import find_unsupported, installed_versions, result_versions

__all__ = [
    "BackboneState",
    "CheckpointState",
    "Decoder",
    "Device",
    "Diagnosis",
    "Ffmpeg",
    "Folder",
    "InstallationProblem",
    "diagnose",
]

_BREAKDOWNS = (ImportError, OSError, RuntimeError, VidsummError)
"""Errors that loading a package with native code may raise."""


@dataclass(frozen=True)
class InstallationProblem:
    """Something missing or broken."""

    what: str
    remedy: str
    is_fatal: bool
    """Whether the main job with default settings cannot run because of it."""


@dataclass(frozen=True)
class Ffmpeg:
    """The ffmpeg that cuts; it has libx264, without which none is taken."""

    path: Path
    version: str
    origin: str
    """Where it was found: setting, VIDSUMM_FFMPEG, imageio-ffmpeg or system."""
    reason: str
    """Why this one was chosen."""


@dataclass(frozen=True)
class Decoder:
    """A video decoder that can be loaded."""

    name: str
    """Its name in the settings."""
    version: str


@dataclass(frozen=True)
class Device:
    """A device on which networks can run."""

    name: str
    """cpu, or cuda with a number."""
    description: str
    precision: str
    """Number format in which feature networks run there."""


@dataclass(frozen=True)
class BackboneState:
    """A feature network and its weights."""

    name: str
    is_available: bool
    """Whether its weights are installed."""
    detail: str
    """Where the weights are, or how to get them."""


@dataclass(frozen=True)
class CheckpointState:
    """A trained model that is part of this installation."""

    name: str
    path: Path
    feature_id: str
    sha256: str


@dataclass(frozen=True)
class Folder:
    """A folder that a run writes to, beside its output."""

    purpose: str
    path: Path
    is_writable: bool
    free_bytes: int


@dataclass(frozen=True)
class Diagnosis:
    """The state of the installation."""

    versions: dict[str, str]
    """Versions of installed packages and of Python, and the platform."""
    ffmpeg: Ffmpeg | None
    decoders: tuple[Decoder, ...]
    devices: tuple[Device, ...]
    backbones: tuple[BackboneState, ...]
    checkpoints: tuple[CheckpointState, ...]
    folders: tuple[Folder, ...]
    problems: tuple[InstallationProblem, ...]

    @property
    def can_summarize(self) -> bool:
        """Whether the main job can run with default settings."""
        return not any(problem.is_fatal for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """Returns nested dictionaries of plain values, ready for JSON."""

        def plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
            return {name: str(value) if isinstance(value, Path) else value for name, value in items}

        return {"can_summarize": self.can_summarize, **dataclasses.asdict(self, dict_factory=plain)}


def diagnose(ffmpeg: str | None = None) -> Diagnosis:
    """Examines everything the main job uses. Nothing is downloaded; what is broken becomes an `InstallationProblem`.

    Args:
        ffmpeg: the ffmpeg program to look at, see `vidsumm.video.ffmpeg_binary.find_ffmpeg`.
    """
    misfits = find_unsupported().items()
    problems = [InstallationProblem(fault, f"run: pip install '{wanted}'", is_fatal=True) for wanted, fault in misfits]
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
def _examine(problems: list[InstallationProblem], part: str, remedy: str, *, is_fatal: bool) -> Iterator[None]:
    """Records an error in the block, which loads `part`, as a problem."""
    try:
        yield
    except _BREAKDOWNS as error:
        if isinstance(error, VidsummError):
            problems.append(InstallationProblem(error.what, error.remedy or remedy, is_fatal))
        else:
            problems.append(
                InstallationProblem(f"{part} does not load: {' '.join(str(error).split())}", remedy, is_fatal)
            )


def _versions() -> dict[str, str]:
    return {"platform": platform.platform()} | result_versions() | installed_versions(["imageio-ffmpeg"])


def _ffmpeg(problems: list[InstallationProblem], named: str | None) -> Ffmpeg | None:
    with _examine(problems, "ffmpeg", "run `pip install imageio-ffmpeg ffmpeg-python`", is_fatal=True):
        from vidsumm.video.ffmpeg_binary import find_ffmpeg

        found = find_ffmpeg(named)
        return Ffmpeg(found.path, found.version, found.origin, found.reason)
    return None


def _decoders(problems: list[InstallationProblem]) -> tuple[Decoder, ...]:
    found = []
    for name, package, is_fatal in (("decord", "decord", False), ("pyav", "av", True)):
        remedy = f"run `pip install {package}`" + ("" if is_fatal else "; until then PyAV decodes")
        with _examine(problems, package, remedy, is_fatal=is_fatal):
            import_module(package)
            found.append(Decoder(name, metadata.version(package)))
    return tuple(found)


def _devices(problems: list[InstallationProblem]) -> tuple[Device, ...]:
    devices = []
    with _examine(problems, "torch", "install PyTorch again: see https://pytorch.org", is_fatal=True):
        import torch

        from vidsumm.devices import fast_precision

        cpu = torch.device("cpu")
        devices.append(Device("cpu", f"{torch.get_num_threads()} threads", fast_precision(cpu)))
        for index in range(torch.cuda.device_count()):
            gpu = torch.device("cuda", index)
            about = torch.cuda.get_device_properties(gpu)
            description = f"{about.name}, {about.total_memory / 2**30:.0f} GiB"
            devices.append(Device(str(gpu), description, fast_precision(gpu)))
    return tuple(devices)


def _backbones(problems: list[InstallationProblem]) -> tuple[BackboneState, ...]:
    default = FeatureConfig().backbone
    with _examine(problems, "torchvision", "run `pip install torchvision`", is_fatal=True):
        from vidsumm.features.registry import backbone_available

        states = tuple(BackboneState(name, *backbone_available(name, None)) for name in BACKBONES)
        problems += [
            InstallationProblem(
                f"the weights of {state.name}, the default backbone, are not usable", state.detail, is_fatal=True
            )
            for state in states
            if state.name == default and not state.is_available
        ]
        return states
    return ()


def _checkpoints(problems: list[InstallationProblem]) -> tuple[CheckpointState, ...]:
    with _examine(problems, "the model", "install vidsumm again", is_fatal=True):
        from vidsumm.model.checkpoint import shipped_checkpoint, shipped_checkpoints

        shipped_checkpoint(FeatureConfig().backbone)
        return tuple(
            CheckpointState(info.name, info.path, info.feature_id, info.sha256) for info in shipped_checkpoints()
        )
    return ()


def _folders(problems: list[InstallationProblem]) -> tuple[Folder, ...]:
    with _examine(problems, "the folder for temporary files", "set TMPDIR to a writable folder", is_fatal=True):
        folder = Path(tempfile.gettempdir())
        return (Folder("temporary files", folder, os.access(folder, os.W_OK), shutil.disk_usage(folder).free),)
    return ()
