"""The second step: chooses from an analysis, as often as one likes; no file is written.

python examples/choose.py FILE
"""

import sys
from pathlib import Path

from vidsumm import Analysis, Choice, Summarizer


def show(title: str, choice: Choice) -> None:
    """Prints the clips of each candidate, the one with the highest agreement first."""
    print(title)
    for rank, candidate in enumerate(choice.candidates, 1):
        timeline = candidate.timeline
        clips = ", ".join("{:.1f}-{:.1f}".format(*timeline.clip_s(clip)) for clip in timeline.clips)
        print(f"  {rank}. {float(timeline.duration):.1f} s, agreement {candidate.agreement:.2f}: {clips}")


def main(file: Path) -> None:
    """Chooses three summaries of ten seconds, then again with a span that must be shown and one that must not."""
    analysis = Analysis.load(file)
    end_s = analysis.info.duration_s
    with Summarizer() as summarizer:
        show("ten seconds", summarizer.choose(analysis, samples=3, duration_s=10))
        pinned = summarizer.choose(analysis, samples=3, duration_s=10, keep=[(1, 4)], skip=[(0.8 * end_s, end_s)])
        show("the same with seconds 1 to 4 and without the last fifth", pinned)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
