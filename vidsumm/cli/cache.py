"""``vidsumm cache``: what earlier runs left for the next one."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from vidsumm.cli import options

if TYPE_CHECKING:
    from vidsumm.cache import Kind, Usage

__all__ = ["cache"]


def cache(
    clear: Annotated[bool, typer.Option("--clear", metavar="", show_default=False, help="Remove all entries")] = False,
    folder: options.CacheFolder = None,
    config: options.ConfigFile = None,
    json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object on standard output")] = False,
) -> None:
    """Show where features, shots and scores of earlier runs are kept, and how much there is of them.

    They may be removed at any time: the next run computes them again.
    """
    from vidsumm.cache import open_cache  # it brings in NumPy, which --help has no use for
    from vidsumm.cli.terminal import print_json

    store = open_cache(options.settings_from(config, cache_folder=folder, use_cache=True).cache)
    removed = store.clear() if clear else None
    usage = store.usage()
    if json:
        found = {
            "folder": str(store.folder),
            "limit_bytes": store.limit_bytes,
            "kinds": {kind: asdict(part) for kind, part in usage.items()},
            "removed": None if removed is None else asdict(removed),
        }
        print_json(found, sys.stdout)
    else:
        _show(str(store.folder), usage, removed, store.limit_bytes)


def _show(place: str, usage: "Mapping[Kind, Usage]", removed: "Usage | None", limit_bytes: int) -> None:
    from vidsumm.cli.tables import Column, print_table
    from vidsumm.cli.terminal import console_for
    from vidsumm.cli.wording import amount, printable

    console = console_for(sys.stdout)
    console.print(printable(place))
    if removed is not None:
        console.print(f"{_entries(removed.entries)} removed, {amount(removed.size_bytes)}")
        return
    columns = (Column("kind"), Column("entries", "right"), Column("size", "right"), Column("spares"))
    print_table(console, columns, _rows(usage))
    total = sum(part.entries for part in usage.values())
    size_bytes = sum(part.size_bytes for part in usage.values())
    console.print(f"{_entries(total)}, {amount(size_bytes)} of at most {amount(limit_bytes)}")


def _rows(usage: "Mapping[Kind, Usage]") -> Iterator[tuple[str, str, str, str]]:
    from vidsumm.cli.wording import amount

    spares = {"features": "decoding and the feature network", "shots": "finding shots", "curves": "drawing scores"}
    for kind, part in usage.items():
        yield kind, str(part.entries), amount(part.size_bytes), spares[kind]


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
