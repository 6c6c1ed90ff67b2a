"""A debugger holds requests for minutes, behind web servers as they are distributed, which give up
after 60 s and are not told to wait. What came of it: see support/long_holds.py.
"""

import pytest

from support.held_cases import BY_PROGRAMS
from support.long_holds import LONG_HOLDS

pytestmark = [pytest.mark.slow, pytest.mark.meanwhile, pytest.mark.timeout(1200)]


@pytest.mark.parametrize("hold", LONG_HOLDS)
def test_nothing_times_out(long_holds, hold):
    row = long_holds.result(hold)
    row.tell()
    for case in BY_PROGRAMS:
        row.assert_true_answer(case)
    row.assert_lives_on()
    row.assert_held_once(BY_PROGRAMS, LONG_HOLDS[hold][0])
    if "apache" in hold:
        assert row.redirects() == 0, "Apache can be kept by padding"
