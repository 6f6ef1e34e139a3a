from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.pictures import pictures
from vidsumm.config import BACKBONES, BackboneName
from vidsumm.errors import ResourceError
from vidsumm.features.backbones import (
    SPECS,
    Backbone,
    backbone_available,
    fast_precision,
    load_backbone,
    resolve_device,
)


def test_every_backbone_has_a_spec_with_its_input_size_in_the_preprocessing() -> None:
    assert tuple(SPECS) == BACKBONES
    for spec in SPECS.values():
        assert f"squash{spec.input_size[0]}-bilinear-l2" == spec.preprocessing


def test_features_are_unit_rows_whatever_the_batch(inception: Backbone) -> None:
    frames = pictures(3, 299)
    together = inception(frames)
    apart = torch.cat([inception(frames[:1]), inception(torch.from_numpy(frames[1:]))])
    assert together.shape == (3, 2048)
    assert together.dtype == torch.float32
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(apart, together, rtol=0, atol=1e-5)
    assert (together[0] - together[1]).norm() > 0.1  # different pictures, different features


def test_bfloat16_is_close_to_float32(inception: Backbone) -> None:
    frames = pictures(2, 299, seed=1)
    half = load_backbone("inception-v3", weights=None, device="cpu", precision="bfloat16")
    assert (half(frames) * inception(frames)).sum(dim=1).min() > 0.999


def test_other_sizes_are_squashed(inception: Backbone) -> None:
    large = pictures(2, 598)
    small = large.reshape(2, 299, 2, 299, 2, 3).mean(axis=(2, 4)).astype(np.uint8)
    likeness = inception(large) @ inception(small).T
    assert likeness.diagonal().min() > 0.9  # the two ways of shrinking differ in sharpness
    assert likeness.diagonal().min() > likeness.fliplr().diagonal().max()
    assert inception(large[:1, :300]).shape == (1, 2048)


def test_no_frames_give_no_features(inception: Backbone) -> None:
    assert inception(np.zeros((0, 299, 299, 3), dtype=np.uint8)).shape == (0, 2048)


@pytest.mark.parametrize(
    "frames", [np.zeros((1, 3, 8, 8), np.uint8), np.zeros((8, 8, 3), np.uint8), np.zeros((1, 8, 8, 3), np.float32)]
)
def test_frames_of_another_kind_are_refused(inception: Backbone, frames: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be"):
        inception(frames)


@pytest.mark.parametrize("name", ["inception-v3", "googlenet"])
def test_weights_of_another_digest_are_refused(name: BackboneName, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"not the weights")
    with pytest.raises(ResourceError, match="damaged or not the expected ones"):
        load_backbone(name, weights=tmp_path / "weights", device="cpu")


@pytest.mark.parametrize("name", BACKBONES)
def test_absent_weight_files_are_named(name: BackboneName, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"absent\.bin cannot be read: No such file"):
        load_backbone(name, weights=tmp_path / "absent.bin", device="cpu")


def test_availability_is_told_without_a_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", None)
    usable, note = backbone_available("inception-v3", None)
    assert usable
    assert "SHA-256 7ff4a85c3a63" in note
    assert backbone_available("googlenet", None) == (False, SPECS["googlenet"].weights_note)
    usable, note = backbone_available("googlenet-bvlc", None)
    assert not usable
    assert "--backbone-weights" in note
    usable, note = backbone_available("inception-v3", tmp_path / "absent.pt")
    assert not usable
    assert "absent.pt" in note


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("cpu") == resolve_device("auto") == torch.device("cpu")
    with pytest.raises(ResourceError, match="--device cpu"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("cuda") == resolve_device("auto") == torch.device("cuda")


@pytest.mark.parametrize(
    ("flags", "precision"),
    [({"avx512_bf16": True}, "bfloat16"), ({"amx_bf16": True}, "bfloat16"), ({"avx2": True}, "float32")],
)
def test_precision_follows_the_cpu(monkeypatch: pytest.MonkeyPatch, flags: dict[str, bool], precision: str) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags, raising=False)
    assert fast_precision(torch.device("cpu")) == precision


@pytest.mark.parametrize(("capability", "precision"), [((7, 5), "float32"), ((8, 0), "bfloat16"), ((9, 0), "bfloat16")])
def test_precision_follows_the_gpu(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert fast_precision(torch.device("cuda")) == precision
