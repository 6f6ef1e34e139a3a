"""What ships in weights/."""

import pytest
import torch

from vidsumm.model.checkpoint import CheckpointInfo, load_checkpoint, shipped_checkpoint, shipped_checkpoints

SHIPPED = shipped_checkpoints()


def test_the_default_backbone_has_a_checkpoint() -> None:
    assert shipped_checkpoint("inception-v3").feature_id.endswith(":2fps")


@pytest.mark.parametrize("info", SHIPPED, ids=lambda info: info.name)
def test_each_loads_and_has_a_card_with_measured_numbers(info: CheckpointInfo) -> None:
    model = load_checkpoint(info.path).model
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())
    assert model.null_features.norm() == pytest.approx(1, abs=1e-2)
    assert info.card["licence"]
    assert 0 < info.card["held_out"]["mean"]["tau"] < 1
    card = info.path.with_suffix(".md").read_text(encoding="utf-8")
    assert info.feature_id in card
    assert f"{info.card['held_out']['mean']['tau']:.3f}" in card
