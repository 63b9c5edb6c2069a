import os

import pytest
from measuring.fresh_process import ProcessFailed, in_fresh_process


def test_a_result_comes_back():
    result = in_fresh_process("measuring.machine:describe_machine")
    assert result["cores"] >= 1
    assert 1 < result["peak_rss_mb"] < 1000


def test_a_failure_says_why():
    with pytest.raises(ProcessFailed, match="unexpected keyword argument 'nonsense'"):
        in_fresh_process("measuring.machine:describe_machine", nonsense=os.getpid())
