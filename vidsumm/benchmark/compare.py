"""The whole benchmark: from what was asked for to the table."""

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.registry import methods_named
from vidsumm.benchmark.protocols.run import run_units
from vidsumm.benchmark.report.comparison import benchmark_table
from vidsumm.benchmark.report.tables import Table
from vidsumm.benchmark.videos import videos_of
from vidsumm.events import EventSink, ignore

__all__ = ["run_benchmark"]


def run_benchmark(config: BenchConfig, *, on_event: EventSink = ignore) -> Table:
    """Measures the methods that were asked for; finished work is not done again.

    Raises:
        VidsummError: one of its kinds; what was finished before stays.
    """
    methods = methods_named(config.methods, config.recipe)
    videos = videos_of(config)
    return benchmark_table(config, run_units(config, methods, videos, on_event=on_event))
