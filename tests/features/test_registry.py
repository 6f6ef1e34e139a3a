from pathlib import Path

import pytest
import torch

from vidsumm.config import BACKBONES, BackboneName
from vidsumm.errors import ResourceError
from vidsumm.features.registry import SPECS, backbone_available, load_backbone


def test_every_backbone_has_a_spec_with_its_input_size_in_the_preprocessing() -> None:
    assert tuple(SPECS) == BACKBONES
    for spec in SPECS.values():
        assert f"squash{spec.input_size[0]}-bilinear-l2" == spec.preprocessing


@pytest.mark.parametrize("name", ["inception-v3", "googlenet"])
def test_weights_with_another_digest_are_refused(name: BackboneName, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"not the weights")
    with pytest.raises(ResourceError, match="damaged or not the expected ones"):
        load_backbone(name, weights=tmp_path / "weights", device="cpu")


@pytest.mark.parametrize("name", BACKBONES)
def test_missing_weight_files_are_named(name: BackboneName, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"absent\.bin cannot be read: No such file"):
        load_backbone(name, weights=tmp_path / "absent.bin", device="cpu")


def test_availability_is_checked_without_a_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", None)
    usable, note = backbone_available("inception-v3", None)
    assert usable
    assert "SHA-256 7ff4a85c3a63" in note
    assert backbone_available("googlenet", None) == (False, SPECS["googlenet"].weights_note)
    usable, note = backbone_available("googlenet-bvlc", None)
    assert not usable
    assert "`backbone_weights`" in note
    usable, note = backbone_available("inception-v3", tmp_path / "absent.pt")
    assert not usable
    assert "absent.pt" in note
