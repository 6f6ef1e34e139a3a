import numpy as np
import pytest
import torch

from tests.support.pictures import pictures
from vidsumm.features.backbone import Backbone
from vidsumm.features.registry import load_backbone

pytestmark = pytest.mark.slow


def test_features_have_unit_length_and_do_not_depend_on_the_batch(inception: Backbone) -> None:
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


def test_frames_of_other_sizes_are_squashed(inception: Backbone) -> None:
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
def test_frames_of_another_shape_or_type_are_refused(inception: Backbone, frames: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be"):
        inception(frames)
