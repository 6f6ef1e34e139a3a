"""Reads recordings of the authors' implementation: small networks with inputs, random numbers and outputs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.support.places import REFERENCE
from vidsumm.model.config import ModelConfig
from vidsumm.model.official import config_from_state, from_official
from vidsumm.model.summdiff import SummDiff

_KNOWN = {
    "denoiser": ("DiT", "latentmlp", "Transformer_dec"),
    "scores_embed": ("learned", "sinusoidal"),
    "position_embedding": ("sine",),
    "pre_norm": (False,),
}
"""Values of the official configuration that are known here; a recording with others is of an unknown kind."""


@dataclass(frozen=True)
class Recording:
    """One official network, and what it gave for some videos of different lengths."""

    arrays: dict[str, NDArray[Any]]
    config: dict[str, Any]

    @property
    def unknown(self) -> str:
        """What is not known here of the official configuration; empty where all of it is."""
        differing = (key for key, values in _KNOWN.items() if self.config.get(key) not in values)
        return ", ".join(f"{key} = {self.config.get(key)}" for key in differing)

    @property
    def state(self) -> dict[str, Tensor]:
        """The official state dict, under its own names."""
        return {key[6:]: torch.tensor(a) for key, a in self.arrays.items() if key.startswith("state/")}

    @property
    def guidance(self) -> float:
        """The guidance weight of the recording; 0 where the network was not trained with the null video."""
        return float(self.config["w"]) if self.config["p_uncond"] > 0 else 0.0

    @property
    def lengths(self) -> list[int]:
        return [int(n) for n in self.arrays["lengths"]]

    @property
    def model_config(self) -> ModelConfig:
        """The configuration here, read from the state dict and, where no tensor shows it, from the official one."""
        c = self.config
        return config_from_state(self.state, heads=c["nheads"], temperature=c["sigmoid_temp"], bins=c["K"])

    def tensor(self, key: str) -> Tensor:
        return torch.tensor(self.arrays[key])

    def model(self, *, masked: bool = True) -> SummDiff:
        """The network with the official weights; where not `masked`, its convolutions read padding."""
        values = vars(self.model_config) | {"masked_convolutions": masked}
        null = self.arrays.get("null_video", np.zeros(self.config["v_feat_dim"], np.float32))
        return from_official(self.state, ModelConfig(**values), torch.tensor(null))


def read_recording(path: Path) -> Recording:
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    return Recording(arrays, json.loads(str(arrays.pop("config"))))


def recorded_networks() -> list[Path]:
    """The files of the reference folder that hold a network; the others belong to other tests."""
    found = []
    for path in sorted(REFERENCE.glob("*.npz")):
        with np.load(path) as file:
            if {"config", "features", "lengths"} <= set(file.files):
                found.append(path)
    return found


def for_each_recording(keep: Callable[[Recording], bool] = lambda _: True) -> Callable[..., Any]:
    """Runs a test for each recorded network that `keep` accepts; unknown kinds are skipped with the reason."""
    cases = []
    for path in recorded_networks():
        recording = read_recording(path)
        reason = recording.unknown
        if reason:
            cases.append(pytest.param(path, id=path.stem, marks=pytest.mark.skip(f"of an unknown kind: {reason}")))
        elif keep(recording):
            cases.append(pytest.param(path, id=path.stem))
    missing = pytest.mark.skip(f"no recorded networks at {REFERENCE}: set VIDSUMM_REFERENCE or VIDSUMM_DATA")
    return pytest.mark.parametrize("path", cases or [pytest.param(None, marks=missing)])
