"""The first step: looks at a video once and keeps what was seen in a file.

python examples/analyse.py VIDEO FILE
"""

import sys
from pathlib import Path

from vidsumm import Summarizer


def main(video: Path, file: Path) -> None:
    """Analyses a video and saves the analysis; `choose.py` and `write.py` go on from there."""
    with Summarizer() as summarizer:
        analysis = summarizer.analyse(video)
    info = analysis.info
    print(f"{video.name}: {info.duration_s:.1f} s, {len(info.frame_pts)} frames, sound: {info.audio is not None}")
    print(f"{len(analysis.features)} frames were looked at, the scene changes {len(analysis.change_points)} times")
    analysis.save(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
