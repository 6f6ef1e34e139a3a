from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.pictures import ReadFrame
from vidsumm.features.backbone import Backbone
from vidsumm.features.registry import load_backbone


@pytest.fixture(scope="session")
def real_frame(data: Path) -> ReadFrame:
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
