"""``vidsumm cache``: shows and empties the store of features, shots and curves."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from vidsumm.cli import options
from vidsumm.config import SummarizeConfig

if TYPE_CHECKING:
    from vidsumm.cache import Kind, Usage

__all__ = ["cache"]


@options.with_settings("cache_folder", from_file=True)
def cache(
    clear: Annotated[
        bool, typer.Option("--clear", metavar="", show_default=False, help="Remove everything that is kept")
    ] = False,
    *,
    settings: SummarizeConfig,
    json: options.Json = False,
) -> None:
    """Show where features, shots and curves of earlier runs are kept, and how much space they take.

    They can safely be removed: the next run computes them again.
    """
    from vidsumm.cache import open_cache  # it imports NumPy, which --help does not need
    from vidsumm.cli.terminal import print_json

    store = open_cache(settings.replace(use_cache=True).cache)
    removed = store.clear() if clear else None
    usage = store.usage()
    if json:
        content = {
            "folder": str(store.folder),
            "limit_bytes": store.limit_bytes,
            "kinds": {kind: asdict(part) for kind, part in usage.items()},
            "removed": None if removed is None else asdict(removed),
        }
        print_json(content, sys.stdout)
    else:
        _print_usage(str(store.folder), usage, removed, store.limit_bytes)


def _print_usage(folder: str, usage: "Mapping[Kind, Usage]", removed: "Usage | None", limit_bytes: int) -> None:
    from vidsumm.cli.tables import Column, print_table
    from vidsumm.cli.terminal import console_for
    from vidsumm.cli.wording import amount, printable

    console = console_for(sys.stdout)
    console.print(printable(folder))
    if removed is not None:
        console.print(f"{_entries(removed.entries)} removed, {amount(removed.size_bytes)}")
        return
    columns = (Column("kind"), Column("entries", "right"), Column("size", "right"), Column("saves"))
    print_table(console, columns, _rows(usage))
    total = sum(part.entries for part in usage.values())
    size_bytes = sum(part.size_bytes for part in usage.values())
    console.print(f"{_entries(total)}, {amount(size_bytes)} of at most {amount(limit_bytes)}")


def _rows(usage: "Mapping[Kind, Usage]") -> Iterator[tuple[str, str, str, str]]:
    from vidsumm.cli.wording import amount

    saves = {"features": "decoding and the backbone", "shots": "finding shots", "curves": "drawing curves"}
    for kind, part in usage.items():
        yield kind, str(part.entries), amount(part.size_bytes), saves[kind]


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
