import pytest

from vidsumm.cancelling import CancelToken
from vidsumm.errors import CancelledError


def test_a_token_stops_what_checks_it() -> None:
    token = CancelToken()
    token.check()
    token.cancel()
    assert token.is_cancelled
    with pytest.raises(CancelledError, match="cancelled"):
        token.check()
