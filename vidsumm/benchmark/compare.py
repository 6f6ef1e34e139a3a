"""Compares methods by the field's protocols."""

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.registry import methods_named
from vidsumm.benchmark.protocols.run import run_tasks
from vidsumm.benchmark.report.result_table import result_table
from vidsumm.benchmark.report.tables import Table
from vidsumm.benchmark.videos import videos_of
from vidsumm.events import EventSink, ignore

__all__ = ["run_benchmark"]


def run_benchmark(config: BenchConfig, *, on_event: EventSink = ignore) -> Table:
    """Measures the methods of a run and returns their table; tasks that are finished are not done again.

    Raises:
        VidsummError: an option, a file or a task failed; results of tasks that were finished are kept.
    """
    methods = methods_named(config.methods, config.recipe)
    videos = videos_of(config)
    return result_table(config, run_tasks(config, methods, videos, on_event=on_event))
