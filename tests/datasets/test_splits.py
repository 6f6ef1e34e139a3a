import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.datasets.layout import read_annotations
from vidsumm.datasets.splits import (
    OfficialName,
    Split,
    augmented,
    in_setting,
    k_folds,
    mrhisum_split,
    official_folds,
    transfer,
    tvt_splits,
)
from vidsumm.errors import ConfigError, InputError

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


class TestTvt:
    @given(st.integers(3, 60), st.integers(1, 6))
    def test_seven_to_one_to_two(self, videos: int, seeds: int) -> None:
        keys = [f"video_{i}" for i in range(videos)]
        splits = tvt_splits(keys, seeds)
        assert len(splits) == seeds
        for split in splits:
            assert sorted(split.train + split.validation + split.test) == sorted(keys)
            assert abs(len(split.test) - 0.2 * videos) < 1
            assert abs(len(split.validation) - 0.1 * videos) < 1

    def test_the_benchmarks(self) -> None:
        for videos, sizes in ((50, (35, 5, 10)), (25, (18, 2, 5))):
            for split in tvt_splits([f"video_{i}" for i in range(videos)]):
                assert (len(split.train), len(split.validation), len(split.test)) == sizes

    @given(st.permutations(KEYS))
    def test_the_order_of_the_videos_does_not_matter(self, keys: list[str]) -> None:
        def sides(split: Split) -> tuple[set[str], ...]:
            return set(split.train), set(split.validation), set(split.test)

        assert [sides(split) for split in tvt_splits(keys)] == [sides(split) for split in tvt_splits(KEYS)]

    def test_seeds_differ_and_names_tell_them(self) -> None:
        splits = tvt_splits([f"video_{i}" for i in range(50)])
        assert len({split.test for split in splits}) == 5
        assert [split.name for split in splits] == [f"seed {i}" for i in range(5)]

    def test_too_few_videos(self) -> None:
        with pytest.raises(InputError, match="2 videos cannot be split"):
            tvt_splits(KEYS[:2])


class TestOfficialFolds:
    @pytest.mark.parametrize(("name", "videos"), [("summe", 25), ("tvsum", 50)])
    def test_held_out_videos_cover_the_data_set(self, name: OfficialName, videos: int) -> None:
        keys = [f"video_{i}" for i in range(1, videos + 1)]
        folds = official_folds(name, keys)
        assert sorted(key for fold in folds for key in fold.test) == sorted(keys)
        for fold in folds:
            assert sorted(fold.train + fold.test) == sorted(keys)
            assert len(fold.test) == videos // 5
            assert fold.validation == ()

    @pytest.mark.parametrize("name", ["tvsum", "summe"])
    def test_they_are_those_of_the_published_files(self, data: Path, name: OfficialName) -> None:
        keys = list(read_annotations(data / "annotations" / f"{name}_annotations.h5"))
        known, written = official_folds(name, keys), official_folds(data / "splits" / f"{name}_5fcv.json", keys)
        assert [(set(f.train), set(f.test)) for f in known] == [(set(f.train), set(f.test)) for f in written]

    def test_keys_of_one_of_several_files(self) -> None:
        keys = [f"summe/video_{i}" for i in range(1, 26)]
        assert official_folds("summe", keys)[0].test[0] == "summe/video_2"
        with pytest.raises(InputError, match="'video_1' is in several files"):
            official_folds("summe", keys + [f"tvsum/video_{i}" for i in range(1, 51)])

    def test_data_that_lacks_videos(self) -> None:
        with pytest.raises(InputError, match="unknown video"):
            official_folds("tvsum", KEYS)


class TestWrittenFolds:
    def write(self, tmp_path: Path, value: Any) -> Path:
        path = tmp_path / "split.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    def test_round_trip(self, tmp_path: Path) -> None:
        rows = [{"train": KEYS[1:], "test": KEYS[:1]}, {"train": KEYS[:1], "test": KEYS[1:3]}]
        folds = official_folds(self.write(tmp_path, {"folds": rows, "note": "more"}), KEYS)
        assert [(f.train, f.test) for f in folds] == [(tuple(row["train"]), tuple(row["test"])) for row in rows]

    def test_the_fields_own_form(self, tmp_path: Path) -> None:
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

    def test_unreadable_files(self, tmp_path: Path) -> None:
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

    def test_three_sides(self, tmp_path: Path) -> None:
        split = mrhisum_split(self.write(tmp_path), self.KEYS)
        assert split == Split(self.KEYS[:6], self.KEYS[6:8], self.KEYS[8:], "mrhisum")

    def test_a_part_of_the_data_says_so(self, tmp_path: Path) -> None:
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

    def test_a_list_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "split.json").write_text("[]")
        with pytest.raises(InputError, match=r"not Mr\. HiSum's"):
            mrhisum_split(tmp_path / "split.json", self.KEYS)

    def test_the_published_file(self, data: Path) -> None:
        split = mrhisum_split(data / "mrhisum" / "mrsum_split.json", [f"video_{i}" for i in range(1, 31_893)])
        assert (len(split.train), len(split.validation), len(split.test)) == (27_892, 2_000, 2_000)
        assert split.name == "mrhisum"


class TestSettings:
    TARGET = ("a/video_1", "a/video_2", "a/video_3")
    OTHERS = ("b/video_1", "b/video_2")
    SPLIT = Split(TARGET[:1], TARGET[1:2], TARGET[2:], "seed 0")

    def test_canonical_is_the_split_itself(self) -> None:
        assert in_setting([self.SPLIT], "canonical", self.TARGET, self.OTHERS) == [self.SPLIT]

    def test_augmented_trains_on_all_of_the_others_too(self) -> None:
        (found,) = in_setting([self.SPLIT], "augmented", self.TARGET, self.OTHERS)
        assert found.train == (self.TARGET[0], *self.OTHERS)
        assert (found.validation, found.test) == (self.SPLIT.validation, self.SPLIT.test)
        assert found == augmented(self.SPLIT, self.OTHERS)

    def test_what_is_held_out_never_trains(self) -> None:
        assert augmented(self.SPLIT, self.TARGET).train == self.SPLIT.train

    def test_transfer_tests_on_all_of_the_target(self) -> None:
        assert in_setting([self.SPLIT] * 5, "transfer", self.TARGET, self.OTHERS) == [
            Split(self.OTHERS, (), self.TARGET, "transfer")
        ]

    def test_there_must_be_others(self) -> None:
        for setting in ("augmented", "transfer"):
            with pytest.raises(InputError, match="no other data set"):
                in_setting([self.SPLIT], setting, self.TARGET)
        with pytest.raises(InputError, match="both trained on and tested on"):
            transfer(self.TARGET, self.TARGET[:1])
        with pytest.raises(ConfigError, match="--setting mixed"):
            in_setting([self.SPLIT], "mixed", self.TARGET)  # type: ignore[arg-type]
