"""The splits of a run: which videos train, choose the epoch and test."""

from collections.abc import Sequence

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.split_files import mrhisum_split, official_folds
from vidsumm.datasets.splits import Split, apply_setting, k_folds, tvt_splits
from vidsumm.errors import ConfigError, InputError

__all__ = ["all_on_test_side", "protocol_title", "splits_of", "target_keys"]

_FOLDS = 5
_TITLES = {"5fcv": "5FCV, five folds", "tvt": "TVT, 7:1:2, five random splits", "official": "Mr. HiSum's own split"}


def target_keys(config: BenchConfig, videos: Videos) -> tuple[str, ...]:
    """Returns the videos of the data set that is measured; of several files, those of the first.

    Raises:
        InputError: the annotations are of another data set.
    """
    first = videos.keys[0].rpartition("/")[0]
    keys = tuple(key for key in videos.keys if key.rpartition("/")[0] == first)
    kind = videos.annotation(keys[0]).kind
    if kind not in (config.dataset, "other"):
        raise InputError(
            f"`dataset={config.dataset}`: the annotations of {keys[0]} are of {kind}",
            remedy=f"give `dataset={kind}`, or a file of {config.dataset} as the first of `data`",
        )
    return keys


def splits_of(config: BenchConfig, videos: Videos) -> list[Split]:
    """Returns the splits that protocol and setting ask for.

    Raises:
        ConfigError: ``official`` without a split file.
        InputError: too few videos, or a split file that does not fit them.
    """
    target = target_keys(config, videos)
    others = tuple(key for key in videos.keys if key not in set(target))
    return apply_setting(_protocol_splits(config, target), config.setting, target, others)


def _protocol_splits(config: BenchConfig, target: Sequence[str]) -> list[Split]:
    if config.protocol == "official":
        if config.splits is None:
            raise ConfigError("`protocol=official` needs a split file", remedy="give `splits=mrsum_split.json`")
        return [mrhisum_split(config.splits, target)]
    if config.protocol == "tvt":
        return tvt_splits(target)
    if config.splits is not None:
        return official_folds(config.splits, target)
    if config.dataset in ("tvsum", "summe"):
        return official_folds(config.dataset, target)
    return k_folds(target, _FOLDS, seed=0)


def all_on_test_side(keys: Sequence[str]) -> Split:
    """Returns a split with all videos on the test side.

    Raises:
        InputError: there are no videos.
    """
    if not keys:
        raise InputError("there are no videos to measure", remedy="check the files")
    return Split((), (), tuple(keys), "all videos")


def protocol_title(config: BenchConfig) -> str:
    """Returns the protocol and the setting in a few words, for the title of a table."""
    title = _TITLES[config.protocol]
    if config.protocol == "5fcv" and config.splits is None and config.dataset == "synthetic":
        title += " at random"
    return title if config.setting == "canonical" else f"{title}, {config.setting}"
