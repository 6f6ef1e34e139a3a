import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.errors import ResourceError
from vidsumm.features.backbone import Backbone
from vidsumm.features.feature_id import FeatureId, feature_id, parse_feature_id


def test_it_names_backbone_weights_preprocessing_and_rate(inception: Backbone) -> None:
    assert feature_id(inception, 2.0) == "inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps"
    assert feature_id(inception, 0.5).endswith(":0.5fps")


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["inception-v3", "googlenet-bvlc"]),
    st.text("0123456789abcdef", min_size=12, max_size=12),
    st.floats(0.01, 60).map(lambda fps: float(f"{fps:g}")),
)
def test_parsing_is_the_inverse_of_writing(backbone: str, digest: str, fps: float) -> None:
    whole = FeatureId(backbone, digest, "squash224-bilinear-l2", fps)
    assert parse_feature_id(str(whole)) == whole


def test_same_network_ignores_only_the_rate() -> None:
    at_two = FeatureId("googlenet", "0" * 12, "squash224-bilinear-l2", 2.0)
    assert at_two.same_network(dataclasses.replace(at_two, fps=1.0))
    assert not at_two.same_network(dataclasses.replace(at_two, digest="1" * 12))


@pytest.mark.parametrize("text", ["", "inception-v3", "a:0123456789ab:b:fps", "a:0123456789ab:b:1-fps", "a:01:b:2fps"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ResourceError, match="not a feature id"):
        parse_feature_id(text)
