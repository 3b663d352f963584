# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A regular expression of the site, tried in a process of its own: there its time can be limited."""

from __future__ import annotations

import sys

from ..._base._errors import ToolError
from ..._base._process import Children, Command, end_words
from ..._base._reader import shown
from ._end import incomplete

SECONDS = 10
_SCRIPT = """
import re, sys
pattern, unused, line = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").partition("\\0")
sys.exit(0 if re.fullmatch(pattern, line) else 1)
"""


def matches_in_time(pattern: str, line: str, children: Children, seconds: float = SECONDS) -> bool:
    """Whether an expression matches a whole line. Raises ``EngineError`` where it does not come to an end."""
    program = Command((sys.executable or "/usr/bin/python3", "-I", "-S", "-c", _SCRIPT))
    words = f"{pattern}\0{line}".encode("utf-8", "surrogateescape")
    try:
        done = children.run(program, stdin=words, timeout=seconds)
    except ToolError as problem:
        if problem.code != "tool.timeout":
            raise
        raise incomplete(
            f"{shown(pattern)} did not come to an end within {seconds:g} seconds at the last line {shown(line)}",
            "Write the expression (last_line_matches) without repetitions of what is itself repeated",
        ) from problem
    if done.status not in (0, 1):
        raise incomplete(f"{shown(pattern)} could not be tried: Python {end_words(done.status)}", detail=done.stderr)
    return done.status == 0
