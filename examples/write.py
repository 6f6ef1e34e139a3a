"""The third step: writes what was chosen, one candidate or all of them.

python examples/write.py FILE OUTPUT
"""

import sys
from pathlib import Path

from vidsumm import Analysis, Summarizer
from vidsumm.events import Event, StageFinished


def print_stage(event: Event) -> None:
    """Prints a line for each finished stage."""
    if isinstance(event, StageFinished):
        print(f"  {event.stage}: {event.detail} ({event.seconds:.1f} s)")


def main(file: Path, output: Path) -> None:
    """Writes the best of three summaries of ten seconds, with the record and the picture of all three."""
    with Summarizer() as summarizer:
        choice = summarizer.choose(Analysis.load(file), samples=3, duration_s=10)
    summary = choice.write(output, ranks=(1,), on_event=print_stage)
    for path in summary.files:
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
