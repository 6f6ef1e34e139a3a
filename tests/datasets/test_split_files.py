import json
from pathlib import Path
from typing import Any

import pytest

from vidsumm.datasets.reading import read_annotations
from vidsumm.datasets.split_files import OfficialName, mrhisum_split, official_folds
from vidsumm.datasets.splits import Split
from vidsumm.errors import InputError

KEYS = [f"video_{i}" for i in range(1, 6)]


class TestOfficialFolds:
    @pytest.mark.parametrize(("name", "videos"), [("summe", 25), ("tvsum", 50)])
    def test_test_sides_cover_the_data_set(self, name: OfficialName, videos: int) -> None:
        keys = [f"video_{i}" for i in range(1, videos + 1)]
        folds = official_folds(name, keys)
        assert sorted(key for fold in folds for key in fold.test) == sorted(keys)
        for fold in folds:
            assert sorted(fold.train + fold.test) == sorted(keys)
            assert len(fold.test) == videos // 5
            assert fold.validation == ()

    @pytest.mark.parametrize("name", ["tvsum", "summe"])
    def test_the_shipped_folds_equal_the_published_files(self, data: Path, name: OfficialName) -> None:
        keys = list(read_annotations(data / "annotations" / f"{name}_annotations.h5"))
        known, written = official_folds(name, keys), official_folds(data / "splits" / f"{name}_5fcv.json", keys)
        assert [(set(f.train), set(f.test)) for f in known] == [(set(f.train), set(f.test)) for f in written]

    def test_keys_may_have_the_name_of_their_file_in_front(self) -> None:
        keys = [f"summe/video_{i}" for i in range(1, 26)]
        assert official_folds("summe", keys)[0].test[0] == "summe/video_2"
        with pytest.raises(InputError, match="'video_1' is in several files"):
            official_folds("summe", keys + [f"tvsum/video_{i}" for i in range(1, 51)])

    def test_data_without_all_videos_is_refused(self) -> None:
        with pytest.raises(InputError, match="unknown video"):
            official_folds("tvsum", KEYS)


class TestWrittenFolds:
    def write(self, tmp_path: Path, value: Any) -> Path:
        path = tmp_path / "split.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    def test_folds_are_read_as_they_were_written(self, tmp_path: Path) -> None:
        rows = [{"train": KEYS[1:], "test": KEYS[:1]}, {"train": KEYS[:1], "test": KEYS[1:3]}]
        folds = official_folds(self.write(tmp_path, {"folds": rows, "note": "more"}), KEYS)
        assert [(f.train, f.test) for f in folds] == [(tuple(row["train"]), tuple(row["test"])) for row in rows]

    def test_split_files_in_the_fields_format_are_read(self, tmp_path: Path) -> None:
        prefix = "../data/eccv16_dataset_summe_google_pool5.h5/"
        rows = [{"train_keys": [prefix + key for key in KEYS[1:]], "test_keys": [prefix + KEYS[0]]}]
        (fold,) = official_folds(self.write(tmp_path, rows), KEYS)
        assert (fold.train, fold.test) == (tuple(KEYS[1:]), (KEYS[0],))

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
            official_folds(path, KEYS)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_unreadable_files_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "latin.json").write_bytes(b'{"folds": "\xe9"}')
        for path in (tmp_path, tmp_path / "absent.json", tmp_path / "latin.json"):
            with pytest.raises(InputError, match="not a split file"):
                official_folds(path, KEYS)


class TestMrHisum:
    KEYS = tuple(f"video_{i}" for i in range(1, 11))

    def write(self, tmp_path: Path, **changes: Any) -> Path:
        row = {"train_keys": self.KEYS[:6], "val_keys": self.KEYS[6:8], "test_keys": self.KEYS[8:]} | changes
        path = tmp_path / "split.json"
        path.write_text(json.dumps(row))
        return path

    def test_train_validation_and_test_sides_are_read(self, tmp_path: Path) -> None:
        split = mrhisum_split(self.write(tmp_path), self.KEYS)
        assert split == Split(self.KEYS[:6], self.KEYS[6:8], self.KEYS[8:], "mrhisum")

    def test_the_name_says_how_many_videos_the_data_has(self, tmp_path: Path) -> None:
        keys = [f"mrhisum/{key}" for key in self.KEYS[4:9]]
        split = mrhisum_split(self.write(tmp_path), keys)
        assert split.train == ("mrhisum/video_5", "mrhisum/video_6")
        assert split.test == ("mrhisum/video_9",)
        assert split.name == "mrhisum, 5 of 10 videos"

    @pytest.mark.parametrize(
        "changes",
        [
            {"val_keys": None},
            {"val_keys": "video_1"},
            {"val_keys": [1, 2]},
            {"val_keys": ["video_1"]},
            {"test_keys": ["video_99"]},
            {"train_keys": []},
        ],
        ids=str,
    )
    def test_other_files_are_refused(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        path = self.write(tmp_path, **changes)
        with pytest.raises(InputError) as caught:
            mrhisum_split(path, self.KEYS)
        assert str(path) in str(caught.value)

    def test_a_list_of_folds_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "split.json").write_text("[]")
        with pytest.raises(InputError, match=r"not Mr\. HiSum's"):
            mrhisum_split(tmp_path / "split.json", self.KEYS)

    def test_the_published_file_can_be_read(self, data: Path) -> None:
        split = mrhisum_split(data / "mrhisum" / "mrsum_split.json", [f"video_{i}" for i in range(1, 31_893)])
        assert (len(split.train), len(split.validation), len(split.test)) == (27_892, 2_000, 2_000)
        assert split.name == "mrhisum"
