import dataclasses
import json
from typing import Any

import pytest

from tests.model.networks import small_config
from vidsumm.errors import ResourceError
from vidsumm.model.config import ModelConfig


def test_survives_json() -> None:
    config = small_config("dit", temperature=1.0)
    assert ModelConfig.from_dict(json.loads(json.dumps(dataclasses.asdict(config)))) == config


@pytest.mark.parametrize(
    "change",
    [
        {"feature_dim": 0},
        {"width": 0},
        {"width": 17},
        {"width": 1 << 20},
        {"width": 16.0},
        {"width": "16"},
        {"heads": 0},
        {"heads": 3},
        {"bins": 0},
        {"bins": True},
        {"encoder_layers": -1},
        {"denoiser_layers": 0},
        {"denoiser_layers": 65},
        {"denoiser": "plain"},
        {"denoiser": ["dit"]},
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": None},
        {"dropout": 1.5},
        {"dropout": -0.1},
        {"input_dropout": float("nan")},
    ],
    ids=str,
)
def test_impossible_values_are_refused(change: dict[str, Any]) -> None:
    values = dataclasses.asdict(small_config()) | change
    with pytest.raises(ResourceError, match="model configuration"):
        ModelConfig.from_dict(values)


@pytest.mark.parametrize("values", [{}, {"feature_dim": 8, "colour": "red"}, [], None, "feature_dim"], ids=str)
def test_unknown_and_missing_fields_are_refused(values: Any) -> None:
    with pytest.raises(ResourceError, match="model configuration"):
        ModelConfig.from_dict(values)
