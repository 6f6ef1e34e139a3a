"""The log of a training run: for each epoch a row of CSV and a few TensorBoard scalars."""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Self

from tensorboardX import SummaryWriter

from vidsumm.files import write_text_atomic

__all__ = ["LOG_NAME", "TENSORBOARD_NAME", "EpochReport", "RunLog"]

LOG_NAME = "log.csv"
TENSORBOARD_NAME = "tensorboard"


@dataclass(frozen=True)
class EpochReport:
    """The numbers of one epoch."""

    epoch: int
    """Number of the epoch, from 1."""
    loss: float
    """Mean of the training loss over the steps."""
    seconds: float
    """Time spent on training, without validation."""
    tau: float | None = None
    """Kendall's tau on validation videos, where there was a validation."""
    rho: float | None = None
    """Spearman's rho on validation videos, where there was a validation."""
    best: bool = False
    """Whether no earlier validation had a higher tau."""


class RunLog:
    """Writes ``log.csv`` and ``tensorboard/`` into the folder of a run.

    Args:
        folder: folder of the run; None writes nothing.
        history: the epochs before an interruption, which the table shows too.
    """

    def __init__(self, folder: Path | None, history: Sequence[EpochReport]) -> None:
        self._folder = folder
        self._rows = list(history)
        self._board: SummaryWriter | None = None

    def __enter__(self) -> Self:
        if self._folder is not None:
            # epochs after the last saved state are trained again, and replace those that the interrupted run logged
            next_epoch = self._rows[-1].epoch + 1 if self._rows else 0
            self._board = SummaryWriter(str(self._folder / TENSORBOARD_NAME), purge_step=next_epoch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board is not None:
            self._board.close()

    def write(self, report: EpochReport) -> None:
        """Adds one epoch."""
        self._rows.append(report)
        if self._folder is None or self._board is None:
            return
        write_text_atomic(self._folder / LOG_NAME, _csv(self._rows))
        scalars = {"train/loss": report.loss, "train/seconds": report.seconds}
        scalars |= {f"validation/{k}": v for k, v in (("tau", report.tau), ("rho", report.rho)) if v is not None}
        for name, value in scalars.items():
            self._board.add_scalar(name, value, report.epoch)
        self._board.flush()


def _csv(rows: Sequence[EpochReport]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(EpochReport))
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()
