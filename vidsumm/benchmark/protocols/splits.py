"""Which videos train, choose and test, by the protocol that was asked for."""

from collections.abc import Sequence

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split, in_setting, k_folds, mrhisum_split, official_folds, tvt_splits
from vidsumm.errors import ConfigError, InputError

__all__ = ["describe_protocol", "everything", "splits_of", "target_keys"]

_FOLDS = 5
_TITLES = {"5fcv": "5FCV, five folds", "tvt": "TVT, 7:1:2, five random splits", "official": "Mr. HiSum's own split"}


def target_keys(config: BenchConfig, videos: Videos) -> tuple[str, ...]:
    """The videos of the data set that is measured: those of the first file, where several are given.

    Raises:
        InputError: its annotations are of another data set.
    """
    first = videos.keys[0].rpartition("/")[0]
    keys = tuple(key for key in videos.keys if key.rpartition("/")[0] == first)
    kind = videos.annotation(keys[0]).kind
    if kind not in (config.dataset, "other"):
        raise InputError(
            f"--dataset {config.dataset}: the annotations of {keys[0]} are of {kind}",
            remedy="give that data set's file first, or the --dataset it is of",
        )
    return keys


def splits_of(config: BenchConfig, videos: Videos) -> list[Split]:
    """The splits of a protocol in a setting.

    Raises:
        ConfigError: ``official`` without a split file.
        InputError: too few videos, or a split file that does not fit them.
    """
    target = target_keys(config, videos)
    others = tuple(key for key in videos.keys if key not in set(target))
    return in_setting(_protocol_splits(config, target), config.setting, target, others)


def _protocol_splits(config: BenchConfig, target: Sequence[str]) -> list[Split]:
    if config.protocol == "official":
        if config.splits is None:
            raise ConfigError("--protocol official needs a split file", remedy="give --splits mrsum_split.json")
        return [mrhisum_split(config.splits, target)]
    if config.protocol == "tvt":
        return tvt_splits(target)
    if config.splits is not None:
        return official_folds(config.splits, target)
    if config.dataset in ("tvsum", "summe"):
        return official_folds(config.dataset, target)
    return k_folds(target, _FOLDS, seed=0)


def everything(keys: Sequence[str]) -> Split:
    """All videos on the test side, for what learns nothing and is compared with nothing."""
    if not keys:
        raise InputError("there are no videos to measure", remedy="check the files")
    return Split((), (), tuple(keys), "all videos")


def describe_protocol(config: BenchConfig) -> str:
    """The protocol and the setting in a few words."""
    title = _TITLES[config.protocol]
    if config.protocol == "5fcv" and config.splits is None and config.dataset == "synthetic":
        title += " at random"
    return title if config.setting == "canonical" else f"{title}, {config.setting}"
