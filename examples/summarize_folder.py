"""Summarizes every MP4 video of a folder and prints a description of each summary.

python examples/summarize_folder.py VIDEOS OUTPUT
"""

import sys
from pathlib import Path

from vidsumm import SummarizeConfig, Summarizer, VidsummError
from vidsumm.events import Event, StageFinished


def print_stage(event: Event) -> None:
    """Prints a line for each finished stage."""
    if isinstance(event, StageFinished):
        print(f"  {event.stage}: {event.detail} ({event.seconds:.1f} s)")


def main(videos: Path, output: Path) -> None:
    """Makes three summaries of at most half a minute for each video; the networks are loaded only once."""
    config = SummarizeConfig().replace(samples=3, duration_s=30)
    with Summarizer(config, on_event=print_stage) as summarizer:
        for path in sorted(videos.glob("*.mp4")):
            print(path.name)
            try:
                summary = summarizer.summarize(path, output / path.stem)
            except VidsummError as error:
                print(f"  left out: {error}")
                continue
            for candidate in summary.record.candidates:
                print(f"  {candidate.file}: {candidate.duration_s:.1f} s, {candidate.description}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
