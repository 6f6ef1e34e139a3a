import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.datasets.layout import read_annotations
from vidsumm.datasets.splits import Fold, k_folds, read_folds
from vidsumm.errors import InputError

KEYS = [f"video_{i}" for i in range(1, 6)]


class TestRandomFolds:
    @given(st.integers(2, 40), st.data(), st.integers(0, 2**32))
    def test_held_out_parts_cover_all_videos_once(self, videos: int, draw: st.DataObject, seed: int) -> None:
        keys = [f"video_{i}" for i in range(videos)]
        count = draw.draw(st.integers(2, videos))
        folds = k_folds(keys, count, seed)
        assert len(folds) == count
        assert sorted(key for fold in folds for key in fold.test) == sorted(keys)
        for fold in folds:
            assert sorted(fold.train + fold.test) == sorted(keys)
            assert len(fold.test) - videos // count in (0, 1)
            assert list(fold.train) == [key for key in keys if key in fold.train]  # order of the data

    def test_seeds_repeat_and_differ(self) -> None:
        keys = [f"video_{i}" for i in range(50)]
        assert k_folds(keys, 5, 1) == k_folds(keys, 5, 1)
        assert k_folds(keys, 5, 1) != k_folds(keys, 5, 2)

    @pytest.mark.parametrize("folds", [-1, 0, 1, 6])
    def test_impossible_numbers_are_refused(self, folds: int) -> None:
        with pytest.raises(InputError, match=f"5 videos cannot be divided into {folds} folds"):
            k_folds(KEYS, folds, 0)


class TestWrittenFolds:
    def write(self, tmp_path: Path, value: Any) -> Path:
        path = tmp_path / "split.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    def test_round_trip(self, tmp_path: Path) -> None:
        rows = [{"train": KEYS[1:], "test": KEYS[:1]}, {"train": KEYS[:1], "test": KEYS[1:3]}]
        folds = read_folds(self.write(tmp_path, {"folds": rows, "note": "more"}), KEYS)
        assert folds == [Fold(tuple(row["train"]), tuple(row["test"])) for row in rows]

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "{",
            "\ufeff{}",
            [],
            {},
            {"folds": 3},
            {"folds": []},
            {"folds": ["video_1"]},
            {"folds": [{"train": KEYS[1:]}]},
            {"folds": [{"train": 1, "test": 2}]},
            {"folds": [{"train": KEYS[1:], "test": []}]},
            {"folds": [{"train": [], "test": KEYS}]},
            {"folds": [{"train": KEYS, "test": KEYS[:1]}]},
            {"folds": [{"train": KEYS[1:], "test": ["video_99"]}]},
            {"folds": [{"train": "video_1", "test": "video_2"}]},
        ],
        ids=str,
    )
    def test_other_files_are_refused(self, tmp_path: Path, value: Any) -> None:
        path = self.write(tmp_path, value)
        with pytest.raises(InputError) as caught:
            read_folds(path, KEYS)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_unreadable_files(self, tmp_path: Path) -> None:
        (tmp_path / "latin.json").write_bytes(b'{"folds": "\xe9"}')
        for path in (tmp_path, tmp_path / "absent.json", tmp_path / "latin.json"):
            with pytest.raises(InputError, match="not a split file"):
                read_folds(path, KEYS)

    @pytest.mark.parametrize("name", ["tvsum", "summe"])
    def test_published_splits(self, data: Path, name: str) -> None:
        keys = list(read_annotations(data / "annotations" / f"{name}_annotations.h5"))
        folds = read_folds(data / "splits" / f"{name}_5fcv.json", keys)
        assert len(folds) == 5
        assert all(len(fold.train) + len(fold.test) == len(keys) for fold in folds)
