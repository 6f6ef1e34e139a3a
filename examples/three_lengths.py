"""Analyses a video once and writes summaries of three lengths: python examples/three_lengths.py VIDEO OUTPUT"""

import sys
from pathlib import Path

from vidsumm import Summarizer


def main(video: Path, output: Path) -> None:
    """Writes two summaries each of a tenth, a fifth and two fifths of the video."""
    with Summarizer() as summarizer:
        analysis = summarizer.analyse(video)
        for percent in (10, 20, 40):
            choice = summarizer.choose(analysis, samples=2, ratio=percent / 100)
            summary = choice.write(output / f"{percent}-percent")
            print(*summary.files, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
