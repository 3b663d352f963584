# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever somebody writes as options of the engine command: problems with their paths, or options that can be used."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._engines._command._end import AllOf, checks_of
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

ENGINE = ENGINES["command"]
KEYS = (
    *("dump", "restore", "end", "kind", "prefix", "probe", "count", "environment"),
    *("secret_files", "ok_status", "stderr", "password", "colour"),
)
END = ("first_bytes", "last_bytes", "last_line", "last_line_matches", "min_bytes", "check")
TEXTS = st.text(max_size=12) | st.sampled_from(["none", "00", "/x", "a"])
SCALARS = st.none() | st.booleans() | st.integers(-5, 300) | TEXTS
WORDS = st.lists(st.text(max_size=8) | st.sampled_from(["/bin/x", "sh", "-c", "{target}", "x{input}"]), max_size=5)
NAMES = st.text(max_size=8) | st.sampled_from(END)
VALUES = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=6,
)
GOOD: t.Mapping[str, t.Any] = {"dump": ["cat"], "restore": ["cat"], "end": {"last_line": "x"}}


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), st.booleans())
def test_any_options_are_judged_without_a_fault(data: dict[str, t.Any], full: bool) -> None:
    problems = Problems()
    options = ENGINE.parse(Reader({**GOOD, **data} if full else data, "source", problems))
    assert all(found.startswith("source") for found in problems.found)
    if not problems.found:
        assert options.dump and options.restore
        assert ENGINE.describe(options).isprintable()
        end = options.end
        looks = (end.last_bytes, end.last_line is not None, end.last_line_matches, end.check)
        assert not end.proven or any(looks)
        AllOf(checks_of(options.end))
