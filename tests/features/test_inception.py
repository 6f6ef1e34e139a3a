import importlib.metadata
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from tests.support.pictures import ReadFrame, pictures
from vidsumm.errors import ResourceError
from vidsumm.features.backbone import Backbone
from vidsumm.features.inception import inception_file, scale_for_inception

pytestmark = pytest.mark.slow

REAL = (
    ("tvsum/video_1.mp4", 80),
    ("tvsum/video_30.mp4", 120),
    ("tvsum/video_47.mp4", 120),
    ("real/opossum_snow.mp4", 60),
)


def relative_error(inception: Backbone, frames: NDArray[np.uint8]) -> float:
    """Largest Euclidean distance to the features of the package's TorchScript module, relative to their length."""
    pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).float().contiguous()
    with torch.inference_mode():
        module: nn.Module = torch.jit.load(str(inception_file()), map_location="cpu")  # type: ignore[no-untyped-call]
        expected = module.eval()((pixels - 128) / 128)
    assert expected.shape == (len(frames), 2048)
    distance = (inception.pool(frames) - expected).norm(dim=1)
    return float((distance / expected.norm(dim=1)).max())


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_it_equals_the_torchscript_module_on_synthetic_pictures(inception: Backbone) -> None:
    flat = np.zeros((1, 299, 299, 3), dtype=np.uint8)
    assert relative_error(inception, np.concatenate([pictures(2, 299), flat])) < 1e-4


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_it_equals_the_torchscript_module_on_real_frames(inception: Backbone, real_frame: ReadFrame) -> None:
    frames = np.concatenate([real_frame(video, idx, 299) for video, idx in REAL])
    assert relative_error(inception, frames) < 1e-4


def test_the_package_that_holds_the_weights_is_not_imported(inception: Backbone) -> None:
    assert inception.weights_sha256.startswith("7ff4a85c3a63")
    assert not [name for name in sys.modules if name.startswith("fid_helper")]


def test_scale_maps_bytes_to_the_trained_range() -> None:
    assert scale_for_inception(torch.tensor([0.0, 128.0, 255.0])).tolist() == [-1.0, 0.0, 127 / 128]


def test_a_given_file_comes_first(tmp_path: Path) -> None:
    assert inception_file(tmp_path / "mine.pt") == tmp_path / "mine.pt"


def test_a_missing_package_is_reported_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> importlib.metadata.Distribution:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    with pytest.raises(ResourceError, match="pip install"):
        inception_file()


def test_a_missing_file_is_reported_with_its_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Emptied:
        def locate_file(self, path: str) -> Path:
            return tmp_path / path

    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Emptied())
    with pytest.raises(ResourceError, match=r"default_1\.pt"):
        inception_file()


def test_blocks_keep_the_precision_of_their_input(inception: Backbone) -> None:
    """One average in float32 would put everything after it into float32."""
    seen = {}
    network = inception.network
    hooks = [
        block.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out.dtype}))
        for name, block in network.named_children()
        if name.startswith("Mixed")
    ]
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        network(torch.zeros(1, 3, 299, 299))
    for hook in hooks:
        hook.remove()
    assert len(seen) == 11
    assert set(seen.values()) == {torch.bfloat16}
