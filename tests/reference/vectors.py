"""Reads what was recorded from the authors' implementation: one small network with its inputs, draws and outputs."""

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

from tests.places import REFERENCE
from vidsumm.model.config import DenoiserName, ModelConfig
from vidsumm.model.official import from_official
from vidsumm.model.summdiff import SummDiff

_DENOISERS: dict[str, DenoiserName] = {"DiT": "dit", "latentmlp": "latent-mlp"}
_DIT_BLOCKS = 2  # fixed in the official code, whatever its configuration says
_WITHOUT = {"pre_norm": False, "scores_embed": "learned", "position_embedding": "sine"}


@dataclass(frozen=True)
class Recording:
    """Three videos of different lengths through one official network."""

    arrays: dict[str, NDArray[Any]]
    config: dict[str, Any]

    @property
    def unsupported(self) -> str:
        """What the official configuration asks for that is not built here; empty where all of it is."""
        differing = [f"{key} = {self.config[key]}" for key, ours in _WITHOUT.items() if self.config[key] != ours]
        if self.config["denoiser"] not in _DENOISERS:
            differing.append(f"denoiser = {self.config['denoiser']}")
        return ", ".join(differing)

    @property
    def denoiser(self) -> DenoiserName:
        return _DENOISERS[self.config["denoiser"]]

    @property
    def state(self) -> dict[str, Tensor]:
        """The official state dict, under its own names."""
        return {key[6:]: torch.tensor(a) for key, a in self.arrays.items() if key.startswith("state/")}

    @property
    def guidance(self) -> float:
        """Guidance is on where the network was trained with the null video."""
        return float(self.config["w"]) if self.config["p_uncond"] > 0 else 0.0

    @property
    def lengths(self) -> list[int]:
        return [int(n) for n in self.arrays["lengths"]]

    def tensor(self, key: str) -> Tensor:
        return torch.tensor(self.arrays[key])

    def model(self) -> SummDiff:
        """Our network with the official weights."""
        c = self.config
        config = ModelConfig(
            feature_dim=c["v_feat_dim"],
            width=c["hidden_dim"],
            heads=c["nheads"],
            feedforward=c["dim_feedforward"],
            input_layers=c["n_input_proj"],
            encoder_layers=c["enc_layers"],
            denoiser=self.denoiser,
            denoiser_layers=_DIT_BLOCKS if self.denoiser == "dit" else c["dec_layers"],
            bins=c["K"],
            temperature=c["sigmoid_temp"],
            dropout=c["dropout"],
            input_dropout=c["input_dropout"],
        )
        null = self.arrays.get("null_video", np.zeros(c["v_feat_dim"], np.float32))
        return from_official(self.state, config, torch.tensor(null))


def read_recording(path: Path) -> Recording:
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    return Recording(arrays, json.loads(str(arrays.pop("config"))))


def _recordings(keep: Callable[[Recording], bool]) -> list[Any]:
    found = []
    for path in sorted(REFERENCE.glob("*.npz")):
        with np.load(path) as file:
            holds_network = "config" in file.files
        if holds_network and keep(read_recording(path)):
            found.append(pytest.param(path, id=path.stem))
    return found


def for_each_recording(keep: Callable[[Recording], bool] = lambda _: True) -> Callable[..., Any]:
    """Parametrises a test over the paths of the recorded networks that `keep` holds on to."""
    missing = pytest.mark.skip(f"no recorded networks at {REFERENCE}: set VIDSUMM_REFERENCE or VIDSUMM_DATA")
    return pytest.mark.parametrize("path", _recordings(keep) or [pytest.param(None, marks=missing)])
