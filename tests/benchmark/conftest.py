from pathlib import Path
from typing import Any

import pytest

from vidsumm.benchmark.config import BenchConfig
from vidsumm.datasets.synthetic import SyntheticConfig
from vidsumm.training import trainer
from vidsumm.training.recipe import Recipe

INVENTED = SyntheticConfig(videos=6, frames=(48, 52), annotators=3, modes=2, feature_dim=8)
RECIPE = Recipe(
    width=16,
    heads=2,
    feedforward=16,
    input_layers=1,
    encoder_layers=1,
    denoiser_layers=1,
    epochs=2,
    steps=2,
    validate_every=1,
    videos_per_step=2,
    learning_rate=5e-3,
    ema=0.5,
)


@pytest.fixture
def config(tmp_path: Path) -> BenchConfig:
    """A run of seconds on a few invented videos."""
    return BenchConfig(
        "synthetic", "5fcv", tmp_path / "results", recipe=RECIPE, synthetic=INVENTED, samples=2, device="cpu"
    )


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of training videos of each training so far."""
    counts: list[int] = []

    def count_and_fit(videos: Any, *args: Any, **kwargs: Any) -> Any:
        counts.append(len(videos))
        return trainer.fit(videos, *args, **kwargs)

    monkeypatch.setattr("vidsumm.benchmark.methods.network.fit", count_and_fit)
    return counts
