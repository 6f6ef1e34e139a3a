import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.features.samples import FrameReader
from vidsumm.features.backbones import Backbone, load_backbone


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def data() -> Path:
    folder = Path(os.environ.get("VIDSUMM_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}: set VIDSUMM_DATA")
    return folder


@pytest.fixture(scope="session")
def real_frame(data: Path) -> FrameReader:
    def read(video: str, frame_idx: int, size: int) -> NDArray[np.uint8]:
        """Frame `frame_idx` of a clip as (1, size, size, 3)."""
        with av.open(str(data / "videos" / video)) as container:
            for idx, frame in enumerate(container.decode(video=0)):
                if idx == frame_idx:
                    small = frame.reformat(size, size, format="rgb24", interpolation="BILINEAR")
                    return np.asarray(small.to_ndarray(), dtype=np.uint8)[None]
        raise ValueError(video)

    return read


@pytest.fixture(scope="session")
def inception() -> Backbone:
    return load_backbone("inception-v3", weights=None, device="cpu", precision="float32")
