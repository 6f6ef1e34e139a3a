import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.datasets.splits import Split, apply_setting, augment, k_folds, transfer_split, tvt_splits
from vidsumm.errors import ConfigError, InputError

KEYS = [f"video_{i}" for i in range(1, 6)]


class TestRandomFolds:
    @given(st.integers(2, 40), st.data(), st.integers(0, 2**32))
    def test_test_sides_cover_all_videos_once(self, videos: int, draw: st.DataObject, seed: int) -> None:
        keys = [f"video_{i}" for i in range(videos)]
        count = draw.draw(st.integers(2, videos))
        folds = k_folds(keys, count, seed)
        assert len(folds) == count
        assert sorted(key for fold in folds for key in fold.test) == sorted(keys)
        for fold in folds:
            assert sorted(fold.train + fold.test) == sorted(keys)
            assert len(fold.test) - videos // count in (0, 1)
            assert list(fold.train) == [key for key in keys if key in fold.train]  # order of the data

    def test_the_same_seed_gives_the_same_folds_and_another_seed_others(self) -> None:
        keys = [f"video_{i}" for i in range(50)]
        assert k_folds(keys, 5, 1) == k_folds(keys, 5, 1)
        assert k_folds(keys, 5, 1) != k_folds(keys, 5, 2)

    @pytest.mark.parametrize("folds", [-1, 0, 1, 6])
    def test_impossible_numbers_of_folds_are_refused(self, folds: int) -> None:
        with pytest.raises(InputError, match=f"5 videos cannot be divided into {folds} folds"):
            k_folds(KEYS, folds, 0)


class TestTvt:
    @given(st.integers(3, 60), st.integers(1, 6))
    def test_sides_are_seven_to_one_to_two(self, videos: int, seeds: int) -> None:
        keys = [f"video_{i}" for i in range(videos)]
        splits = tvt_splits(keys, seeds)
        assert len(splits) == seeds
        for split in splits:
            assert sorted(split.train + split.validation + split.test) == sorted(keys)
            assert abs(len(split.test) - 0.2 * videos) < 1
            assert abs(len(split.validation) - 0.1 * videos) < 1

    def test_the_data_sets_are_split_as_published(self) -> None:
        for videos, sizes in ((50, (35, 5, 10)), (25, (18, 2, 5))):
            for split in tvt_splits([f"video_{i}" for i in range(videos)]):
                assert (len(split.train), len(split.validation), len(split.test)) == sizes

    @given(st.permutations(KEYS))
    def test_the_order_of_the_videos_does_not_matter(self, keys: list[str]) -> None:
        def sides(split: Split) -> tuple[set[str], ...]:
            return set(split.train), set(split.validation), set(split.test)

        assert [sides(split) for split in tvt_splits(keys)] == [sides(split) for split in tvt_splits(KEYS)]

    def test_seeds_give_different_splits_and_name_them(self) -> None:
        splits = tvt_splits([f"video_{i}" for i in range(50)])
        assert len({split.test for split in splits}) == 5
        assert [split.name for split in splits] == [f"seed {i}" for i in range(5)]

    def test_too_few_videos_are_refused(self) -> None:
        with pytest.raises(InputError, match="2 videos cannot be split"):
            tvt_splits(KEYS[:2])


class TestSettings:
    TARGET = ("a/video_1", "a/video_2", "a/video_3")
    OTHERS = ("b/video_1", "b/video_2")
    SPLIT = Split(TARGET[:1], TARGET[1:2], TARGET[2:], "seed 0")

    def test_canonical_changes_nothing(self) -> None:
        assert apply_setting([self.SPLIT], "canonical", self.TARGET, self.OTHERS) == [self.SPLIT]

    def test_augmented_trains_on_the_other_data_sets_too(self) -> None:
        (found,) = apply_setting([self.SPLIT], "augmented", self.TARGET, self.OTHERS)
        assert found.train == (self.TARGET[0], *self.OTHERS)
        assert (found.validation, found.test) == (self.SPLIT.validation, self.SPLIT.test)
        assert found == augment(self.SPLIT, self.OTHERS)

    def test_videos_held_out_are_never_trained_on(self) -> None:
        assert augment(self.SPLIT, self.TARGET).train == self.SPLIT.train

    def test_transfer_tests_on_all_of_the_target(self) -> None:
        assert apply_setting([self.SPLIT] * 5, "transfer", self.TARGET, self.OTHERS) == [
            Split(self.OTHERS, (), self.TARGET, "transfer")
        ]

    def test_settings_without_other_data_sets_are_refused(self) -> None:
        for setting in ("augmented", "transfer"):
            with pytest.raises(InputError, match="no other data set"):
                apply_setting([self.SPLIT], setting, self.TARGET)
        with pytest.raises(InputError, match="both trained on and tested on"):
            transfer_split(self.TARGET, self.TARGET[:1])
        with pytest.raises(ConfigError, match="`setting=mixed`"):
            apply_setting([self.SPLIT], "mixed", self.TARGET)  # type: ignore[arg-type]
