# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a whole dump looks like: each proof sees its end, in any chunks, and nothing else for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._engines._command._end import AllOf, checks_of
from ansible_collections.nusantara.backup.plugins.module_utils._engines._command._match import matches_in_time
from ansible_collections.nusantara.backup.plugins.module_utils._engines._command._options import End


def words(end: End, data: bytes, size: int = 1 << 20) -> str:
    """Why the data are refused; empty when they are taken."""
    check = AllOf(checks_of(end))
    view = memoryview(data)
    for start in range(0, len(data), size):
        check.feed(view[start : start + size])
    try:
        check.finish()
    except EngineError as problem:
        assert problem.code == "engine.incomplete"
        assert problem.remedy
        return problem.what
    return ""


LINE = End(last_line="END")
TAKEN = [
    (LINE, b"END\n"),
    (LINE, b"a\nEND\n"),
    (LINE, b"a END\nEND x\nEND\n"),
    (LINE, b"END" * 1000 + b"\nEND\n"),
    (End(last_line=""), b"a\n\n"),
    (End(last_line="akhir — ✓"), "a\nakhir — ✓\n".encode()),
    (End(last_line_matches="END [0-9]+"), b"a\nEND 17\n"),
    (End(last_line_matches=".*"), b"a\n\xff\xfe\n"),
    (End(last_bytes=b"\n\n"), b"a\n\n"),
    (End(last_bytes=b"a"), b"a"),
    (End(last_bytes=b"z", first_bytes=b"a", min_bytes=3), b"abz"),
    (End(proven=False), b"anything"),
]
REFUSED = [
    (LINE, b"END", "no newline"),
    (LINE, b"a\nEND\n\n", "last line is ''"),
    (LINE, b"a\nEND\nb\n", "last line is 'b'"),
    (LINE, b"a\nxEND\n", "last line is 'xEND'"),
    (LINE, b"a\nEND \n", "last line is 'END '"),
    (LINE, b"END\na\nEND\n", "2 times"),
    (LINE, b"END\nEND\n", "2 times"),
    (LINE, b"a\nEND\nEND\nEND\n", "3 times"),
    (LINE, b"\n" + b"x" * 70_000 + b"\n", "last line is"),
    (End(last_line_matches="END [0-9]+"), b"a\nEND 17 x\n", "does not match"),
    (End(last_line_matches="END"), b"a\nEND", "no newline"),
    (End(last_line_matches="x+"), b"y" * 70_000 + b"\n", "does not match"),
    (End(last_bytes=b"\n\n"), b"a\n", "ends with 610a"),
    (End(last_bytes=b"\n\n"), b"\n", "ends with 0a"),
    (End(last_bytes=b"z", first_bytes=b"ab"), b"az", "begins with 617a"),
    (End(last_bytes=b"z", first_bytes=b"abcd"), b"az", "begins with 617a"),
    (End(last_bytes=b"z", min_bytes=4), b"abz", "4 are the least"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1 << 20])
@pytest.mark.parametrize(("end", "data"), TAKEN)
def test_a_whole_dump_is_taken(end: End, data: bytes, size: int) -> None:
    assert words(end, data, size) == ""


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1 << 20])
@pytest.mark.parametrize(("end", "data", "expected"), REFUSED)
def test_pitfall_what_is_not_whole_is_refused_in_words(end: End, data: bytes, expected: str, size: int) -> None:
    assert expected in words(end, data, size)


@given(st.lists(st.sampled_from([b"END\n", b"a", b"\n", b"EN", b"D\n"]), max_size=30), st.integers(1, 9))
def test_the_last_line_is_counted_as_lines_are(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    lines = data.split(b"\n")
    whole = lines[-1] == b"" and lines[:-1].count(b"END") == 1 and lines[-2] == b"END"
    assert (words(LINE, data, size) == "") == whole


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=6), st.integers(1, 9))
def test_last_bytes_are_those_at_the_end(data: bytes, last: bytes, size: int) -> None:
    assert (words(End(last_bytes=last), data, size) == "") == data.endswith(last)


def test_an_expression_that_comes_to_no_end_is_given_up() -> None:
    with Children() as children:
        assert matches_in_time(r"# \d+ entries", "# 12 entries", children)
        assert matches_in_time("baris .+", "baris \udcff", children)
        assert not matches_in_time(r"# \d+ entries", "# 12 entries\nmore", children)
        with pytest.raises(EngineError, match="did not come to an end within 0.5 seconds") as caught:
            matches_in_time(r"(\w+ ?)+ entries", "a" * 40 + "!", children, seconds=0.5)
    assert caught.value.code == "engine.incomplete" and "last_line_matches" in caught.value.remedy
