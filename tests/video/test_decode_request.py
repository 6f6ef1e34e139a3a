import os
from pathlib import Path

import numpy as np

from vidsumm.video.decode_request import DecodeSettings, Request


def test_a_request_is_read_as_it_was_written(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xff\n.mp4")
    settings = DecodeSettings(name, "pyav", 3, 90, 64, 48, 1 / 90_000, 2.5)
    request = Request(settings, np.array([-5, 0, 2**40]), np.array([-5]), np.array([0, 2]))
    sent = tmp_path / "request"
    sent.write_bytes(request.to_bytes())
    with sent.open("rb") as stream:
        received = Request.read(stream)
    assert received.settings == settings
    np.testing.assert_array_equal(received.wanted_pts, [-5, 2**40])
    np.testing.assert_array_equal(received.key_idx, [0])
