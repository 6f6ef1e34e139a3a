"""Checkpoints: safetensors files with a JSON description in the header. Loading one never runs code."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from vidsumm.errors import ConfigError, ResourceError
from vidsumm.files import file_sha256, write_bytes_atomic
from vidsumm.model.config import ModelConfig
from vidsumm.model.summdiff import SummDiff

__all__ = [
    "Checkpoint",
    "CheckpointInfo",
    "load_checkpoint",
    "read_checkpoint_info",
    "save_checkpoint",
    "shipped_checkpoint",
    "shipped_checkpoints",
    "weights_folder",
]

_SCHEMA = "vidsumm.checkpoint/1"
_KEY = "vidsumm"


@dataclass(frozen=True)
class CheckpointInfo:
    """The description of a checkpoint, which is read without its tensors."""

    name: str
    path: Path
    feature_id: str
    """Feature id of the features that the network takes; others are refused."""
    sha256: str
    """Digest of the file."""
    guidance: float
    """The guidance weight it was measured with, which is the default."""
    model: ModelConfig
    training: dict[str, Any]
    """How it was trained: recipe, data and versions, see `vidsumm.training.card.training_facts`."""
    card: dict[str, Any]
    """How well it does, and its licence, see `vidsumm.training.card.card_facts`."""


@dataclass(frozen=True)
class Checkpoint:
    """A network and its description."""

    model: SummDiff
    info: CheckpointInfo


def save_checkpoint(
    path: Path,
    model: SummDiff,
    *,
    feature_id: str,
    guidance: float,
    training: dict[str, Any],
    card: dict[str, Any],
    half: bool = False,
) -> None:
    """Writes a checkpoint, completely or not at all.

    Args:
        path: the file; its stem is the checkpoint's name.
        model: the network.
        feature_id: feature id of the features that it takes.
        guidance: default guidance weight.
        training: how it was trained, ready for JSON.
        card: how well it does, ready for JSON.
        half: store float16, which halves the size.

    Raises:
        OutputError: the file cannot be written.
    """
    about = {
        "schema": _SCHEMA,
        "feature_id": feature_id,
        "guidance": guidance,
        "model": dataclasses.asdict(model.config),
        "training": training,
        "card": card,
    }
    dtype = torch.float16 if half else torch.float32
    tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in model.state_dict().items()}
    write_bytes_atomic(path, save(tensors, metadata={_KEY: json.dumps(about, sort_keys=True)}))


def read_checkpoint_info(path: Path) -> CheckpointInfo:
    """Reads the description of a checkpoint.

    Raises:
        ResourceError: the file is missing, damaged, or not a vidsumm checkpoint.
    """
    about = _read_header(path)
    try:
        return CheckpointInfo(
            name=path.stem,
            path=path,
            feature_id=str(about["feature_id"]),
            sha256=file_sha256(path),
            guidance=_guidance(about["guidance"]),
            model=ModelConfig.from_dict(about["model"]),
            training=dict(about["training"]),
            card=dict(about["card"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _not_a_checkpoint(path, f"its description is incomplete or wrong: {error}") from error


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Loads a network, in evaluation mode and float32, and its description.

    Raises:
        ConfigError: `path` is not a file.
        ResourceError: the file is damaged or not a vidsumm checkpoint, or its tensors do not fit its description.
    """
    if not path.is_file():
        raise ConfigError(f"`weights={path}`: no such file", remedy="give a checkpoint made by `vidsumm train`")
    info = read_checkpoint_info(path)
    with torch.device("meta"):  # takes no memory, whatever sizes the description claims
        model = SummDiff(info.model)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in file.keys()}  # noqa: SIM118  (no mapping)
        model.load_state_dict(tensors, assign=True)
    except (SafetensorError, RuntimeError) as error:
        raise _not_a_checkpoint(path, " ".join(str(error).split())[:200]) from error
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        raise _not_a_checkpoint(path, "it holds numbers that are not finite")
    return Checkpoint(model.to(device).eval(), info)


def weights_folder() -> Path:
    """Returns the folder of the shipped checkpoints: in the installed package, or next to it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "weights"
    return inside if inside.is_dir() else package.parent / "weights"


def shipped_checkpoints() -> list[CheckpointInfo]:
    """Returns all checkpoints that came with this installation, sorted by name."""
    return [read_checkpoint_info(path) for path in sorted(weights_folder().glob("*.safetensors"))]


def shipped_checkpoint(backbone: str) -> CheckpointInfo:
    """Returns the shipped checkpoint for a backbone.

    Raises:
        ResourceError: there is none; the remedy names the commands that train one.
    """
    for info in shipped_checkpoints():
        if info.feature_id.split(":")[0] == backbone:
            return info
    raise ResourceError(
        f"no checkpoint ships for `backbone={backbone}`",
        remedy="make one from annotated videos with `vidsumm features` and `vidsumm train`, and give it as `weights`",
    )


def _read_header(path: Path) -> dict[str, Any]:
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get(_KEY, "null"))
    except (OSError, SafetensorError, ValueError) as error:
        raise _not_a_checkpoint(path, str(error)) from error
    if not isinstance(about, dict) or about.get("schema") != _SCHEMA:
        raise _not_a_checkpoint(path, f"its header does not say {_SCHEMA}")
    return about


def _guidance(value: Any) -> float:
    weight = float(value)
    if not 0 <= weight <= 20:
        raise ValueError(f"guidance {weight}")
    return weight


def _not_a_checkpoint(path: Path, why: str) -> ResourceError:
    return ResourceError(f"{path} is not a usable checkpoint: {why}", remedy="give one made by `vidsumm train`")
