"""Summarizes a video and is killed on the way: ``python -m tests.support.torture.killed_run STAGE VIDEO OUTPUT CACHE``.

The process ends itself by SIGKILL, so that it can neither clean up nor end its child processes. It does so when STAGE
begins or, if STAGE ends with a plus, when the stage is finished.
"""

import os
import signal
import sys
from pathlib import Path

from tests.support.tiny import tiny_networks
from tests.support.torture.trial import CONFIG
from vidsumm.events import Event, StageFinished, StageStarted
from vidsumm.pipeline.summarizer import Summarizer

__all__ = ["main"]


def main(stage: str, video: Path, output: Path, cache: Path) -> None:
    """Summarizes `video` up to the stage."""
    wanted = StageFinished if stage.endswith("+") else StageStarted

    def kill(event: Event) -> None:
        if isinstance(event, wanted) and event.stage == stage.rstrip("+"):
            os.kill(os.getpid(), signal.SIGKILL)

    config = CONFIG.replace(use_cache=True, cache_folder=cache)
    with tiny_networks(), Summarizer(config, on_event=kill) as summarizer:
        summarizer.summarize(video, output, overwrite=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
